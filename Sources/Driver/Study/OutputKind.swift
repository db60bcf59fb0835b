import Basics
import IR

/// How an output is compared.
enum OutputKind: Hashable {
  /// By the norm of the difference.
  case number
  /// As multiples of a step that the model quantizes it in.
  case steps(Double)
  /// By the norm as numbers are, but by the part that is the same where nothing is rounded: integers that
  /// products give, and what arithmetic makes of them.
  case sum
  /// By the part that is the same: integers and truth values that are no quantities, such as classes.
  case label
}

extension Graph {
  /// How each output is compared.
  var outputKinds: [OutputKind] {
    let producers = producers()
    func step(_ id: ValueID) -> Double? {
      guard let producer = producers[id.index] else { return nil }
      let node = self[producer]
      switch node.op {
      case .quantize(let quantize): return quantize.element.isInteger ? 1 : nil
      case .cast(let type, _, _):
        guard type.isInteger, let operand = node.operands[0] else { return nil }
        return self[operand].type.element.isFloatingPoint ? 1 : step(operand)
      case .dequantize:
        guard let scale = node.operands[1].flatMap(tensor), scale.count == 1,
          case .success(let wide) = scale.exactly(as: .f64)
        else { return nil }
        let step = wide.elements(of: Double.self)[0]
        return step.isFinite && step > 0 ? step : nil
      case .reshape, .flatten, .squeeze, .unsqueeze, .transpose, .unary(.identity), .slice:
        return node.operands[0].flatMap(step)
      default: return nil
      }
    }
    let sums = integerSums
    return outputs.map { output in
      if let step = step(output) { return .steps(step) }
      if self[output].type.element.isFloatingPoint { return .number }
      return sums.contains(output) ? .sum : .label
    }
  }

  /// The integers that products give, and what arithmetic and movements make of them.
  private var integerSums: Set<ValueID> {
    var sums: Set<ValueID> = []
    for node in nodes where node.results.allSatisfy({ self[$0].type.element.isInteger }) {
      let keeps =
        switch node.op {
        case .conv, .gemm, .matMul, .einsum: true
        case .unary(.identity), .unary(.negate), .unary(.abs), .binary(.add), .binary(.sub),
          .binary(.mul), .binary(.div), .binary(.max), .binary(.min), .clip, .cast, .select,
          .reduce, .pool, .globalPool, .cumulative, .concat, .split, .slice, .pad, .reshape,
          .flatten, .transpose, .squeeze, .unsqueeze, .expand:
          node.operands.contains { $0.map(sums.contains) ?? false }
        default: false
        }
      if keeps { sums.formUnion(node.results) }
    }
    return sums
  }
}
