import Basics
import Chip
import IR

extension Schedule {
  /// The text form: that of the placement with a section `quantization`, then a section `schedule`
  /// (Specs/ir.md).
  public var text: String { StageDump(self).text }

  /// The section alone.
  var section: String {
    let partition = placement.partition
    var out = "schedule {\n"
    for task in tasks {
      out += "  task \(quoted(partition.graph[task.node].name)) on "
      switch task.place {
      case .crossbars: out += "crossbars "
      case .host: out += "host "
      }
      out += "(start = \(numberText(task.start)), chip = \(numberText(task.chipTime)), "
      out += "host = \(numberText(task.hostTime)))\n"
    }
    for transfer in transfers {
      let layer = partition.layers[transfer.layer]
      out += "  transfer \(quoted(partition.graph[layer.node].name)) "
      out += "replica \(transfer.replica) chip \(transfer.chip) "
      out += "cores [\(transfer.source.index), \(transfer.target.index)] "
      out += "(start = \(numberText(transfer.start)), bytes = \(transfer.bytes))\n"
    }
    return out + "}\n"
  }

  /// Reads a section `schedule` of `placement`.
  init(
    of placement: Placement, with quantization: Quantization, from cursor: inout TextCursor,
    nodes: inout NodeNames
  ) throws(TextFault) {
    self.init(placement: placement, quantization: quantization, tasks: [], transfers: [])
    let layers = placement.partition.layerOfNode
    try cursor.expect(word: "schedule")
    try cursor.expect("{")
    while cursor.accept(word: "task") {
      tasks.append(try Task(from: &cursor, nodes: &nodes, layers: layers))
    }
    while cursor.accept(word: "transfer") {
      transfers.append(try Transfer(from: &cursor, nodes: &nodes, layers: layers))
    }
    guard cursor.accept("}") else {
      throw cursor.unexpected(
        transfers.isEmpty ? "'task', 'transfer' or '}'" : "'transfer' or '}'", beginsLine: true)
    }
  }
}

extension Schedule.Task {
  fileprivate init(
    from cursor: inout TextCursor, nodes: inout NodeNames, layers: [NodeID: Int]
  ) throws(TextFault) {
    node = try nodes.take(from: &cursor)
    try cursor.expect(word: "on")
    let position = cursor.token.position
    if cursor.accept(word: "host") {
      place = .host
    } else {
      guard cursor.accept(word: "crossbars") else {
        throw cursor.unexpected("'crossbars' or 'host'")
      }
      guard let layer = layers[node] else {
        throw TextFault(at: position, "the node is not a layer of the partition")
      }
      place = .crossbars(layer: layer)
    }
    try cursor.expectAttribute("start", isFirst: true)
    start = try cursor.takeDouble()
    try cursor.expectAttribute("chip")
    chipTime = try cursor.takeDouble()
    try cursor.expectAttribute("host")
    hostTime = try cursor.takeDouble()
    try cursor.expect(")")
  }
}

extension Schedule.Transfer {
  fileprivate init(
    from cursor: inout TextCursor, nodes: inout NodeNames, layers: [NodeID: Int]
  ) throws(TextFault) {
    layer = try nodes.takeLayer(from: &cursor, of: layers)
    try cursor.expect(word: "replica")
    replica = try cursor.takeCount("replica")
    try cursor.expect(word: "chip")
    chip = try cursor.takeCount("chip")
    try cursor.expect(word: "cores")
    let cores = cursor.token.position
    let ends = try cursor.takeIntegers()
    guard ends.count == 2, let source = UInt32(exactly: ends[0]),
      let target = UInt32(exactly: ends[1])
    else { throw TextFault(at: cores, "a link has a core at either end") }
    self.source = CoreID(Int(source))
    self.target = CoreID(Int(target))
    try cursor.expectAttribute("start", isFirst: true)
    start = try cursor.takeDouble()
    try cursor.expectAttribute("bytes")
    bytes = try cursor.takeCount("bytes")
    try cursor.expect(")")
  }
}
