import IR

/// The parts that a node finds, as many as elements say, on their way through a graph.
struct FoundParts {
  /// The node, and its result.
  let node: NodeID
  let result: ValueID
  /// Along which dimension of the result they lie.
  let axis: Int
  /// Why they do not reach the outputs one by one; `nil` if they do.
  let obstacle: String?
  /// The outputs that do not depend on them.
  let others: [ValueID]

  private let following: BatchFollowing

  /// Follows what a node of `graph` finds, whose results have sizes there.
  init(of id: NodeID, in graph: Graph) {
    let symbol = "·found"
    (node, result) = (id, graph[id].results[0])
    axis = if case .movement(.nonZero) = graph[id].op { 1 } else { 0 }
    var rest = graph
    rest.nodes.remove(at: id.index)
    rest[result].type.shape?[axis] = .symbol(symbol)
    rest.inputs.append(result)
    var following = BatchFollowing(rest, symbols: [symbol])
    obstacle =
      following.follow()
      ?? graph.outputs.lazy.compactMap { Self.obstacle(at: $0, of: graph, following) }.first
    self.following = following
    others = graph.outputs.filter { following.course(of: $0) == .free }
  }

  /// Along which dimension of a value they lie, one after the other; `nil` if they do not.
  func axis(of id: ValueID) -> Int? {
    if case .along(let axis) = following.course(of: id) { axis } else { nil }
  }

  private static func obstacle(
    at output: ValueID, of graph: Graph, _ following: BatchFollowing
  ) -> String? {
    let name = graph[output].name
    switch following.course(of: output) {
    case .free: return nil
    case .along(let axis) where following.isSingle(output, axis): return nil
    case .size: return "output \"\(name)\" is made of their number"
    case .along, .mixed:
      return following.obstacle(at: output) ?? "output \"\(name)\" has no dimension for them"
    }
  }
}
