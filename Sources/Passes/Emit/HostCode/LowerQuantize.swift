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
    combine(
      .div, x, spread(scale, along: quantize.axis, of: shape, quantize.blockSize), to: quotient)
    guard let range = quantize.element.integerRange else {
      return host(.cast, to: view(result), from: [quotient])
    }
    let rounded = scratch("rounded", element: .f32, shape: shape)
    apply(.round, quotient, to: rounded)
    if let zeroPoint = optionalOperand(2), !isZero(zeroPoint) {
      let zero = cast(zeroPoint, to: .f32, "zero")
      combine(
        .add, rounded, spread(zero, along: quantize.axis, of: shape, quantize.blockSize),
        to: rounded)
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
      combine(.sub, x, spread(zero, along: dequantize.axis, of: shape, dequantize.blockSize), to: y)
      x = y
    }
    let scale = cast(operand(1), to: .f32, "scale")
    combine(.mul, x, spread(scale, along: dequantize.axis, of: shape, dequantize.blockSize), to: y)
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

  /// A scale or zero point, broadcast to `shape`: a single one, one an index of `axis`, or one a block of
  /// `blockSize` elements along it.
  private mutating func spread(
    _ scale: View, along axis: Int, of shape: [Int], _ blockSize: Int
  ) -> View {
    var scale = scale
    let axis = normalized(axis, rank: shape.count)
    if scale.shape.allSatisfy({ $0 == 1 }) {
      scale.loops = []
    } else if blockSize > 0 {
      return repeated(scale, along: axis, blockSize, upTo: shape[axis])
    } else {
      scale = scale.appendingDimensions([Int](repeating: 1, count: shape.count - 1 - axis))
    }
    return scale.broadcast(to: shape)
  }

  /// A copy of `x` in which each index of `axis` is there `count` times, the last ones left out beyond
  /// `size`.
  private mutating func repeated(
    _ x: View, along axis: Int, _ count: Int, upTo size: Int
  ) -> View {
    var apart = x
    apart.loops.insert(.init(count: count, axis: 0, step: 0), at: axis + 1)
    var whole = x.shape
    whole[axis] *= count
    let copy = scratch("blocks", element: element(of: x), shape: whole)
    host(.copy, to: View(copy.buffer, shape: apart.shape), from: [apart])
    return copy.sliced(axis, start: 0, count: size)
  }
}
