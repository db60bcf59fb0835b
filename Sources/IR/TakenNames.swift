/// The names of values and of nodes that are taken in a graph.
public struct TakenNames: Sendable {
  /// The names of values.
  public var values: Set<String> = []
  /// The names of nodes.
  public var nodes: Set<String> = []

  /// Creates the names of nothing.
  public init() {}

  /// Creates the names that are taken in `graph`.
  public init(in graph: Graph) {
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
