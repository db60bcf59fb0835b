import Basics
import Chip
import IR

extension Placement {
  /// The text form: that of the partition, then a section `placement` (Specs/ir.md).
  public var text: String {
    let graph = partition.graph
    var out = partition.text + "placement {\n"
    for (layer, replicas) in zip(partition.layers, stacks) {
      out += "  layer \(quoted(graph[layer.node].name)) {\n"
      for (replica, placed) in replicas.enumerated() {
        for (stack, placement) in placed.enumerated() {
          out += "    replica \(replica) stack \(stack):"
          for segment in placement.segments {
            out += " chip \(segment.chip) cores \(segment.cores.map(\.index))"
          }
          out += "\n"
        }
      }
      out += "  }\n"
    }
    return out + "}\n"
  }

  /// Reads a section `placement` that follows its partition.
  init(of partition: Partition, from cursor: inout TextCursor) throws(TextFault) {
    let nodes = NodeNames(partition.graph)
    self.init(partition: partition, stacks: [])
    try cursor.expect(word: "placement")
    try cursor.expect("{")
    for layer in partition.layers {
      try cursor.expect(word: "layer")
      let position = cursor.token.position
      guard try nodes.take(from: &cursor) == layer.node else {
        throw TextFault(at: position, "the layers are not those of the partition, in its order")
      }
      try cursor.expect("{")
      var replicas: [[StackPlacement]] = []
      for replica in 0..<layer.replicas {
        var placed: [StackPlacement] = []
        for stack in layer.stacks.indices {
          try cursor.expect(word: "replica")
          try cursor.expect(replica)
          try cursor.expect(word: "stack")
          try cursor.expect(stack)
          try cursor.expect(":")
          placed.append(
            try StackPlacement(of: layer.stacks[stack], on: partition, from: &cursor))
        }
        replicas.append(placed)
      }
      try cursor.expect("}")
      stacks.append(replicas)
    }
    try cursor.expect("}")
  }
}

extension StackPlacement {
  fileprivate init(
    of stack: Stack, on partition: Partition, from cursor: inout TextCursor
  ) throws(TextFault) {
    let position = cursor.token.position
    segments = []
    while cursor.accept(word: "chip") {
      let chip: Int = try cursor.takeInteger()
      try cursor.expect(word: "cores")
      let cores = try cursor.takeIntegers()
      guard 0..<partition.chips ~= chip, !cores.isEmpty,
        cores.allSatisfy({ 0..<partition.chip.cores.count ~= $0 })
      else { throw TextFault(at: position, "the chip has no such core") }
      segments.append(Segment(chip: chip, cores: cores.map { CoreID($0) }))
    }
    guard segments.reduce(0, { $0 + $1.cores.count }) == stack.rows.count else {
      throw TextFault(at: position, "there is not one core a row block")
    }
  }
}

extension TextCursor {
  /// Steps over this integer, which must be at the cursor.
  fileprivate mutating func expect(_ integer: Int) throws(TextFault) {
    let position = token.position
    let found: Int = try takeInteger()
    guard found == integer else { throw TextFault(at: position, "expected \(integer)") }
  }
}
