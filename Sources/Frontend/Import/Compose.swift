import Basics
import IR

/// Steps by what they compute. Each has the name of its operator unless told otherwise; the last step
/// of a node is named "", which gives it the name of the node.
extension ImportedSteps {
  /// A function of one element.
  mutating func unary(
    _ function: UnaryFunction, _ x: ImportedOperand, name: String? = nil
  ) -> ImportedOperand { step(.unary(function), [x], name) }

  /// A function of two elements.
  mutating func binary(
    _ function: BinaryFunction, _ a: ImportedOperand, _ b: ImportedOperand, name: String? = nil
  ) -> ImportedOperand { step(.binary(function), [a, b], name) }

  /// `x` with elements of another type.
  mutating func cast(
    _ x: ImportedOperand, to element: ElementType, name: String? = nil
  ) -> ImportedOperand { step(.cast(to: element), [x], name) }

  /// A reduction over `axes`, which stay with size 1.
  mutating func reduce(
    _ kind: ReduceKind, _ x: ImportedOperand, axes: [Int], name: String? = nil
  ) -> ImportedOperand { step(.reduce(Reduce(kind: kind)), [x, .list("axes", axes)], name) }

  /// A product of matrices.
  mutating func matMul(
    _ a: ImportedOperand, _ b: ImportedOperand, name: String? = nil
  ) -> ImportedOperand { step(.matMul(MatMul()), [a, b, .none], name) }

  /// `x` in another shape; 0 keeps a dimension and −1 is what is left.
  mutating func reshape(
    _ x: ImportedOperand, _ shape: [Int], name: String? = nil
  ) -> ImportedOperand { step(.reshape(allowZero: false), [x, .list("shape", shape)], name) }

  /// `x` with its dimensions in another order.
  mutating func transpose(
    _ x: ImportedOperand, _ permutation: [Int], name: String? = nil
  ) -> ImportedOperand {
    permutation == Array(permutation.indices)
      ? x : step(.transpose(permutation: permutation), [x], name)
  }

  /// `x` with further dimensions of size 1, which are at `axes` then.
  mutating func unsqueeze(
    _ x: ImportedOperand, axes: [Int], name: String? = nil
  ) -> ImportedOperand { step(.unsqueeze, [x, .list("axes", axes)], name) }

  /// `x` without the dimensions at `axes`, whose size is 1.
  mutating func squeeze(
    _ x: ImportedOperand, axes: [Int], name: String? = nil
  ) -> ImportedOperand { step(.squeeze, [x, .list("axes", axes)], name) }

  /// Tensors one after the other along an axis.
  mutating func concat(
    _ parts: [ImportedOperand], axis: Int, name: String? = nil
  ) -> ImportedOperand {
    parts.count == 1 && name == nil ? parts[0] : step(.concat(axis: axis), parts, name)
  }

  /// The part of `x` from `starts` to `ends` along `axes`, every step-th element.
  mutating func slice(
    _ x: ImportedOperand, axes: [Int], starts: [Int], ends: [Int], steps: [Int]? = nil,
    name: String? = nil
  ) -> ImportedOperand {
    step(
      .slice,
      [
        x, .list("starts", starts), .list("ends", ends), .list("axes", axes),
        steps.map { .list("steps", $0) } ?? .none,
      ], name)
  }

  /// The sizes `range` of `x`'s dimensions.
  mutating func shape(
    _ x: ImportedOperand, _ range: Range<Int>? = nil, name: String? = nil
  ) -> ImportedOperand {
    step(.shape(start: range?.lowerBound ?? 0, end: range?.upperBound), [x], name)
  }

  /// What a node becomes that has one result.
  mutating func ending(in result: ImportedOperand) -> ImportedNode {
    .steps(self, results: [result])
  }

  /// `x`, a number of steps, rounded and shifted by `zeroPoint`: the result.
  mutating func rounded(
    _ x: ImportedOperand, to element: ElementType, zeroPoint: ImportedOperand
  ) -> ImportedNode {
    let step = ImportedOperand.made("step", Tensor(scalar: Float(1)))
    return ending(in: add(.quantize(Quantize(to: element)), [x, step, zeroPoint], name: ""))
  }

  private mutating func step(
    _ op: Op, _ operands: [ImportedOperand], _ name: String?
  ) -> ImportedOperand { add(op, operands, name: name ?? op.mnemonic) }
}

extension ImportedOperand {
  /// A constant list of 64-bit integers.
  static func list(_ name: String, _ values: [Int]) -> ImportedOperand {
    .made(name, Tensor(values.map { Int64($0) }, shape: [values.count]))
  }

  /// A constant of a floating-point type; `nil` for another type.
  static func number(_ name: String, _ value: Float, _ element: ElementType) -> ImportedOperand? {
    switch element {
    case .f32: .made(name, Tensor(scalar: value))
    case .f16: .made(name, Tensor(scalar: Float16(value)))
    case .f64: .made(name, Tensor(scalar: Double(value)))
    case .bf16: .made(name, Tensor(codes: [FloatFormat.bfloat16(value)], type: .bf16, shape: []))
    default: nil
    }
  }
}

/// Numbers in steps that compute in one element type.
struct StepArithmetic {
  /// The element type, which is a floating-point one.
  let element: ElementType

  /// A constant.
  func number(_ name: String, _ value: Float) -> ImportedOperand {
    guard let number = ImportedOperand.number(name, value, element) else {
      preconditionFailure("steps compute in a floating-point type")
    }
    return number
  }
}

extension NodeImport {
  /// The number of dimensions of the operand at `index`; a fault if it is not known or not in
  /// `range`.
  mutating func rank(of index: Int, in range: ClosedRange<Int>) -> Int {
    let shape = operands[index]?.type.shape
    guard let rank = shape?.count else {
      operandFault("takes operand \(index) with a known number of dimensions")
      return range.lowerBound
    }
    if !range.contains(rank) {
      fault("takes operand \(index) with other than \(rank) dimensions")
      return range.lowerBound
    }
    return rank
  }

  /// The element type of operand 0, and the one that sums over it are computed in: half precision
  /// becomes single.
  mutating func precision() -> (own: ElementType, sums: StepArithmetic) {
    let own = operands[0]?.type.element ?? .f32
    guard [.f16, .bf16, .f32, .f64].contains(own) else {
      operandFault("takes operand 0 of a floating-point type, not \(own)")
      return (.f32, StepArithmetic(element: .f32))
    }
    return (own, StepArithmetic(element: own == .f64 ? .f64 : .f32))
  }

  /// A number of heads; 1 after a fault.
  mutating func heads(_ name: String) -> Int {
    let count = integer(name)
    if (1...Int(Int32.max)).contains(count) { return count }
    if faults.isEmpty { fault("attribute \(name) is \(count), but must be the number of heads") }
    return 1
  }

  /// Whether the operand at `index` is given.
  func isGiven(_ index: Int) -> Bool { operands[index] != nil }

  /// Checks that there are at most `count` results, and that the first has a name.
  mutating func expectResults(upTo count: Int) {
    if node.results.first?.isEmpty != false { fault("has no result") }
    if node.results.count > count {
      fault("has \(node.results.count) results instead of at most \(count)")
    }
  }
}
