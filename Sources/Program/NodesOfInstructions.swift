extension Program {
  /// The nodes of the instructions of each stream, empty where no symbol names one.
  public var nodesOfInstructions: [[String]] {
    var nodes = streams.map { Array(repeating: "", count: $0.code.count) }
    for symbol in symbols where nodes.indices.contains(symbol.stream) {
      for number in symbol.instructions.clamped(to: nodes[symbol.stream].indices) {
        nodes[symbol.stream][number] = symbol.node
      }
    }
    return nodes
  }
}
