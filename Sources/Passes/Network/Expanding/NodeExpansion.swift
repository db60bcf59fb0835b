import Basics
import IR

/// A graph while some of its nodes are each written as several others.
///
/// What is added for a node has the node's name with a role behind it, `node·role`, or one like it that is
/// not taken.
struct NodeExpansion {
  private(set) var graph: Graph
  private var names: TakenNames
  private var nodes: [Node] = []

  init(_ graph: Graph) {
    self.graph = graph
    names = TakenNames(in: graph)
  }

  /// The graph with the nodes that were appended.
  var finished: Graph {
    var graph = graph
    graph.nodes = nodes
    return graph
  }

  /// Appends a node of the graph as it is.
  mutating func append(_ node: Node) { nodes.append(node) }

  /// Appends a node that writes `result`; without a role it keeps the name of `node`.
  mutating func append(
    _ op: Op, _ operands: [ValueID?], to result: ValueID, _ node: Node, role: String? = nil
  ) {
    let name = role.map { names.fresh(nodeName: "\(node.name)·\($0)") } ?? node.name
    nodes.append(Node(name: name, op: op, operands: operands, results: [result]))
  }

  /// Adds a value for a result between the steps of `node`.
  mutating func value(_ role: String, _ type: ValueType, _ node: Node) -> ValueID {
    graph.addValue(name: names.fresh("\(node.name)·\(role)"), type: type)
  }

  /// Adds a constant for the steps of `node`.
  mutating func constant(_ role: String, _ tensor: Tensor, _ node: Node) -> ValueID {
    constant(role, ValueType(tensor.type, fixed: tensor.shape), .tensor(tensor), node)
  }

  /// The same of a type, in whatever form.
  mutating func constant(
    _ role: String, _ type: ValueType, _ content: Constant, _ node: Node
  ) -> ValueID {
    graph.addValue(name: names.fresh("\(node.name)·\(role)"), type: type, constant: content)
  }

  /// Appends a step of `node`, and returns its result.
  mutating func step(
    _ op: Op, _ operands: [ValueID], _ role: String, _ type: ValueType, _ node: Node
  ) -> ValueID {
    let result = value(role, type, node)
    append(op, operands, to: result, node, role: role)
    return result
  }
}
