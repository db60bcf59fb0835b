import Basics
import Chip
import IR

extension Graph {
  /// What the elements of `value` may be if they are integers of at most 8 bits, shifted: what a DAC
  /// takes in steps of 1 or less; `nil` if they are not.
  func integerCodes(_ value: ValueID, _ producers: [NodeID?]) -> ClosedRange<Int>? {
    guard let producer = producers[value.index].map({ self[$0] }),
      let operand = producer.operands[0]
    else { return nil }
    switch producer.op {
    case .cast(.f32, _, _): return self[operand].type.element.storedRange
    case .binary(.sub):
      guard let shift = producer.operands[1].flatMap(integerConstant),
        let codes = integerCodes(operand, producers)
      else { return nil }
      return codes.lowerBound - shift...codes.upperBound - shift
    case .pad(.constant):
      guard producer.operands.count > 2, let fill = producer.operands[2].flatMap(integerConstant),
        let codes = integerCodes(operand, producers)
      else { return nil }
      return min(codes.lowerBound, fill)...max(codes.upperBound, fill)
    default: return nil
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

  private func integerConstant(_ value: ValueID) -> Int? {
    guard let numbers = tensor(of: value)?.floats(), numbers.count == 1,
      numbers[0] == numbers[0].rounded(), numbers[0].magnitude <= 256
    else { return nil }
    return Int(numbers[0])
  }
}
