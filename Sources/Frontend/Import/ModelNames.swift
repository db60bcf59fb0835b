import COnnx
import IR

/// The names in an ONNX graph or function.
struct ModelNames {
  /// The name of each node: that of the model where it has one that no other node there has.
  private(set) var nodeNames: [String] = []
  /// The first node that defines each value, by the name of the value.
  private(set) var producers: [String: Int] = [:]
  /// The values that a node reads or the user receives.
  private(set) var used: Set<String>
  /// The names that are given, for which no others may be made.
  private(set) var taken = TakenNames()

  /// Collects the names of `nodes`; `inputs` and `initializers` have values too, and `outputs`
  /// are received by somebody.
  init(
    nodes: [UnsafePointer<Onnx__NodeProto>], inputs: [String] = [], initializers: [String] = [],
    outputs: [String]
  ) {
    used = Set(outputs)
    taken.values.formUnion(inputs)
    taken.values.formUnion(initializers)
    let given = nodes.map { string($0.pointee.name) }
    var isFirst: [Bool] = []
    for name in given { isFirst.append(!name.isEmpty && taken.nodes.insert(name).inserted) }
    for (index, node) in nodes.enumerated() {
      used.formUnion(Self.operands(of: node))
      for name in strings(node.pointee.output, node.pointee.n_output) where !name.isEmpty {
        taken.values.insert(name)
        if producers[name] == nil { producers[name] = index }
      }
      let base = given[index].isEmpty ? string(node.pointee.op_type) : given[index]
      nodeNames.append(isFirst[index] ? base : taken.fresh(nodeName: "\(base)_\(index)"))
    }
  }

  /// What a node reads, and the graphs that are part of it read of what is around them.
  static func operands(of node: UnsafePointer<Onnx__NodeProto>) -> [String] {
    var names = strings(node.pointee.input, node.pointee.n_input)
    for attribute in messages(node.pointee.attribute, node.pointee.n_attribute) {
      guard let graph = attribute.pointee.g else { continue }
      let region = OnnxRegion(UnsafePointer(graph))
      let own = region.definedNames
      names += (region.nodes.flatMap { operands(of: $0) } + region.outputs).filter {
        !own.contains($0)
      }
    }
    return names
  }
}
