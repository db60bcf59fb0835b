import Basics
import IR

extension TypicalInputs {
  /// Eight inferences of numbers from −1 to 1 (the generator of Specs/ir.md) for every floating-point
  /// input of `graph`, and of zeros for every other, where nobody has data.
  ///
  /// Throws `Diagnostics` that name every input that is too large for that.
  public init(synthetic graph: Graph) throws {
    let stacks = try Self.syntheticStacks(for: graph)
    self.init(
      (0..<Self.syntheticCount).map { index in
        stacks.map { stack in
          let shape = Array(stack.shape.dropFirst())
          let size = shape.reduce(stack.type.byteCount, *)
          return Tensor(
            type: stack.type, shape: shape, bytes: stack.bytes[index * size..<(index + 1) * size])
        }
      }, origin: "\(Self.syntheticOrigin) (\(Self.syntheticCount))")
  }

  /// The number of synthetic inferences.
  public static let syntheticCount = 8
  /// What reports call them.
  public static let syntheticOrigin = "synthetic inputs"

  /// The synthetic inputs, a tensor for each input of `graph` with the inferences along its first axis.
  public static func syntheticStacks(for graph: Graph) throws -> [Tensor] {
    var scratch = graph
    var faults = Diagnostics()
    let stacks = graph.inputs.enumerated().compactMap { index, input -> Tensor? in
      let type = graph[input].type
      let zero = Bytes(copying: [UInt8](repeating: 0, count: type.element.byteCount))
      let content: Constant =
        type.element.isFloatingPoint
        ? .random(seed: UInt64(index))
        : .splat(Tensor(type: type.element, shape: [], bytes: zero))
      let shape = [syntheticCount] + (type.fixedShape ?? [])
      let id = scratch.addValue(
        name: "", type: ValueType(type.element, fixed: shape), constant: content)
      if let tensor = scratch.tensor(of: id) { return tensor }
      faults.append(
        Diagnostic(
          .error, "input \(quoted(graph[input].name)) is too large for synthetic inputs",
          help: "give data, or the shape of the input: --input-shape"))
      return nil
    }
    try faults.throwIfErrors()
    return stacks
  }
}
