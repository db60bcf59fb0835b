import Basics

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
  /// the graph asks for), on a small grid several times in two runs, of which the first untangles the
  /// graph, and on from the best of these for some generations. It does so again with other random numbers while `isTimeLeft` says so, and goes for up to 9
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
    let search = Search(
      graph: graph, terrain: terrain, fixed: Set(fixed.keys),
      steps: steps ?? Annealing.steps(for: graph.count))
    func consider(_ places: [Int]) {
      let cost = terrain.cost(of: graph, at: places)
      if cost < best.cost { best = Arrangement(places: places, cost: cost, isOptimal: false) }
    }
    var shapes: [[Int]]?
    var round: UInt64 = 0
    repeat {
      if best.cost <= bound { break }
      let seed = seed &+ round &* 0x9E37_79B9
      round += 1
      consider(search.places(from: start, heat: graph.count <= 512 ? 1 : 0.02, seed: seed))
      guard best.cost > bound, terrain.isGrid, fixed.isEmpty else { continue }
      let starts =
        shapes
        ?? SpectralStart.Shape.allCases.filter { graph.count <= SpectralStart.largestGraph($0) }
        .map { SpectralStart.places(of: graph, on: terrain, after: $0) }
      shapes = starts
      for start in starts where best.cost > bound {
        consider(search.places(from: start, heat: 0.1, seed: seed))
      }
      guard best.cost > bound, let last = starts.last else { continue }
      for places in search.bred(from: last, seed: seed) { consider(places) }
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

/// Runs of simulated annealing for one graph.
private struct Search {
  let graph: FlowGraph
  let terrain: Terrain
  let fixed: Set<Int>
  var steps: Int

  /// How many untangling runs a graph of `count` nodes gets: the smaller it is, the less each takes.
  private static func repeats(for count: Int) -> Int {
    count <= ExactPlaces.largestGraph
      ? 2 : count <= bredUpTo ? 24 : count <= 128 ? 4 : count <= 512 ? 1 : 0
  }

  /// The most nodes for which places are bred.
  private static let bredUpTo = 64
  private static let generations = 8
  /// The places of a generation that the next descends from, and how many from each.
  private static let parents = 8
  private static let children = 2

  /// The places that several untangling runs from `start` find, and in a small graph the best of those that descend
  /// from them in short runs that change less, which find better ones than as many steps of new runs, or of
  /// longer ones.
  func bred(from start: [Int], seed: UInt64) -> [[Int]] {
    let isBred = ExactPlaces.largestGraph + 1...Self.bredUpTo ~= graph.count
    var search = self
    if isBred { search.steps /= 4 }
    var found = mappedInParallel(Self.repeats(for: graph.count), cost: .max) {
      search.untangledPlaces(from: start, seed: seed &+ UInt64($0))
    }
    guard isBred else { return found }
    for generation in 1...Self.generations {
      found = differing(found)
      let parents = found
      found += mappedInParallel(parents.count * Self.children, cost: .max) {
        search.places(
          from: parents[$0 / Self.children], heat: 0.1,
          seed: seed &+ UInt64(1000 * generation + $0))
      }
    }
    return found
  }

  /// The best of some places, each with a cost of its own: those of the same cost are most often the same, turned.
  private func differing(_ found: [[Int]]) -> [[Int]] {
    let costs = found.map { terrain.cost(of: graph, at: $0) }
    var best: [Int] = []
    for index in found.indices.sorted(by: { (costs[$0], $0) < (costs[$1], $1) })
    where best.last.map({ costs[$0] < costs[index] }) ?? true {
      best.append(index)
    }
    return best.prefix(Self.parents).map { found[$0] }
  }

  /// Places that cost less than those at `start`, if any are found.
  func places(from start: [Int], heat: Double, seed: UInt64) -> [Int] {
    var annealing = Annealing(graph, on: terrain, places: start, fixed: fixed, seed: seed)
    annealing.run(steps: steps, heat: heat)
    return annealing.places
  }

  /// The same, by way of places at which no flow is long.
  func untangledPlaces(from start: [Int], seed: UInt64) -> [Int] {
    var annealing = Annealing(
      graph, on: terrain, places: start, fixed: fixed, seed: seed, measure: .square)
    annealing.run(steps: steps, heat: 0.4)
    return places(from: annealing.places, heat: 0.06, seed: seed)
  }
}
