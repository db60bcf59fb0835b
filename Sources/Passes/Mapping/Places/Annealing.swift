/// Improves the places of a flow graph's nodes by simulated annealing: a step swaps a node with
/// another or moves it to a free place, and its cost is that of the flows of these two.
///
/// Costs are integers and random numbers the same everywhere, so the outcome is too.
struct Annealing {
  private let graph: FlowGraph
  private let terrain: Terrain
  private let distances: Distances
  /// The nodes that may move.
  private let movable: [Int]
  private let isFixed: [Bool]
  /// The other ends of the flows of each node, those of a node together.
  private let ends: [End]
  private let starts: [Int]
  /// The place of every node.
  private(set) var places: [Int]
  /// The node at every place, −1 for none.
  private var occupants: [Int]
  /// What the flows cost, by the measure.
  private(set) var cost: Int
  private var random: RandomNumbers

  /// The other end of a flow.
  private struct End {
    var node: Int
    var bytes: Int
    /// Whether it receives; where distances are the same both ways, it always does.
    var receives: Bool
  }

  /// What a run makes small.
  enum Measure {
    /// What flows cost.
    case cost
    /// The square of what a byte costs, times the root of the bytes of each flow: the few long flows
    /// at which two good regions of a grid do not match count for more than the many short ones.
    case square
  }

  /// Begins with the nodes at `places`; those in `fixed` stay there.
  init(
    _ graph: FlowGraph, on terrain: Terrain, places: [Int], fixed: Set<Int> = [], seed: UInt64,
    measure: Measure = .cost
  ) {
    self.graph = graph
    self.terrain = terrain
    distances = Distances(terrain, measure)
    self.places = places
    isFixed = (0..<graph.count).map(fixed.contains)
    movable = (0..<graph.count).filter {
      !fixed.contains($0) && (!graph.neighbours(of: $0).isEmpty || graph.sliceBytes[$0] > 0)
    }
    var ends: [End] = []
    var starts = [0]
    for node in 0..<graph.count {
      for other in graph.neighbours(of: node) {
        ends.append(
          End(
            node: other.node,
            bytes: measure == .cost
              ? other.bytes : Int(16 * Double(other.bytes).squareRoot()),
            receives: terrain.isGrid || other.receives))
      }
      starts.append(ends.count)
    }
    self.ends = ends
    self.starts = starts
    occupants = Array(repeating: -1, count: terrain.count)
    for (node, place) in places.enumerated() { occupants[place] = node }
    cost = 0
    random = RandomNumbers(seed: seed)
    cost = total
  }

  /// What the flows cost.
  private var total: Int {
    var sum = 0
    for node in 0..<graph.count {
      for index in starts[node]..<starts[node + 1] {
        let (own, other) = (places[node], places[ends[index].node])
        sum +=
          ends[index].bytes
          * (ends[index].receives ? distances[own, other] : distances[other, own])
      }
    }
    // Every flow was met at both of its ends.
    return zip(graph.sliceBytes, places).reduce(sum / 2) {
      $0 + $1.0 * terrain.sliceCost(from: $1.1)
    }
  }

  /// The number of steps that a graph of `count` nodes gets: enough that ten times as many gain
  /// little, in a time that grows with the graph.
  static func steps(for count: Int) -> Int {
    count <= 512 ? max(100_000, 10_000 * count) : 200 * count
  }

  /// Goes through `steps` steps while the temperature falls, and ends at the best places met, which
  /// no swap of two nodes improves.
  ///
  /// `heat` is what it begins with, in mean changes of random steps: with little, the start is improved
  /// rather than melted.
  mutating func run(steps: Int, heat: Double) {
    guard !movable.isEmpty, terrain.count > 1 else { return }
    let epochs = 240
    var temperature = startingTemperature * heat
    let last = startingTemperature * 0.004
    let factor = Self.root(of: min(1, last / max(temperature, 1e-9)), epochs)
    var best = (cost: cost, places: places)
    for _ in 0..<epochs {
      for _ in 0..<max(1, steps / epochs) {
        guard let (node, place) = proposal() else { continue }
        let delta = delta(moving: node, to: place)
        if delta <= 0 || Double(delta) < temperature * random.nextExponential() {
          move(node, to: place)
          cost += delta
        }
      }
      if cost < best.cost { best = (cost, places) }
      temperature *= factor
    }
    descend()
    if best.cost < cost {
      (cost, places) = best
      occupants = Array(repeating: -1, count: terrain.count)
      for (node, place) in places.enumerated() { occupants[place] = node }
      descend()
    }
  }

