import Basics
import IR

extension NodeImport {
  /// The second operand of a function of two elements, as NumPy broadcasts it.
  ///
  /// Before operator set 7 it is broadcast only where the attribute `broadcast` says so, and its
  /// first dimension is the one that the attribute `axis` names.
  mutating func secondOperand(_ steps: inout ImportedSteps) -> ImportedOperand {
    guard opset < 7 else { return .given(1) }
    let isBroadcast = flag("broadcast")
    guard has("axis") else { return .given(1) }
    let axis = integer("axis")
    guard isBroadcast else { return .given(1) }
    guard let a = operands[0]?.type.shape?.count,
      let b = operands[1]?.type.shape?.count
    else {
      operandFault("has the attribute axis, and the dimensions of its operands are not known")
      return .given(1)
    }
    let first = axis < 0 ? axis + a : axis
    guard first >= 0, first + b <= a else {
      fault("attribute axis is \(axis), where operands have \(a) and \(b) dimensions")
      return .given(1)
    }
    return steps.lengthened(.given(1), from: b, by: a - b - first)
  }

  /// The slope of PRelu, as NumPy broadcasts it: before operator set 7 it may be a list of one number
  /// a channel.
  mutating func slope(_ steps: inout ImportedSteps) -> ImportedOperand {
    guard opset < 7, let x = operands[0]?.type.shape?.count, x > 2,
      let slope = operands[1]?.type.shape, slope.count == 1
    else { return .given(1) }
    return steps.lengthened(.given(1), from: 1, by: x - 2)
  }
}

extension ImportedSteps {
  /// `operand`, which has `rank` dimensions, with `count` of size 1 behind them.
  fileprivate mutating func lengthened(
    _ operand: ImportedOperand, from rank: Int, by count: Int
  ) -> ImportedOperand {
    count == 0 ? operand : unsqueeze(operand, axes: Array(rank..<rank + count))
  }
}
