import IR

/// Names for the values and nodes that a pass adds, each of which the graph does not have yet.
struct FreshNames {
  private var values: Set<String>
  private var nodes: Set<String>

  /// Creates the names beside those of `graph`.
  init(_ graph: Graph) {
    values = Set(graph.values.map(\.name))
    nodes = Set(graph.nodes.map(\.name))
  }

  /// A name of a value: `name`, or that with a number.
  mutating func value(_ name: String) -> String { Self.fresh(name, among: &values) }

  /// A name of a node: `name`, or that with a number.
  mutating func node(_ name: String) -> String { Self.fresh(name, among: &nodes) }

  private static func fresh(_ name: String, among names: inout Set<String>) -> String {
    var candidate = name
    var number = 2
    while !names.insert(candidate).inserted {
      candidate = "\(name)·\(number)"
      number += 1
    }
    return candidate
  }
}
