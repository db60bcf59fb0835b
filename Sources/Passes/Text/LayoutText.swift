import Basics
import IR

extension ProductLayouts {
  /// The section `products` of `graph` (Specs/ir.md); empty if all layouts are plain.
  func section(of graph: Graph) -> String {
    if isEmpty { return "" }
    let lines = inOrder.map { node, layout in
      var parts: [String] = []
      if !layout.positions.isEmpty { parts.append("positions = \(layout.positions)") }
      if layout.residualColumns != 0 {
        parts.append("residual_columns = \(layout.residualColumns)")
      }
      if layout.isDigital { parts.append("digital") }
      return "  product \(quoted(graph[node].name)) (\(parts.joined(separator: ", ")))\n"
    }
    return "products {\n" + lines.joined() + "}\n"
  }

  /// Reads a section `products` of a graph.
  init(from cursor: inout TextCursor, nodes: inout NodeNames) throws(TextFault) {
    self.init()
    try cursor.expect(word: "products")
    try cursor.expect("{")
    var known: Set<NodeID> = []
    while cursor.accept(word: "product") {
      let (position, name) = (cursor.token.position, cursor.token.description)
      let node = try nodes.take(from: &cursor)
      guard known.insert(node).inserted else {
        throw TextFault(at: position, "node \(name): is laid out twice")
      }
      self[node] = try ProductLayout(from: &cursor)
    }
    guard cursor.accept("}") else { throw cursor.unexpected("'product' or '}'", beginsLine: true) }
  }
}

extension ProductLayout {
  fileprivate init(from cursor: inout TextCursor) throws(TextFault) {
    self.init()
    try cursor.expect("(")
    if cursor.accept(word: "digital") {
      isDigital = true
      try cursor.expect(")")
      return
    }
    var isMore = true
    if cursor.accept(word: "positions") {
      try cursor.expect("=")
      positions = try cursor.takeIntegers()
      isMore = cursor.accept(",")
    }
    if isMore {
      guard cursor.accept(word: "residual_columns") else {
        throw cursor.unexpected(
          positions.isEmpty
            ? "'positions', 'residual_columns' or 'digital'" : "'residual_columns'")
      }
      try cursor.expect("=")
      residualColumns = try cursor.takeCount("residual_columns")
    }
    try cursor.expect(")")
  }
}
