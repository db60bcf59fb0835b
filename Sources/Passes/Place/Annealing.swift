/// Improves the places of a flow graph's nodes by simulated annealing: a step swaps a node with
/// another or moves it to a free place, and its cost is that of the flows of these two.
///
/// Costs are integers and random numbers the same everywhere, so the outcome is too.
struct Annealing {
  private let graph: FlowGraph
  private let terrain: Terrain
  /// The nodes that may move.
  private let movable: [Int]
  private let isFixed: [Bool]
  /// The place of every node.
  private(set) var places: [Int]
  /// The node at every place, −1 for none.
  private var occupants: [Int]
  /// The cost of the flows.
  private(set) var cost: Int
  private var random: RandomNumbers

  /// Begins with the nodes at `places`; those in `fixed` stay there.
  init(
    _ graph: FlowGraph, on terrain: Terrain, places: [Int], fixed: Set<Int> = [], seed: UInt64
  ) {
    self.graph = graph
    self.terrain = terrain
    self.places = places
    isFixed = (0..<graph.count).map(fixed.contains)
    movable = (0..<graph.count).filter {
      !fixed.contains($0) && (!graph.neighbours(of: $0).isEmpty || graph.sliceBytes[$0] > 0)
    }
    occupants = Array(repeating: -1, count: terrain.count)
    for (node, place) in places.enumerated() { occupants[place] = node }
    cost = terrain.cost(of: graph, at: places)
    random = RandomNumbers(seed: seed)
  }

  /// The number of steps that a graph of `count` nodes gets: enough that ten times as many gain
  /// little, in a time that grows with the graph.
  static func steps(for count: Int) -> Int {
    count <= 512 ? max(20_000, 4_000 * count) : 200 * count
  }

  /// Goes through `steps` steps while the temperature falls, and ends at the best places met.
  ///
  /// `heat` is what it begins with, in mean changes of random steps: with little, the start is improved
  /// rather than melted.
  mutating func run(steps: Int, heat: Double) {
    guard !movable.isEmpty, terrain.count > 1 else { return }
    let epochs = 120
    var temperature = startingTemperature * heat
    var best = (cost: cost, places: places)
    for epoch in 0..<epochs {
      let isLast = epoch >= epochs - 8
      for _ in 0..<max(1, steps / epochs) {
        guard let (node, place) = proposal() else { continue }
        let delta = delta(moving: node, to: place)
        if delta <= 0 || (!isLast && Double(delta) < temperature * random.nextExponential()) {
          move(node, to: place)
          cost += delta
          if cost < best.cost && (isLast || graph.count <= 512) { best = (cost, places) }
        }
      }
      temperature *= 0.92
    }
    if best.cost < cost {
      (cost, places) = best
      occupants = Array(repeating: -1, count: terrain.count)
      for (node, place) in places.enumerated() { occupants[place] = node }
    }
  }

  /// The mean change of random steps.
  private var startingTemperature: Double {
    var copy = self
    var sum = 0.0
    for _ in 0..<64 {
      if let (node, place) = copy.proposal() {
        sum += Double(copy.delta(moving: node, to: place).magnitude)
      }
    }
    return sum / 64
  }

  /// A node, and a place for it: next to a node that it exchanges bytes with, or anywhere.
  private mutating func proposal() -> (node: Int, place: Int)? {
    let node = movable[random.next(below: movable.count)]
    let choice = random.next()
    let place: Int
    let neighbours = graph.neighbours(of: node)
    if choice & 3 != 0 && !neighbours.isEmpty {
      let other = neighbours[neighbours.startIndex + random.next(below: neighbours.count)].node
      let (row, column) = (places[other] / terrain.columns, places[other] % terrain.columns)
      let near = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
      let step = near[Int(truncatingIfNeeded: choice >> 8) & (choice & 12 == 0 ? 7 : 3)]
      guard 0..<terrain.rows ~= row + step.0, 0..<terrain.columns ~= column + step.1 else {
        return nil
      }
      place = (row + step.0) * terrain.columns + column + step.1
    } else {
      place = random.next(below: terrain.count)
    }
    let occupant = occupants[place]
    return place == places[node] || (occupant >= 0 && isFixed[occupant]) ? nil : (node, place)
  }

  /// The change of the cost if `node` went to `place`, and who is there to where `node` is.
  private func delta(moving node: Int, to place: Int) -> Int {
    let old = places[node]
    let occupant = occupants[place]
    let slice = terrain.sliceCost(from: place) - terrain.sliceCost(from: old)
    var delta =
      slice * (graph.sliceBytes[node] - (occupant >= 0 ? graph.sliceBytes[occupant] : 0))
    for flow in graph.neighbours(of: node) {
      if flow.node == occupant {
        delta +=
          flow.bytes
          * (flow.receives
            ? terrain.cost(from: place, to: old) - terrain.cost(from: old, to: place)
            : terrain.cost(from: old, to: place) - terrain.cost(from: place, to: old))
      } else {
        let other = places[flow.node]
        delta +=
          flow.bytes
          * (flow.receives
            ? terrain.cost(from: place, to: other) - terrain.cost(from: old, to: other)
            : terrain.cost(from: other, to: place) - terrain.cost(from: other, to: old))
      }
    }
    guard occupant >= 0 else { return delta }
    for flow in graph.neighbours(of: occupant) where flow.node != node {
      let other = places[flow.node]
      delta +=
        flow.bytes
        * (flow.receives
          ? terrain.cost(from: old, to: other) - terrain.cost(from: place, to: other)
          : terrain.cost(from: other, to: old) - terrain.cost(from: other, to: place))
    }
    return delta
  }

  private mutating func move(_ node: Int, to place: Int) {
    let old = places[node]
    let occupant = occupants[place]
    places[node] = place
    occupants[place] = node
    occupants[old] = occupant
    if occupant >= 0 { places[occupant] = old }
  }
}
