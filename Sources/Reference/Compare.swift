import Basics

/// How far a tensor is from the one that is expected.
public struct Comparison: Sendable, Hashable {
  /// ‖a−b‖₂ / max(‖b‖₂, least·√n) of the elements that are finite in both; infinite if `mismatch`.
  public var relativeError: Double
  /// The largest |a−b| of the elements that are finite in both.
  public var largestDifference: Double
  /// What differs that no tolerance allows: type, shape, an integer, or where NaN and infinities
  /// are; says where.
  public var mismatch: String? = nil

  /// Whether the tensors are equal within `tolerance` of the relative error.
  public func isEqual(within tolerance: Double = 1e-4) -> Bool {
    mismatch == nil && relativeError <= tolerance
  }
}

/// Compares `actual` with `expected`: floating-point elements by the norm of their difference,
/// integers and truth values exactly. Expected elements count as `least` in the norm at least.
public func compare(_ actual: Tensor, with expected: Tensor, least: Double = 1e-6) -> Comparison {
  if let mismatch = exactMismatch(actual, expected) { return Comparison(mismatch: mismatch) }
  guard expected.type.isFloatingPoint else {
    return Comparison(relativeError: 0, largestDifference: 0)
  }
  let (a, b) = (doubles(actual), doubles(expected))
  var (difference, norm, largest) = (0.0, 0.0, 0.0)
  for index in b.indices {
    if a[index].isFinite && b[index].isFinite {
      let distance = a[index] - b[index]
      difference += distance * distance
      norm += b[index] * b[index]
      largest = max(largest, distance.magnitude)
    } else if !isSame(a[index], b[index]) {
      return Comparison(mismatch: elementMismatch(index, a[index], b[index], expected.shape))
    }
  }
  let least = least * Double(b.count).squareRoot()
  let error = b.isEmpty ? 0 : difference.squareRoot() / max(norm.squareRoot(), least)
  return Comparison(relativeError: error, largestDifference: largest)
}

/// How many elements of two tensors of one type and shape differ, of integers and truth values.
public func countOfDifferent(_ a: Tensor, _ b: Tensor) -> Int {
  let size = a.type.byteCount
  return a.bytes.withUnsafeBytes { a in
    b.bytes.withUnsafeBytes { b in
      stride(from: 0, to: b.count, by: size).count { start in
        (start..<start + size).contains { a[$0] != b[$0] }
      }
    }
  }
}

/// Compares element by element: |a−b| ≤ absolute + relative·|b|, NaN and infinities in the same
/// places, integers and truth values exactly. Returns what differs first, or `nil` if nothing does.
public func firstMismatch(
  _ actual: Tensor, with expected: Tensor, relative: Double = 1e-3, absolute: Double = 1e-5
) -> String? {
  if let mismatch = exactMismatch(actual, expected) { return mismatch }
  guard expected.type.isFloatingPoint else { return nil }
  let (a, b) = (doubles(actual), doubles(expected))
  for index in b.indices {
    let isClose =
      a[index].isFinite && b[index].isFinite
      ? (a[index] - b[index]).magnitude <= absolute + relative * b[index].magnitude
      : isSame(a[index], b[index])
    if !isClose { return elementMismatch(index, a[index], b[index], expected.shape) }
  }
  return nil
}

extension Comparison {
  fileprivate init(mismatch: String) {
    self.init(relativeError: .infinity, largestDifference: .infinity, mismatch: mismatch)
  }
}

/// What differs in type, in shape or, of integers and truth values, in an element.
func exactMismatch(_ actual: Tensor, _ expected: Tensor) -> String? {
  guard actual.type == expected.type else {
    return "elements are of type \(actual.type.rawValue) instead of \(expected.type.rawValue)"
  }
  guard actual.shape == expected.shape else {
    return "the shape is \(text(actual.shape)) instead of \(text(expected.shape))"
  }
  switch expected.type {
  case .f16, .f32, .f64, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    return nil
  case .bool: return exactMismatch(Bool8.self, actual, expected) { $0.value }
  case .i8, .i4, .i2:
    return exactMismatch(Int8.self, actual.stored, expected.stored) { $0 }
  case .i16: return exactMismatch(Int16.self, actual, expected) { $0 }
  case .i32: return exactMismatch(Int32.self, actual, expected) { $0 }
  case .i64: return exactMismatch(Int64.self, actual, expected) { $0 }
  case .u8, .u4, .u2:
    return exactMismatch(UInt8.self, actual.stored, expected.stored) { $0 }
  case .u16: return exactMismatch(UInt16.self, actual, expected) { $0 }
  case .u32: return exactMismatch(UInt32.self, actual, expected) { $0 }
  case .u64: return exactMismatch(UInt64.self, actual, expected) { $0 }
  }
}

private func exactMismatch<T: Scalar, Shown: CustomStringConvertible>(
  _: T.Type, _ actual: Tensor, _ expected: Tensor, _ shown: (T) -> Shown
) -> String? {
  actual.withElements(of: T.self) { a in
    expected.withElements(of: T.self) { b in
      b.indices.first { a[$0] != b[$0] }
        .map { elementMismatch($0, shown(a[$0]), shown(b[$0]), expected.shape) }
    }
  }
}

func elementMismatch(
  _ index: Int, _ actual: some CustomStringConvertible, _ expected: some CustomStringConvertible,
  _ shape: [Int]
) -> String {
  let position = zip(denseStrides(shape), shape).map { index / $0 % $1 }
  return "element \(position) is \(actual) instead of \(expected)"
}

/// Whether two numbers that are not both finite are the same infinity or both NaN.
private func isSame(_ a: Double, _ b: Double) -> Bool { a == b || a.isNaN && b.isNaN }

/// The elements of a floating-point tensor.
func doubles(_ x: Tensor) -> [Double] {
  switch x.type {
  case .f16: x.withElements(of: Float16.self) { $0.map(Double.init) }
  case .f64: x.elements(of: Double.self)
  default: x.decoded.withElements(of: Float.self) { $0.map(Double.init) }
  }
}
