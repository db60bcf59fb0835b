/// Where the nodes of a flow graph are, and what is known of it.
public struct Arrangement: Sendable {
  /// The place of every node.
  public var places: [Int]
  /// The cost of all flows.
  public var cost: Int
  /// Whether no other places cost less: the bound is reached, or all were searched.
  public var isOptimal: Bool

  /// Looks for the places at which the flows of `graph` cost least.
  ///
  /// It begins with the nodes in their order along the winding path and, on a grid, with places after the shape
  /// of the graph, goes from each through simulated annealing of `steps` steps (by default as many as the size of
  /// the graph asks for), again with other random numbers while `isTimeLeft` says so, and for up to 9
  /// nodes through branch and bound. `fixed` gives nodes their places.
  public static func best(
    of graph: FlowGraph, on terrain: Terrain, fixed: [Int: Int] = [:], seed: UInt64 = 1,
    steps: Int? = nil, isTimeLeft: () -> Bool = { false }
  ) -> Arrangement {
    precondition(graph.count <= terrain.count, "every node has a place of its own")
    var start = Array(terrain.windingPath.prefix(graph.count))
    var occupants = [Int: Int](uniqueKeysWithValues: start.enumerated().map { ($1, $0) })
    for (node, place) in fixed.sorted(by: { $0.key < $1.key }) {
      let old = start[node]
      let other = occupants[place]
      start[node] = place
      occupants[place] = node
      occupants[old] = other
      if let other, other != node { start[other] = old }
    }
    let bound = terrain.bound(of: graph)
    var best = Arrangement(
      places: start, cost: terrain.cost(of: graph, at: start), isOptimal: false)
    var round: UInt64 = 0
    repeat {
      if best.cost <= bound { break }
      var starts = [(places: start, heat: graph.count <= 512 ? 1.0 : 0.02)]
      if terrain.isGrid && fixed.isEmpty && graph.count <= SpectralStart.largestGraph {
        starts.append((SpectralStart.places(of: graph, on: terrain), 0.15))
      }
      for start in starts where best.cost > bound {
        var search = Annealing(
          graph, on: terrain, places: start.places, fixed: Set(fixed.keys),
          seed: seed &+ round &* 0x9E37)
        search.run(steps: steps ?? Annealing.steps(for: graph.count), heat: start.heat)
        if search.cost < best.cost {
          best = Arrangement(places: search.places, cost: search.cost, isOptimal: false)
        }
        round += 1
      }
    } while isTimeLeft()
    if best.cost <= bound {
      best.isOptimal = true
    } else if graph.count <= ExactPlaces.largestGraph && fixed.isEmpty {
      let exact = ExactPlaces(graph, on: terrain, start: best.places)
      best = Arrangement(
        places: exact.best.places, cost: exact.best.cost, isOptimal: !exact.isCut)
    }
    return best
  }
}
