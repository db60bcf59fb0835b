import Basics
import IR

/// x, scale, [zero point] → round(x / scale) + zero point, ties to even, saturated; NaN gives 0.
///
/// x is divided in the type that `precision` says, or else that of the scale.
func quantize(_ parameters: Quantize, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let scale = try operands.required(1, "scale")
  let walk = try ScaleWalk(operands, axis: parameters.axis, blockSize: parameters.blockSize)
  let precision = parameters.precision ?? scale.type
  let divisors = try numbers(scale, through: precision)
  let zeros = try operands[2].map { try numbers($0, through: $0.type) } ?? [0]
  let quotients = try Tensor(filling: x.shape, of: Float.self) { y in
    let x = try numbers(x, through: precision)
    walk.forEachRow { row, base, step in
      for index in 0..<walk.inner {
        let quotient = x[row * walk.inner + index] / divisors[base + index * step]
        y[row * walk.inner + index] =
          switch precision {
          case .f16: Float(Float16(quotient))
          case .bf16: Float(bitPattern: UInt32(FloatFormat.bfloat16(quotient)) << 16)
          default: quotient
          }
      }
    }
  }
  guard let range = parameters.element.integerRange, parameters.element.bitCount <= 16 else {
    return try cast(quotients, to: parameters.element, saturates: parameters.saturates)
  }
  let (least, greatest) = (Double(range.lowerBound), Double(range.upperBound))
  let zeroStep = zeros.count > 1 ? 1 : 0
  let integers = try Tensor(filling: x.shape, of: Int32.self) { y in
    quotients.withElements(of: Float.self) { quotients in
      walk.forEachRow { row, base, step in
        for index in 0..<walk.inner {
          let place = row * walk.inner + index
          let zero = Double(zeros[(base + index * step) * zeroStep])
          let quotient = Double(quotients[place])
          let rounded = quotient.rounded(.toNearestOrEven) + zero
          y[place] = rounded.isNaN ? 0 : Int32(max(least, min(greatest, rounded)))
        }
      }
    }
  }
  return try cast(integers, to: parameters.element)
}

/// x, scale, [zero point] → (x − zero point) · scale, computed in f32.
func dequantize(_ parameters: Dequantize, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let scale = try operands.required(1, "scale")
  let zeroPoint = try operands.optional(2, "zero point", of: x.type)
  let walk = try ScaleWalk(operands, axis: parameters.axis, blockSize: parameters.blockSize)
  let factors = try numbers(scale, through: scale.type)
  let zeros = try zeroPoint.map { try numbers($0, through: $0.type) } ?? [0]
  let zeroStep = zeros.count > 1 ? 1 : 0
  let codes = try numbers(x, through: x.type)
  let y = try Tensor(filling: x.shape, of: Float.self) { y in
    walk.forEachRow { row, base, step in
      for index in 0..<walk.inner {
        let place = row * walk.inner + index
        let position = base + index * step
        y[place] = (codes[place] - zeros[position * zeroStep]) * factors[position]
      }
    }
  }
  return try cast(y, to: parameters.element)
}

/// The elements in f32, rounded to `precision` before if it is a shorter floating-point type.
private func numbers(_ x: Tensor, through precision: ElementType) throws -> [Float] {
  let x = precision.isHalf ? try cast(x, to: precision) : x
  return try cast(x, to: .f32).elements(of: Float.self)
}

/// Which scale belongs to which element: x lies in rows of `inner` elements, one row an index of
/// the axis and of all dimensions before it.
private struct ScaleWalk {
  /// The number of elements of a row.
  let inner: Int
  private let outer: Int
  private let size: Int
  private let blockSize: Int
  private let isOne: Bool

  /// Creates the walk; throws a fault if scale and zero point do not fit x.
  init(_ operands: Operands, axis: Int, blockSize: Int) throws {
    let x = try operands.required(0, "x")
    let scale = try operands.required(1, "scale")
    let zeroPoint = operands[2]
    isOne = scale.count == 1
    self.blockSize = blockSize
    if let zeroPoint, zeroPoint.count != 1 || !isOne, zeroPoint.shape != scale.shape {
      throw Fault(
        "zero points of shape \(text(zeroPoint.shape)) and scales of \(text(scale.shape)) differ")
    }
    guard !isOne else {
      (outer, size, inner) = (1, 1, x.count)
      return
    }
    let axis = try normalized(axis: axis, rank: x.shape.count)
    outer = product(x.shape[..<axis])
    size = x.shape[axis]
    inner = product(x.shape[(axis + 1)...])
    var expected = [size]
    if blockSize > 0 {
      expected = x.shape
      expected[axis] = (size + blockSize - 1) / blockSize
    }
    guard scale.shape == expected else {
      throw Fault("scales have shape \(text(scale.shape)), not \(text(expected))")
    }
  }

  /// Calls `body` with each row, where its scales begin, and how far apart they are.
  func forEachRow(_ body: (_ row: Int, _ base: Int, _ step: Int) -> Void) {
    let blocks = blockSize > 0 ? (size + blockSize - 1) / blockSize : 0
    for row in 0..<outer * size {
      if isOne {
        body(row, 0, 0)
      } else if blockSize > 0 {
        body(row, (row / size * blocks + row % size / blockSize) * inner, 1)
      } else {
        body(row, row % size, 0)
      }
    }
  }
}
