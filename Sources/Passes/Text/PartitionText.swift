import Basics
import Chip
import IR

extension Partition {
  /// The text form: the graph, then a section `partition` (Specs/ir.md).
  public var text: String {
    var out = graph.text
    out += "partition {\n  chip \(quoted(chip.name)) (chips = \(chips))\n"
    for layer in layers {
      out += "  layer \(quoted(graph[layer.node].name)) "
      out += "(rows = \(layer.rows), columns = \(layer.columns), groups = \(layer.groups), "
      out += "vectors = \(layer.vectors), replicas = \(layer.replicas)) {\n"
      for stack in layer.stacks {
        let bounds = stack.rows.map(\.lowerBound) + [stack.rows.last?.upperBound ?? 0]
        out += "    columns [\(stack.columns.lowerBound), \(stack.columns.upperBound)] rows "
        out += "\(bounds)\n"
      }
      out += "  }\n"
    }
    for product in digital {
      out += "  digital \(quoted(graph[product.node].name)) (macs = \(product.macs), "
      out += "depthwise = \(product.isDepthwise), reason = \(quoted(product.reason)))\n"
    }
    return out + "}\n"
  }

  /// Reads a section `partition` that follows its graph.
  ///
  /// `chip` finds the chip of a name. Faults are reported to the cursor, where no chip can be found
  /// it throws `Diagnostics`.
  init(
    of graph: ParsedGraph, from cursor: inout TextCursor, chip: (String) throws -> Chip
  ) throws {
    let nodes = NodeNames(graph.graph)
    try cursor.expect(word: "partition")
    try cursor.expect("{")
    try cursor.expect(word: "chip")
    let name = try cursor.take(.string, "the name of a chip").text
    let chips = try cursor.takeAttributes(["chips"])[0]
    self.init(graph: graph.graph, chip: try chip(name), chips: chips, layers: [], digital: [])
    while !cursor.accept("}") {
      if cursor.accept(word: "digital") {
        digital.append(try DigitalProduct(from: &cursor, nodes: nodes))
      } else {
        try cursor.expect(word: "layer")
        layers.append(try Layer(from: &cursor, nodes: nodes))
      }
    }
  }
}

extension Layer {
  fileprivate init(from cursor: inout TextCursor, nodes: NodeNames) throws(TextFault) {
    let node = try nodes.take(from: &cursor)
    let values = try cursor.takeAttributes(["rows", "columns", "groups", "vectors", "replicas"])
    self.init(
      node: node, rows: values[0], columns: values[1], groups: values[2], vectors: values[3],
      stacks: [])
    replicas = values[4]
    try cursor.expect("{")
    while !cursor.accept("}") {
      try cursor.expect(word: "columns")
      let columns = try cursor.takeAscending(count: 2...2)
      try cursor.expect(word: "rows")
      let rows = try cursor.takeAscending(count: 2...Int.max)
      stacks.append(
        Stack(
          columns: columns[0]..<columns[1], rows: zip(rows, rows.dropFirst()).map { $0..<$1 }))
    }
  }
}

extension DigitalProduct {
  fileprivate init(from cursor: inout TextCursor, nodes: NodeNames) throws(TextFault) {
    let node = try nodes.take(from: &cursor)
    try cursor.expect("(")
    try cursor.expect(word: "macs")
    try cursor.expect("=")
    let macs: Int = try cursor.takeInteger()
    try cursor.expect(",")
    try cursor.expect(word: "depthwise")
    try cursor.expect("=")
    let isDepthwise = cursor.accept(word: "true")
    if !isDepthwise { try cursor.expect(word: "false") }
    try cursor.expect(",")
    try cursor.expect(word: "reason")
    try cursor.expect("=")
    let reason = try cursor.take(.string, "a reason in quotes").text
    try cursor.expect(")")
    self.init(node: node, macs: macs, isDepthwise: isDepthwise, reason: reason)
  }
}

/// The nodes of a graph by name, for sections that refer to them.
struct NodeNames {
  private var nodes: [String: NodeID] = [:]

  init(_ graph: Graph) {
    for (index, node) in graph.nodes.enumerated() where nodes[node.name] == nil {
      nodes[node.name] = NodeID(index)
    }
  }

  /// Takes the name of a node in quotes.
  func take(from cursor: inout TextCursor) throws(TextFault) -> NodeID {
    let token = try cursor.take(.string, "the name of a node in quotes")
    guard let node = nodes[token.text] else {
      throw TextFault(at: token.position, "the graph has no node \(token.description)")
    }
    return node
  }
}

extension TextCursor {
  /// Takes `(name = integer, …)` with exactly these names in this order; none may be negative.
  mutating func takeAttributes(_ names: [String]) throws(TextFault) -> [Int] {
    var values: [Int] = []
    for (index, name) in names.enumerated() {
      try expect(index == 0 ? "(" : ",")
      try expect(word: name)
      try expect("=")
      let position = token.position
      let value: Int = try takeInteger()
      guard value >= 0 else { throw TextFault(at: position, "\(name) is negative") }
      values.append(value)
    }
    try expect(")")
    return values
  }

  /// Takes `[a, b, …]`, whose integers ascend from 0 or above.
  mutating func takeAscending(count: ClosedRange<Int>) throws(TextFault) -> [Int] {
    let position = token.position
    let values = try takeIntegers()
    guard count.contains(values.count), values.first ?? 0 >= 0,
      zip(values, values.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw TextFault(at: position, "the bounds do not ascend") }
    return values
  }

  /// Takes `[a, b, …]`.
  mutating func takeIntegers() throws(TextFault) -> [Int] {
    try expect("[")
    var values: [Int] = []
    while !accept("]") {
      if !values.isEmpty { try expect(",") }
      values.append(try takeInteger())
    }
    return values
  }
}
