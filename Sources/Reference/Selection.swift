import Basics
import IR

/// The elements of x where the condition is true, and of y elsewhere.
func select(_ operands: Operands) throws -> Tensor {
  guard let condition = try operands.optional(0, "condition", of: .bool) else {
    throw Fault("operand condition is missing")
  }
  let x = try operands.required(1, "x")
  let y = try operands.required(2, "y")
  guard x.type == y.type else {
    throw Fault("element types \(x.type.rawValue) and \(y.type.rawValue) differ")
  }
  let shape = try broadcastShape(condition.shape, broadcastShape(x.shape, y.shape))
  let (mask, a, b) = try (
    broadcasted(condition, to: shape), broadcasted(x, to: shape), broadcasted(y, to: shape)
  )
  return try Tensor(filling: shape, type: x.type) { result in
    mask.withElements(of: Bool8.self) { mask in
      a.bytes.withUnsafeBytes { a in
        b.bytes.withUnsafeBytes { b in
          switch x.type.byteCount {
          case 1: choose(UInt8.self, mask, a, b, result)
          case 2: choose(UInt16.self, mask, a, b, result)
          case 4: choose(UInt32.self, mask, a, b, result)
          default: choose(UInt64.self, mask, a, b, result)
          }
        }
      }
    }
  }
}

private func choose<T: BitwiseCopyable>(
  _: T.Type, _ mask: UnsafeBufferPointer<Bool8>, _ a: UnsafeRawBufferPointer,
  _ b: UnsafeRawBufferPointer, _ result: UnsafeMutableRawBufferPointer
) {
  let size = MemoryLayout<T>.size
  for index in mask.indices {
    let source = mask[index].value ? a : b
    let element = source.loadUnaligned(fromByteOffset: index * size, as: T.self)
    result.storeBytes(of: element, toByteOffset: index * size, as: T.self)
  }
}

/// x repeated along the dimensions that `shape`, to which it broadcasts, has more of.
private func broadcasted(_ x: Tensor, to shape: [Int]) throws -> Tensor {
  if x.shape == shape { return x }
  return try copiedBox(
    of: x, shape, at: Placement(offset: 0, strides: broadcastStrides(x.shape, to: shape)))
}

/// x broadcast with a tensor of the shape that the second operand holds.
func expand(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let wanted = try operands.requiredIntegers(1, "shape")
  if wanted.contains(where: { $0 < 0 }) { throw Fault("a size is negative: \(text(wanted))") }
  let shape = try broadcastShape(x.shape, wanted)
  _ = try elementCount(shape, of: x.type)
  return try broadcasted(x, to: shape)
}

/// start, start + step, … before limit.
func range(_ operands: Operands) throws -> Tensor {
  let start = try operands.required(0, "start")
  let ends = try ["limit", "step"].enumerated().map { index, role in
    guard let end = try operands.optional(index + 1, role, of: start.type) else {
      throw Fault("operand \(role) is missing")
    }
    return end
  }
  guard start.count == 1, ends.allSatisfy({ $0.count == 1 }) else {
    throw Fault("start, limit and step are not one element each")
  }
  switch start.type {
  case .f32: return try realRange(Float.self, start, ends[0], ends[1])
  case .f64: return try realRange(Double.self, start, ends[0], ends[1])
  case .i16: return try integerRange(Int16.self, start, ends[0], ends[1])
  case .i32: return try integerRange(Int32.self, start, ends[0], ends[1])
  case .i64: return try integerRange(Int64.self, start, ends[0], ends[1])
  default: throw Fault.unsupported(start.type, supported: [.f16, .f32, .f64, .i16, .i32, .i64])
  }
}

private func realRange<T: Real>(
  _: T.Type, _ start: Tensor, _ limit: Tensor, _ step: Tensor
) throws -> Tensor {
  let (first, last) = (start.elements(of: T.self)[0], limit.elements(of: T.self)[0])
  let step = step.elements(of: T.self)[0]
  let length = ((last.wide - first.wide) / step.wide).rounded(.up)
  guard step != 0, length.magnitude < 0x1p62 else {
    throw Fault("a range from \(first) to \(last) by \(step) has no end")
  }
  return try Tensor(filling: [max(Int(length), 0)], of: T.self) { y in
    for index in y.indices { y[index] = first + T(index) * step }
  }
}

private func integerRange<T: Arithmetic & FixedWidthInteger & SignedInteger>(
  _: T.Type, _ start: Tensor, _ limit: Tensor, _ step: Tensor
) throws -> Tensor {
  let (first, last) = (start.elements(of: T.self)[0], limit.elements(of: T.self)[0])
  let step = step.elements(of: T.self)[0]
  guard step != 0 else { throw Fault("a range from \(first) to \(last) by 0 has no end") }
  let (distance, overflow) = Int64(last).subtractingReportingOverflow(Int64(first))
  if overflow { throw Fault("a range from \(first) to \(last) is too long") }
  let isEmpty = distance == 0 || (distance < 0) != (step < 0)
  let size = UInt64(step.magnitude)
  let length = isEmpty ? 0 : (distance.magnitude - 1) / size + 1
  guard let count = Int(exactly: length) else { throw Fault("the range is too long") }
  return try Tensor(filling: [count], of: T.self) { y in
    var value = first
    for index in y.indices {
      y[index] = value
      value = value &+ step
    }
  }
}
