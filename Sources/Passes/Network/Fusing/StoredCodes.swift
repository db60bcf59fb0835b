import Basics
import Chip
import IR

/// What the elements of a value may be where a DAC can take each as a code of its own: integers times a unit.
struct IntegerCodes: Hashable {
  /// The integers.
  var range: ClosedRange<Int>
  /// What 1 stands for.
  var unit: Float = 1
}

extension Graph {
  /// The integers that the elements of `value` are, as stored integers of at most 8 bits or as functions of steps
  /// give them, shifted, scaled or moved; `nil` if they are not.
  func integerCodes(_ value: ValueID, _ producers: [NodeID?]) -> IntegerCodes? {
    guard let producer = producers[value.index].map({ self[$0] }),
      let operand = producer.operands[0]
    else { return nil }
    switch producer.op {
    case .cast(.f32, _, _):
      return self[operand].type.element.storedRange.map { IntegerCodes(range: $0) }
    case .unary(.round), .clip: return steps(producer, producers)
    case .select: return choice(producer)
    case .binary(.sub):
      guard let shift = producer.operands[1].flatMap(integerConstant),
        let codes = integerCodes(operand, producers), codes.unit == 1
      else { return nil }
      return IntegerCodes(range: codes.range.lowerBound - shift...codes.range.upperBound - shift)
    case .binary(.mul):
      guard let unit = producer.operands[1].flatMap(scalar), unit > 0,
        var codes = integerCodes(operand, producers)
      else { return nil }
      codes.unit *= unit
      return codes.unit.isNormal ? codes : nil
    case .pad(.constant):
      guard producer.operands.count > 2, let fill = producer.operands[2].flatMap(integerConstant),
        var codes = integerCodes(operand, producers), codes.unit == 1 || fill == 0
      else { return nil }
      codes.range = min(codes.range.lowerBound, fill)...max(codes.range.upperBound, fill)
      return codes
    case .reshape, .flatten, .squeeze, .unsqueeze, .transpose, .slice, .split, .unary(.identity):
      return integerCodes(operand, producers)
    default: return nil
    }
  }

  /// What a rounded number gives that is clipped to integers, before or after it is rounded.
  private func steps(_ node: Node, _ producers: [NodeID?]) -> IntegerCodes? {
    guard let value = node.operands[0], let before = producers[value.index].map({ self[$0] })
    else { return nil }
    switch (before.op, node.op) {
    case (.clip, .unary(.round)): return bounds(of: before).map { IntegerCodes(range: $0) }
    case (.unary(.round), .clip): return bounds(of: node).map { IntegerCodes(range: $0) }
    default: return nil
    }
  }

  /// One of two numbers of the same magnitude, as a sign gives them.
  private func choice(_ node: Node) -> IntegerCodes? {
    guard let first = node.operands[1].flatMap(scalar),
      let second = node.operands[2].flatMap(scalar),
      first == -second, first.isNormal
    else { return nil }
    return IntegerCodes(range: -1...1, unit: first.magnitude)
  }

  /// The bounds of a clip, if both are integers of at most 8 bits.
  private func bounds(of node: Node) -> ClosedRange<Int>? {
    guard node.operands.count > 2, let low = node.operands[1].flatMap(integerConstant),
      let high = node.operands[2].flatMap(integerConstant), low <= high
    else { return nil }
    return low...high
  }

  /// Whether all that uses `value` rounds it to integers that an LDPU gives in steps of 1: a quantization in steps
  /// of 1 whose integers, less its zero point, are −128 ... 128, or up to 128 if the value is never negative; or a
  /// rounding that is clipped to −127 ... 127.
  func becomesIntegerCodes(_ value: ValueID, isRectified: Bool, _ users: [[NodeID]]) -> Bool {
    guard !outputs.contains(value), users[value.index].count == 1,
      case let user = self[users[value.index][0]], user.operands[0] == value
    else { return false }
    switch user.op {
    case .quantize(let quantize):
      return isQuantization(user, in: quantize.element, isRectified: isRectified)
    case .clip, .unary(.round):
      let result = user.results[0]
      guard !outputs.contains(result), users[result.index].count == 1,
        case let next = self[users[result.index][0]], next.operands[0] == result,
        user.op == .clip && next.op == .unary(.round)
          || user.op == .unary(.round) && next.op == .clip,
        let range = bounds(of: user.op == .clip ? user : next)
      else { return false }
      return range.lowerBound >= -127 && range.upperBound <= 127
    default: return false
    }
  }

  private func isQuantization(_ user: Node, in element: ElementType, isRectified: Bool) -> Bool {
    guard let range = element.storedRange, user.operands.count > 2,
      let scale = user.operands[1].flatMap({ tensor(of: $0) }), scale == Tensor(scalar: Float(1)),
      let zero = user.operands[2].flatMap({ tensor(of: $0) }), zero.count == 1
    else { return false }
    let byte = zero.bytes.withUnsafeBytes { $0[0] }
    let shift = element.isSignedInteger ? Int(Int8(bitPattern: byte)) : Int(byte)
    return range.upperBound - shift <= 128 && (isRectified || shift - range.lowerBound <= 128)
  }

  /// The number that a constant of one element is.
  private func scalar(_ value: ValueID) -> Float? {
    guard let numbers = tensor(of: value)?.floats(), numbers.count == 1 else { return nil }
    return numbers[0]
  }

  private func integerConstant(_ value: ValueID) -> Int? {
    guard let number = scalar(value), number == number.rounded(), number.magnitude <= 256 else {
      return nil
    }
    return Int(number)
  }
}
