import Basics
import Chip
import IR

extension Partition {
  /// The text form: the graph, then a section `partition` (Specs/ir.md).
  public var text: String { StageDump(self).text }

  /// The section alone.
  var section: String {
    var out = "partition {\n  chip \(quoted(chip.name)) (chips = \(chips)"
    let isPreset = (try? Chip.named(chip.name)) == chip
    if !isPreset { out += ", crc32c = 0x\(String(chip.hash, radix: 16))" }
    out += ")\n"
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
    for crossbar in packing?.crossbars ?? [] {
      out += "  crossbar {\n"
      for block in crossbar {
        out += "    block \(quoted(graph[layers[block.layer].node].name)) "
        out += "(replica = \(block.replica), stack = \(block.stack), row = \(block.row)) "
        out += "at [\(block.firstRow), \(block.firstColumn)]\n"
      }
      out += "  }\n"
    }
    return out + "}\n"
  }

  /// Reads a section `partition` of `graph`, laid out as `layouts` say; `chip` finds the chip of a name.
  ///
  /// Throws a `TextFault`, or `Diagnostics` where no chip can be found.
  init(
    of graph: Graph, layouts: ProductLayouts, from cursor: inout TextCursor,
    nodes: inout NodeNames, chip: (String) throws -> Chip
  ) throws {
    try cursor.expect(word: "partition")
    try cursor.expect("{")
    try cursor.expect(word: "chip")
    let name = try cursor.take(.string, "the name of a chip").text
    try cursor.expectAttribute("chips", isFirst: true)
    let chips = try cursor.takeCount("chips")
    let checksum = try Self.takeChecksum(from: &cursor)
    self.init(
      graph: graph, layouts: layouts, chip: try chip(name), chips: chips, layers: [], digital: [])
    guard checksum.map({ $0.value == Int(self.chip.hash) }) ?? true else {
      throw TextFault(
        at: checksum?.position ?? cursor.token.position,
        "the chip \(quoted(name)) has other figures here; give --chip and --set as they were given "
          + "when the text was written")
    }
    let products = Products(of: graph, layouts: layouts)
    while cursor.accept(word: "layer") {
      layers.append(try Layer(from: &cursor, nodes: &nodes, products))
    }
    while cursor.accept(word: "digital") {
      digital.append(try DigitalProduct(from: &cursor, nodes: &nodes))
    }
    // A faulty text may name a node twice; the verifier says so.
    let layerOfNode = Dictionary(
      layers.enumerated().map { ($1.node, $0) }, uniquingKeysWith: { first, _ in first })
    while cursor.accept(word: "crossbar") {
      if packing == nil { packing = Packing(crossbars: []) }
      try cursor.expect("{")
      var blocks: [PackedBlock] = []
      while !cursor.accept("}") {
        try cursor.expect(word: "block", beginsLine: true)
        blocks.append(try PackedBlock(from: &cursor, nodes: &nodes, layers: layerOfNode))
      }
      packing?.crossbars.append(blocks)
    }
    guard cursor.accept("}") else {
      throw cursor.unexpected(
        packing != nil
          ? "'crossbar' or '}'"
          : digital.isEmpty
            ? "'layer', 'digital', 'crossbar' or '}'" : "'digital', 'crossbar' or '}'",
        beginsLine: true)
    }
  }
}

extension Partition {
  /// Takes the rest of the attributes of a chip: the checksum of one that is no preset, if it is there.
  private static func takeChecksum(
    from cursor: inout TextCursor
  ) throws(TextFault) -> (value: Int, position: TextPosition)? {
    var checksum: (value: Int, position: TextPosition)?
    if cursor.accept(",") {
      try cursor.expect(word: "crc32c")
      try cursor.expect("=")
      let position = cursor.token.position
      checksum = (try cursor.takeCount("crc32c"), position)
    }
    try cursor.expect(")")
    return checksum
  }
}

extension Layer {
  fileprivate init(
    from cursor: inout TextCursor, nodes: inout NodeNames, _ products: Products
  ) throws(TextFault) {
    let (position, name) = (cursor.token.position, cursor.token.description)
    let node = try nodes.take(from: &cursor)
    guard let product = products[node], product.macs > 0 else {
      throw TextFault(at: position, "node \(name): is not a product with constant weights")
    }
    let values = try cursor.takeCounts(["rows", "columns", "groups", "vectors", "replicas"])
    guard values.dropLast() == [product.rows, product.columns, product.groups, product.vectors]
    else { throw TextFault(at: position, "node \(name): differs from the matrix of its node") }
    self.init(product, stacks: [])
    replicas = values[4]
    try cursor.expect("{")
    while !cursor.accept("}") {
      try cursor.expect(word: "columns", beginsLine: true)
      let columns = try cursor.takeAscending(count: 2...2)
      try cursor.expect(word: "rows")
      let rows = try cursor.takeAscending(count: 2...Int.max)
      stacks.append(
        Stack(
          columns: columns[0]..<columns[1], rows: zip(rows, rows.dropFirst()).map { $0..<$1 }))
    }
  }
}

extension PackedBlock {
  fileprivate init(
    from cursor: inout TextCursor, nodes: inout NodeNames, layers: [NodeID: Int]
  ) throws(TextFault) {
    layer = try nodes.takeLayer(from: &cursor, of: layers)
    let values = try cursor.takeCounts(["replica", "stack", "row"])
    (replica, stack, row) = (values[0], values[1], values[2])
    try cursor.expect(word: "at")
    let lines = cursor.token.position
    let origin = try cursor.takeIntegers()
    guard origin.count == 2, origin.allSatisfy({ 0..<65_536 ~= $0 }) else {
      throw TextFault(at: lines, "a block has a first row and a first column, from 0 to 65535")
    }
    (firstRow, firstColumn) = (origin[0], origin[1])
  }
}

extension DigitalProduct {
  fileprivate init(from cursor: inout TextCursor, nodes: inout NodeNames) throws(TextFault) {
    node = try nodes.take(from: &cursor)
    try cursor.expectAttribute("macs", isFirst: true)
    macs = try cursor.takeCount("macs")
    try cursor.expectAttribute("depthwise")
    isDepthwise = try cursor.takeFlag()
    try cursor.expectAttribute("reason")
    reason = try cursor.take(.string, "a reason in quotes").text
    try cursor.expect(")")
  }
}
