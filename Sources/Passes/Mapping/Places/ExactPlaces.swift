/// The best places of a small flow graph, by branch and bound.
struct ExactPlaces {
  /// The most nodes for which all places are searched.
  static let largestGraph = 9

  private let graph: FlowGraph
  private let terrain: Terrain
  /// The nodes in the order in which they are placed: each after most of those it exchanges bytes with.
  private var order: [Int] = []
  private var places: [Int]
  private var isTaken: [Bool]
  private var steps: Int
  private(set) var best: (cost: Int, places: [Int])
  /// Whether the search was ended by its limit.
  private(set) var isCut = false

  /// Searches for places that cost less than `start`, for at most `limit` steps.
  init(_ graph: FlowGraph, on terrain: Terrain, start: [Int], limit: Int = 3_000_000) {
    self.graph = graph
    self.terrain = terrain
    places = Array(repeating: -1, count: graph.count)
    isTaken = Array(repeating: false, count: terrain.count)
    steps = limit
    best = (terrain.cost(of: graph, at: start), start)
    var pulled = [Int](repeating: 0, count: graph.count)
    var isOrdered = [Bool](repeating: false, count: graph.count)
    for _ in 0..<graph.count {
      let total = (0..<graph.count).map { node in
        graph.neighbours(of: node).reduce(0) { $0 + $1.bytes }
      }
      let next = (0..<graph.count).filter { !isOrdered[$0] }
        .max { (pulled[$0], total[$0], $1) < (pulled[$1], total[$1], $0) }!
      isOrdered[next] = true
      order.append(next)
      for flow in graph.neighbours(of: next) { pulled[flow.node] += flow.bytes }
    }
    search(depth: 0, cost: 0)
  }

  private mutating func search(depth: Int, cost: Int) {
    guard depth < order.count else {
      if cost < best.cost { best = (cost, places) }
      return
    }
    guard cost + rest(from: depth) < best.cost else { return }
    let node = order[depth]
    for place in 0..<terrain.count where !isTaken[place] {
      // A grid looks the same from all four sides.
      if depth == 0 && terrain.isGrid
        && (2 * (place / terrain.columns) > terrain.rows
          || 2 * (place % terrain.columns) > terrain.columns)
      {
        continue
      }
      guard steps > 0 else {
        isCut = true
        return
      }
      steps -= 1
      places[node] = place
      isTaken[place] = true
      var added = graph.sliceBytes[node] * terrain.sliceCost(from: place)
      for flow in graph.neighbours(of: node) where places[flow.node] >= 0 {
        added += flow.bytes * self.cost(place, places[flow.node], flow.receives)
      }
      if cost + added < best.cost { search(depth: depth + 1, cost: cost + added) }
      isTaken[place] = false
      places[node] = -1
    }
  }

  /// A bound on what the nodes from `depth` on add: each at the place where it costs least with those that
  /// are placed, and at one hop from those that are not.
  private func rest(from depth: Int) -> Int {
    var sum = 0
    for node in order[depth...] {
      var least = Int.max
      let flows = graph.neighbours(of: node)
      for place in 0..<terrain.count where !isTaken[place] {
        var cost = graph.sliceBytes[node] * terrain.sliceCost(from: place)
        for flow in flows where places[flow.node] >= 0 {
          cost += flow.bytes * self.cost(place, places[flow.node], flow.receives)
        }
        least = min(least, cost)
        if least == 0 { break }
      }
      sum += least
      if terrain.isGrid {
        sum += flows.reduce(0) { $0 + (places[$1.node] < 0 && $1.receives ? $1.bytes : 0) }
      }
    }
    return sum
  }

  private func cost(_ own: Int, _ other: Int, _ receives: Bool) -> Int {
    receives ? terrain.cost(from: own, to: other) : terrain.cost(from: other, to: own)
  }
}
