import Basics
import IR

/// How results are moved to see what rounding alone does to the outputs of a network.
public enum RoundingMove: Hashable, Sendable {
  /// Every result becomes larger.
  case up
  /// Every result becomes smaller.
  case down
  /// Every result becomes larger, smaller or stays, by chance, which follows from `seed`.
  case random(seed: UInt64)

  /// Moves of both directions, in which every tie is decided in both ways, and two by chance.
  public static let several: [RoundingMove] = [.up, .down, .random(seed: 1), .random(seed: 2)]

  /// From −1 to 1, for element `index` of the value numbered `value`.
  func direction(_ value: Int, _ index: Int) -> Double {
    switch self {
    case .up: return 1
    case .down: return -1
    case .random(let seed):
      // The finalizer of MurmurHash3.
      var word = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(value) << 40 &+ UInt64(index)
      word = (word ^ word >> 33) &* 0xFF51_AFD7_ED55_8CCD
      word = (word ^ word >> 33) &* 0xC4CE_B9FE_1A85_EC53
      return Double(Int64(bitPattern: word ^ word >> 33)) * 0x1p-63
    }
  }
}

extension Evaluator {
  /// Computes the outputs with every result that is rounded moved by about a step of its type.
  ///
  /// A program in another order of sums, or of another precision between the operations, differs from
  /// the network by as much. Results of f32 and f64 move by 2⁻²² of themselves, those of sums by 2⁻²² of the
  /// largest one besides, for their terms may be much larger than they are; whole numbers stay, since
  /// their sums are exact. Results of shorter types move by ¾ of the distance from 1 to the next number
  /// of the type, which is one step. Throws as `evaluate` does.
  public func evaluate(_ inputs: [Tensor], moving move: RoundingMove) throws -> [Tensor] {
    try evaluateUnchecked(
      inputs,
      change: { node, result, tensor in
        try moved(tensor, by: move, number: result.index, node.op)
      })
  }
}

private func moved(
  _ tensor: Tensor, by move: RoundingMove, number: Int, _ op: Op
) throws -> Tensor {
  let rounding = op.rounding
  guard rounding != .none, tensor.count > 0, let relative = tensor.type.relativeStep else {
    return tensor
  }
  var elements = try cast(tensor, to: .f64).elements(of: Double.self)
  let isWide = tensor.type == .f32 || tensor.type == .f64
  let largest = elements.reduce(0.0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
  let terms = rounding == .sum ? largest * 0x1p-22 : 0
  for (index, element) in elements.enumerated() where element.isFinite {
    if isWide && element.magnitude < 0x1p22 && element == element.rounded() { continue }
    let step = element.magnitude * relative + terms
    elements[index] = element + move.direction(number, index) * step
  }
  return try cast(Tensor(elements, shape: tensor.shape), to: tensor.type)
}

extension ElementType {
  /// By what part of themselves numbers move; `nil` for types whose results are not moved.
  fileprivate var relativeStep: Double? {
    switch self {
    case .f32, .f64: 0x1p-22
    case .f16: 0.75 * 0x1p-10
    case .bf16: 0.75 * 0x1p-7
    case .f8e4m3fn, .f8e4m3fnuz: 0.75 * 0x1p-3
    case .f8e5m2, .f8e5m2fnuz: 0.75 * 0x1p-2
    default: nil
    }
  }
}

/// What rounding does to the results of an operation.
private enum Rounding {
  /// Results are exact, or rounded in one way only.
  case none
  /// Each result is rounded on its own.
  case element
  /// Results are sums, whose terms are rounded.
  case sum
}

extension Op {
  fileprivate var rounding: Rounding {
    switch self {
    case .conv, .gemm, .matMul, .batchNormalization, .globalPool, .cumulative, .determinant,
      .fourier,
      .recurrent, .einsum:
      return .sum
    case .pool(let pool): return pool.kind == .max ? .none : .sum
    case .reduce(let reduce): return reduce.kind == .max || reduce.kind == .min ? .none : .sum
    case .resize(let resize): return resize.mode == .nearest ? .none : .sum
    case .sampling: return .sum
    case .softmax, .dequantize, .control: return .element
    case .unary(let function): return function.isExact ? .none : .element
    case .binary(let function):
      switch function {
      case .add, .sub, .mul, .div, .prelu, .pow, .mod: return .element
      default: return .none
      }
    default: return .none
    }
  }
}

extension UnaryFunction {
  /// Whether results need no rounding.
  fileprivate var isExact: Bool {
    switch self {
    case .identity, .relu, .abs, .negate, .sign, .floor, .ceil, .round, .thresholdedRelu: true
    default: false
    }
  }
}
