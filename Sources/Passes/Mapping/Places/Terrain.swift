import Chip

/// The places for the nodes of a flow graph, and what a byte costs between any two of them.
public struct Terrain: Sendable {
  /// How far places are from each other.
  private enum Distance: Sendable {
    /// Links between neighbours of a grid: the sum of the distances along rows and columns.
    case grid
    /// 0 where a link for partial sums goes from one to the other, else 1.
    case unlinked([Bool])
    /// The same for many places, by the links that there are: source · number of places + target.
    case unlisted(Set<Int>)
  }

  /// The most pairs of places of which each has an element of its own.
  private static let mostPairs = 1 << 24

  /// The rows of the grid of places.
  public let rows: Int
  /// The places in a row.
  public let columns: Int
  private let distance: Distance
  /// Whether each place has a link to a slice of the GDPU; empty where that costs nothing.
  private let isLinkedToSlice: [Bool]

  /// The number of places.
  public var count: Int { rows * columns }
  /// Whether a byte costs as many hops as it takes.
  var isGrid: Bool { if case .grid = distance { true } else { false } }

  /// A grid in which neighbours are linked.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    distance = .grid
    isLinkedToSlice = []
  }

  /// The cores of `chip`: hops on a mesh, else whether there is a link.
  public init(_ chip: Chip) {
    rows = chip.cores.rows
    columns = chip.cores.columns
    switch chip.links.topology {
    case .mesh:
      distance = .grid
      isLinkedToSlice = []
    case .all:
      distance = .unlinked([])
      isLinkedToSlice = []
    case .listed(let list):
      let count = rows * columns
      let links = (0..<count).flatMap { source in
        list.partialSumTargets(of: CoreID(source)).map { source * count + $0.index }
      }
      if count * count > Self.mostPairs {
        distance = .unlisted(Set(links))
      } else {
        var isLinked = [Bool](repeating: false, count: count * count)
        for link in links { isLinked[link] = true }
        distance = .unlinked(isLinked)
      }
      isLinkedToSlice = (0..<count).map { !chip.gdpuSlices(fedBy: CoreID($0)).isEmpty }
    }
  }

  /// What a byte from `a` to `b` costs.
  @inline(__always)
  public func cost(from a: Int, to b: Int) -> Int {
    switch distance {
    case .grid:
      abs(a / columns - b / columns) + abs(a % columns - b % columns)
    case .unlinked(let isLinked):
      a == b || !(isLinked.isEmpty || isLinked[a * count + b]) ? 1 : 0
    case .unlisted(let links): a == b || !links.contains(a * count + b) ? 1 : 0
    }
  }

  /// What a byte from `place` to a slice of the GDPU costs: 0 where there is a link, else 1.
  @inline(__always)
  func sliceCost(from place: Int) -> Int {
    isLinkedToSlice.isEmpty || isLinkedToSlice[place] ? 0 : 1
  }

  /// The cost of all flows of `graph` with its nodes at `places`.
  public func cost(of graph: FlowGraph, at places: [Int]) -> Int {
    let between = graph.flows.reduce(0) {
      $0 + $1.bytes * cost(from: places[$1.source], to: places[$1.target])
    }
    return zip(graph.sliceBytes, places).reduce(between) { $0 + $1.0 * sliceCost(from: $1.1) }
  }

  /// All places, rows alternating in direction, so that neighbours on the path are neighbours in the grid.
  public var windingPath: [Int] {
    (0..<rows).flatMap { row in
      (0..<columns).map { row * columns + (row % 2 == 0 ? $0 : columns - 1 - $0) }
    }
  }

  /// The most places that any place has within each distance: `[0]` for distance 1.
  func mostPlacesWithin() -> [Int] {
    // The ball around a place in the middle is the largest.
    let middle = (rows / 2, columns / 2)
    var counts = [Int](repeating: 0, count: max(rows + columns - 2, 1))
    for row in 0..<rows {
      for column in 0..<columns {
        let distance = abs(row - middle.0) + abs(column - middle.1)
        if distance > 0 { counts[distance - 1] += 1 }
      }
    }
    for index in counts.indices.dropFirst() { counts[index] += counts[index - 1] }
    return counts
  }

  /// A bound on the cost of `graph` wherever its nodes are.
  ///
  /// On a grid, a node has at most 4 others at distance 1, 8 more at distance 2 and so on, fewer where the
  /// grid ends; its flows cost least with the largest nearest. The sum over all nodes counts every
  /// flow twice. Otherwise 0: any chip may have the links.
  public func bound(of graph: FlowGraph) -> Int {
    guard isGrid else { return 0 }
    let within = mostPlacesWithin()
    var sum = 0
    for node in 0..<graph.count {
      var bytes: [Int: Int] = [:]
      for other in graph.neighbours(of: node) { bytes[other.node, default: 0] += other.bytes }
      var distance = 1
      for (index, weight) in bytes.values.sorted(by: >).enumerated() {
        while distance < within.count && index >= within[distance - 1] { distance += 1 }
        sum += weight * distance
      }
    }
    return (sum + 1) / 2
  }

  /// The largest bound that is known on the cost of `graph`, for places where it is `cost`.
  /// It takes a fraction of a second for 64 nodes.
  public func tightBound(of graph: FlowGraph, atMost cost: Int) -> Int {
    let bound = bound(of: graph)
    return bound >= cost ? bound : max(bound, SpreadingBound.value(of: graph, on: self))
  }
}

extension Terrain {
  /// The bytes on every link between neighbours, each flow routed along the row of its source, then along
  /// the column of its target; and the bound on the largest: of every straight cut through the grid, what
  /// passes it in one direction spread evenly over its links.
  public func linkLoads(of graph: FlowGraph, at places: [Int]) -> (worst: Int, bound: Int) {
    // Prefix sums along rows and columns: a route adds at its two ends only.
    var right = [Int](repeating: 0, count: rows * (columns + 1))
    var left = right
    var down = [Int](repeating: 0, count: columns * (rows + 1))
    var up = down
    for flow in graph.flows {
      let (a, b) = (places[flow.source], places[flow.target])
      let (rowA, columnA, rowB, columnB) = (a / columns, a % columns, b / columns, b % columns)
      if columnB > columnA {
        right[rowA * (columns + 1) + columnA] += flow.bytes
        right[rowA * (columns + 1) + columnB] -= flow.bytes
      } else if columnB < columnA {
        left[rowA * (columns + 1) + columnB] += flow.bytes
        left[rowA * (columns + 1) + columnA] -= flow.bytes
      }
      if rowB > rowA {
        down[columnB * (rows + 1) + rowA] += flow.bytes
        down[columnB * (rows + 1) + rowB] -= flow.bytes
      } else if rowB < rowA {
        up[columnB * (rows + 1) + rowB] += flow.bytes
        up[columnB * (rows + 1) + rowA] -= flow.bytes
      }
    }
    var worst = 0
    var bound = 0
    for (loads, lines, length) in [
      (right, rows, columns), (left, rows, columns), (down, columns, rows), (up, columns, rows),
    ] {
      var cuts = [Int](repeating: 0, count: length + 1)
      for line in 0..<lines {
        var load = 0
        for position in 0...length {
          load += loads[line * (length + 1) + position]
          worst = max(worst, load)
          cuts[position] += load
        }
      }
      bound = max(bound, cuts.map { ($0 + lines - 1) / max(lines, 1) }.max() ?? 0)
    }
    return (worst, bound)
  }
}
