import Basics
import IR
import Program
import Reference

extension Emitter {
  /// x / scale, rounded, plus the zero point, clipped to the range of the result's type.
  mutating func lower(_ quantize: Quantize) {
    let shape = shape(result)
    let scaleType = graph[operand(1)].type.element
    let precision =
      quantize.precision ?? (scaleType == .f16 || scaleType == .bf16 ? scaleType : .f32)
    let quotient = scratch("quotient", element: precision, shape: shape)
    let x = cast(operand(0), to: precision, "x")
    let scale = cast(operand(1), to: precision, "scale")
    combine(.div, x, spread(scale, along: quantize.axis, of: shape), to: quotient)
    guard let range = quantize.element.integerRange else {
      return host(.cast, to: view(result), from: [quotient])
    }
    let rounded = scratch("rounded", element: .f32, shape: shape)
    apply(.round, quotient, to: rounded)
    if let zeroPoint = optionalOperand(2), !isZero(zeroPoint) {
      let zero = cast(zeroPoint, to: .f32, "zero")
      combine(.add, rounded, spread(zero, along: quantize.axis, of: shape), to: rounded)
    }
    apply(.clip, rounded, to: rounded, Float(range.lowerBound), Float(range.upperBound))
    host(.cast, to: view(result), from: [rounded])
  }

  /// (x − zero point) · scale.
  mutating func lower(_ dequantize: Dequantize) {
    let shape = shape(result)
    var x = cast(operand(0), to: .f32, "x")
    let isSingle = graph[result].type.element == .f32
    let y = isSingle ? view(result) : scratch("product", element: .f32, shape: shape)
    if let zeroPoint = optionalOperand(2), !isZero(zeroPoint) {
      let zero = cast(zeroPoint, to: .f32, "zero")
      combine(.sub, x, spread(zero, along: dequantize.axis, of: shape), to: y)
      x = y
    }
    let scale = cast(operand(1), to: .f32, "scale")
    combine(.mul, x, spread(scale, along: dequantize.axis, of: shape), to: y)
    if !isSingle { host(.cast, to: view(result), from: [y]) }
  }

  /// A value in another element type: a constant if it is one, else by a `cast` instruction.
  private mutating func cast(_ value: ValueID, to element: ElementType, _ suffix: String) -> View {
    if graph[value].type.element == element { return view(value) }
    let node = Node(
      name: node.name, op: .cast(to: element), operands: [value], results: node.results)
    if let tensor = graph.tensor(of: value),
      let converted = try? evaluate(node, operands: [tensor]).first
    {
      return constant(suffix, converted)
    }
    let y = scratch(suffix, element: element, shape: shape(value))
    host(.cast, to: y, from: [view(value)])
    return y
  }

  /// Whether a constant holds zeros only.
  private func isZero(_ value: ValueID) -> Bool {
    graph.tensor(of: value)?.bytes.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } ?? false
  }

  /// A scale or zero point, broadcast to `shape`: a single one, or one an index of `axis`.
  private func spread(_ scale: View, along axis: Int, of shape: [Int]) -> View {
    var scale = scale
    if scale.shape.allSatisfy({ $0 == 1 }) {
      scale.loops = []
    } else {
      let trail = shape.count - 1 - normalized(axis, rank: shape.count)
      scale = scale.appendingDimensions([Int](repeating: 1, count: trail))
    }
    return scale.broadcast(to: shape)
  }
}
