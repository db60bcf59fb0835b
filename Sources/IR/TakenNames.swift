/// The names of values and of nodes that are taken in a graph.
public struct TakenNames: Sendable {
  /// The names of values.
  public var values: Set<String> = []
  /// The names of nodes.
  public var nodes: Set<String> = []

  /// Creates the names of nothing.
  public init() {}

  /// Creates the names of all nodes in `graph`, and of all values that something refers to: those of its text, so that
  /// a pass gives the same names whether or not the graph has been written and read before.
  public init(in graph: Graph) {
    values = Set(zip(graph.values, graph.usedValues()).lazy.filter { $1 }.map { $0.0.name })
    nodes = Set(graph.nodes.map(\.name))
  }

  /// Creates the names of all nodes and values in `graph`, which is being changed: values may be there that nothing
  /// refers to yet.
  public init(whileChanging graph: Graph) {
    values = Set(graph.values.map(\.name))
    nodes = Set(graph.nodes.map(\.name))
  }

  /// A name for a value that no value has: `base`, or `base` and a number.
  public mutating func fresh(_ base: String) -> String { Self.fresh(base, &values) }

  /// A name for a node that no node has: `base`, or `base` and a number.
  public mutating func fresh(nodeName base: String) -> String { Self.fresh(base, &nodes) }

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