  /// The `degree`th root of a number in 0 ... 1, by bisection of products.
  private static func root(of value: Double, _ degree: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      var power = 1.0
      for _ in 0..<degree { power *= middle }
      if power < value { low = middle } else { high = middle }
    }
    return high
  }

  /// Moves each node to the place that lowers the cost most, as long as any does.
  private mutating func descend() {
    guard graph.count <= 512 else { return }
    var hasMoved = true
    while hasMoved {
      hasMoved = false
      for node in movable {
        var best = (delta: 0, place: -1)
        for place in 0..<terrain.count where place != places[node] {
          if occupants[place] >= 0 && isFixed[occupants[place]] { continue }
          let delta = delta(moving: node, to: place)
          if delta < best.delta { best = (delta, place) }
        }
        if best.place >= 0 {
          move(node, to: best.place)
          cost += best.delta
          hasMoved = true
        }
      }
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

  /// A node, and a place for it: next to a node that it exchanges bytes with, next to where it is, or anywhere.
  private mutating func proposal() -> (node: Int, place: Int)? {
    let node = movable[random.next(below: movable.count)]
    let choice = random.next()
    let place: Int
    switch choice & 7 {
    case 0: place = random.next(below: terrain.count)
    default:
      let centre: Int
      if choice & 7 < 5 && starts[node] < starts[node + 1] {
        let first = starts[node]
        centre = places[ends[first + random.next(below: starts[node + 1] - first)].node]
      } else {
        centre = places[node]
      }
      let isDiagonal = choice & 0x300 == 0
      let (down, right) = Self.near[Int(truncatingIfNeeded: choice >> 16) & (isDiagonal ? 7 : 3)]
      let (row, column) = (distances.row[centre] + down, distances.column[centre] + right)
      guard row >= 0, row < terrain.rows, column >= 0, column < terrain.columns else { return nil }
      place = row * terrain.columns + column
    }
    let occupant = occupants[place]
    return place == places[node] || (occupant >= 0 && isFixed[occupant]) ? nil : (node, place)
  }

  private static let near = [
    (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1),
  ]

  /// The change of the cost if `node` went to `place`, and who is there to where `node` is.
  private func delta(moving node: Int, to place: Int) -> Int {
    let old = places[node]
    let occupant = occupants[place]
    let slice = terrain.sliceCost(from: place) - terrain.sliceCost(from: old)
    var delta =
      slice * (graph.sliceBytes[node] - (occupant >= 0 ? graph.sliceBytes[occupant] : 0))
    for index in starts[node]..<starts[node + 1] {
      let end = ends[index]
      // Who is there will be where the node was.
      let other = places[end.node]
      let after = end.node == occupant ? old : other
      delta +=
        end.bytes
        * (end.receives
          ? distances[place, after] - distances[old, other]
          : distances[after, place] - distances[other, old])
    }
    guard occupant >= 0 else { return delta }
    for index in starts[occupant]..<starts[occupant + 1] {
      let end = ends[index]
      if end.node == node { continue }
      let other = places[end.node]
      delta +=
        end.bytes
        * (end.receives
          ? distances[old, other] - distances[place, other]
          : distances[other, old] - distances[other, place])
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

/// What a byte costs between any two places: a table where it is small.
private struct Distances {
  /// The row and the column of every place.
  let row: [Int]
  let column: [Int]
  private let count: Int
  private let table: [Int32]
  private let terrain: Terrain
  private let isSquared: Bool

  init(_ terrain: Terrain, _ measure: Annealing.Measure) {
    self.terrain = terrain
    isSquared = measure == .square
    count = terrain.count
    let count = terrain.count
    row = (0..<count).map { $0 / terrain.columns }
    column = (0..<count).map { $0 % terrain.columns }
    let isSquared = isSquared
    table =
      count > 1024
      ? []
      : (0..<count * count).map {
        let distance = Int32(terrain.cost(from: $0 / count, to: $0 % count))
        return isSquared ? distance * distance : distance
      }
  }

  @inline(__always)
  subscript(a: Int, b: Int) -> Int {
    if !table.isEmpty { return Int(table[a * count + b]) }
    guard terrain.isGrid else { return terrain.cost(from: a, to: b) }
    let distance = abs(row[a] - row[b]) + abs(column[a] - column[b])
    return isSquared ? distance * distance : distance
  }
}
