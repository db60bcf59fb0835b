import Basics
import Chip
import IR

extension Placement {
  /// The text form: that of the partition, then a section `placement` (Specs/ir.md).
  public var text: String { StageDump(self).text }

  /// The section alone.
  var section: String {
    var out = "placement {\n"
    for (layer, replicas) in zip(partition.layers, stacks) {
      out += "  layer \(quoted(partition.graph[layer.node].name)) {\n"
      for (replica, placed) in replicas.enumerated() {
        for (stack, placement) in placed.enumerated() {
          out += "    replica \(replica) stack \(stack):"
          for segment in placement.segments {
            out += " chip \(segment.chip) cores \(segment.cores.map(\.index))"
            if !segment.origins.isEmpty {
              out += " at \(segment.origins.flatMap { [$0.row, $0.column] })"
            }
          }
          out += "\n"
        }
      }
      out += "  }\n"
    }
    return out + "}\n"
  }

  /// Reads a section `placement` of `partition`.
  init(
    of partition: Partition, from cursor: inout TextCursor, nodes: inout NodeNames
  ) throws(TextFault) {
    self.init(partition: partition, stacks: [])
    try cursor.expect(word: "placement")
    try cursor.expect("{")
    for layer in partition.layers {
      try cursor.expect(word: "layer", beginsLine: true)
      try nodes.take(layer, from: &cursor)
      try cursor.expect("{")
      var replicas: [[StackPlacement]] = []
      for replica in 0..<layer.replicas {
        var placed: [StackPlacement] = []
        for (number, stack) in layer.stacks.enumerated() {
          try cursor.expect(word: "replica", beginsLine: true)
          try cursor.expect(replica)
          try cursor.expect(word: "stack")
          try cursor.expect(number)
          try cursor.expect(":")
          placed.append(try StackPlacement(of: stack, on: partition, from: &cursor))
        }
        replicas.append(placed)
      }
      guard cursor.accept("}") else { throw cursor.unexpected("'}'", beginsLine: true) }
      stacks.append(replicas)
    }
    guard cursor.accept("}") else { throw cursor.unexpected("'}'", beginsLine: true) }
  }
}

extension StackPlacement {
  fileprivate init(
    of stack: Stack, on partition: Partition, from cursor: inout TextCursor
  ) throws(TextFault) {
    let position = cursor.token.position
    segments = []
    while cursor.accept(word: "chip") {
      let position = cursor.token.position
      let chip: Int = try cursor.takeInteger()
      guard 0..<partition.chips ~= chip else {
        throw TextFault(at: position, "there is no chip \(chip) of \(partition.chips)")
      }
      try cursor.expect(word: "cores")
      let coresPosition = cursor.token.position
      let cores = try cursor.takeIntegers()
      guard !cores.isEmpty else { throw TextFault(at: coresPosition, "there are no cores") }
      let count = partition.chip.cores.count
      if let core = cores.first(where: { !(0..<count ~= $0) }) {
        throw TextFault(at: coresPosition, "there is no core \(core) of \(count)")
      }
      var origins: [Origin] = []
      let originsPosition = cursor.token.position
      if cursor.accept(word: "at") {
        let lines = try cursor.takeIntegers()
        guard lines.count == 2 * cores.count, lines.allSatisfy({ 0..<65_536 ~= $0 }) else {
          throw TextFault(
            at: originsPosition, "a block has a first row and a first column, from 0 to 65535")
        }
        origins = cores.indices.map { Origin(row: lines[2 * $0], column: lines[2 * $0 + 1]) }
      }
      segments.append(Segment(chip: chip, cores: cores.map { CoreID($0) }, origins: origins))
    }
    let cores = segments.reduce(0) { $0 + $1.cores.count }
    guard cores == stack.rows.count else {
      throw TextFault(at: position, "there are \(cores) cores for \(stack.rows.count) row blocks")
    }
  }
}
