import Basics
import Chip
import IR

extension Graph {
  /// Whether the elements of `value` are integers of at most 8 bits, shifted: what a DAC takes in
  /// steps of 1.
  func holdsIntegerCodes(_ value: ValueID, _ producers: [NodeID?]) -> Bool {
    guard let producer = producers[value.index].map({ self[$0] }),
      let operand = producer.operands[0]
    else { return false }
    switch producer.op {
    case .cast(.f32, _, _): return self[operand].type.element.storedRange != nil
    case .binary(.sub):
      return producer.operands[1].map(isIntegerConstant) == true
        && holdsIntegerCodes(operand, producers)
    case .pad(.constant):
      return producer.operands.count > 2 && producer.operands[2].map(isIntegerConstant) == true
        && holdsIntegerCodes(operand, producers)
    default: return false
    }
  }

  /// Whether all that uses `value` is a quantization in steps of 1 whose integers, less its zero
  /// point, are −128 ... 128, or up to 128 if the value is never negative: what an LDPU gives in
  /// steps of 1.
  func becomesIntegerCodes(_ value: ValueID, isRectified: Bool, _ users: [[NodeID]]) -> Bool {
    guard !outputs.contains(value), users[value.index].count == 1,
      case let user = self[users[value.index][0]], case .quantize(let quantize) = user.op,
      let range = quantize.element.storedRange, user.operands.count > 2,
      let scale = user.operands[1].flatMap({ tensor(of: $0) }), scale == Tensor(scalar: Float(1)),
      let zero = user.operands[2].flatMap({ tensor(of: $0) }), zero.count == 1
    else { return false }
    let byte = zero.bytes.withUnsafeBytes { $0[0] }
    let shift = quantize.element.isSignedInteger ? Int(Int8(bitPattern: byte)) : Int(byte)
    return range.upperBound - shift <= 128 && (isRectified || shift - range.lowerBound <= 128)
  }

  private func isIntegerConstant(_ value: ValueID) -> Bool {
    guard let number = tensor(of: value)?.floats(), number.count == 1 else { return false }
    return number[0] == number[0].rounded() && number[0].magnitude <= 256
  }
}
