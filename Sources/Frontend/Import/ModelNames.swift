import COnnx

/// The names in an ONNX graph.
struct ModelNames {
  /// The name of each node here: that of the model where it has one that no other node has.
  private(set) var nodeNames: [String] = []
  /// The first node that defines each value, by the name of the value.
  private(set) var producers: [String: Int] = [:]
  /// The values that a node reads or the user receives.
  private(set) var used: Set<String> = []

  private var values: Set<String> = []
  private var nodes: Set<String> = []

  /// Creates the names of nothing.
  init() {}

  /// Collects the names of a graph.
  init(
    nodes: [UnsafePointer<Onnx__NodeProto>], inputs: [UnsafePointer<Onnx__ValueInfoProto>],
    outputs: [UnsafePointer<Onnx__ValueInfoProto>],
    initializers: [UnsafePointer<Onnx__TensorProto>]
  ) {
    values.formUnion(inputs.map { string($0.pointee.name) })
    values.formUnion(initializers.map { string($0.pointee.name) })
    used.formUnion(outputs.map { string($0.pointee.name) })
    let given = nodes.map { string($0.pointee.name) }
    var isFirst: [Bool] = []
    for name in given { isFirst.append(!name.isEmpty && self.nodes.insert(name).inserted) }
    for (index, node) in nodes.enumerated() {
      used.formUnion(strings(node.pointee.input, node.pointee.n_input))
      for name in strings(node.pointee.output, node.pointee.n_output) where !name.isEmpty {
        values.insert(name)
        if producers[name] == nil { producers[name] = index }
      }
      let base = given[index].isEmpty ? string(node.pointee.op_type) : given[index]
      nodeNames.append(isFirst[index] ? base : fresh(nodeName: "\(base)_\(index)"))
    }
  }

  /// A name for a value that no value has: `base`, or `base` and a number.
  mutating func fresh(_ base: String) -> String { Self.fresh(base, &values) }

  /// A name for a node that no node has: `base`, or `base` and a number.
  mutating func fresh(nodeName base: String) -> String { Self.fresh(base, &nodes) }

  private static func fresh(_ base: String, _ taken: inout Set<String>) -> String {
    var name = base
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(base)_\(number)"
      number += 1
    }
    return name
  }
}
