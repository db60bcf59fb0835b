import Basics

extension Node: Equatable {
  /// Whether all parts are equal; not-a-number in a parameter equals itself.
  public static func == (a: Node, b: Node) -> Bool {
    a.name == b.name && a.operands == b.operands && a.results == b.results
      && a.ranges == b.ranges
      && (a.op == b.op || a.op.regions.isEmpty && a.op.text == b.op.text)
  }
}

extension Constant: Equatable {
  /// Whether the content is the same, bit for bit.
  ///
  /// Elements equal a reference that has their checksum: a printed graph that is read back equals
  /// the graph that was printed. What is written in different forms otherwise differs.
  public static func == (a: Constant, b: Constant) -> Bool {
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)), (.splat(let x), .splat(let y)): x == y
    case (.random(let x), .random(let y)): x == y
    case (.reference(let x), .reference(let y)): x == y
    case (.tensor(let tensor), .reference(let checksum)),
      (.reference(let checksum), .tensor(let tensor)):
      CRC32C.checksum(tensor.bytes) == checksum
    default: false
    }
  }
}

extension Graph: Equatable {
  /// Whether names, nodes, inputs, outputs and all values that they refer to are equal.
  public static func == (a: Graph, b: Graph) -> Bool {
    guard a.name == b.name, a.inputs == b.inputs, a.outputs == b.outputs, a.nodes == b.nodes
    else { return false }
    for (index, isUsed) in a.usedValues().enumerated() where isUsed {
      guard index < b.values.count, a.values[index] == b.values[index] else { return false }
    }
    return true
  }

  /// Whether something refers to each value, indexed by `ValueID`: an input, an output or a node.
  public func usedValues() -> [Bool] {
    var used = [Bool](repeating: false, count: values.count)
    func mark(_ id: ValueID) { if id.index < used.count { used[id.index] = true } }
    inputs.forEach(mark)
    outputs.forEach(mark)
    for node in nodes {
      for case let operand? in node.operands { mark(operand) }
      node.results.forEach(mark)
    }
    return used
  }
}
