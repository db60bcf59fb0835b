/// A bound on the cost of a flow graph on a grid, which sees that not all nodes can be near each other.
///
/// Hops obey the triangle inequality. So if demands between any two nodes can be routed along the flows,
/// all at once and none with more than its bytes, then the flows cost at least what the demands
/// would cost if each went straight. The demands are split into those from each node to
/// others, which cost least with the largest nearest; and as every node has a place of its own, an assignment
/// of nodes to places gives the least sum (Gilmore 1962, Lawler 1963). No byte of a flow is counted twice, since the
/// demands share it.
///
/// Any demands give a bound. Good ones spread: from a node the same to each of the k others that are nearest in the
/// graph, which need Σ hops of the k nearest places (spreading metrics; Even, Naor, Rao, Schieber, J. ACM
/// 47, 2000). They are packed into the flows by lengths that grow with use (Garg, Könemann, SIAM J. Comput.
/// 37, 2007), and scaled so that the flow with most has its bytes.
struct SpreadingBound {
  /// The most nodes, and the most places, for which it is computed.
  static let largest = 128

  private let count: Int
  /// The two ends of the flows, both directions together, and their bytes.
  private var ends: [(a: Int, b: Int)] = []
  private var bytes: [Double] = []
  /// The flows of every node.
  private var flows: [[Int]]
  /// The hops from each place to the others, ascending.
  private let hops: [[Double]]
  /// The fewest hops from any place to k others, by k.
  private let leastHops: [Double]
  /// How long each flow is taken to be: the longer, the more of its bytes are in use.
  private var lengths: [Double] = []
  private var used: [Double]
  /// From every node to every other.
  private var demands: [Double]
  /// The nodes in the order of their distance from a root, and the flow by which each is reached.
  private var order: [Int] = []
  private var parents: [Int]

  /// The bound, or 0 where the graph is too large.
  static func value(of graph: FlowGraph, on terrain: Terrain) -> Int {
    guard terrain.isGrid, graph.count <= largest, terrain.count <= largest, !graph.flows.isEmpty
    else { return 0 }
    var bound = SpreadingBound(graph, terrain)
    bound.packDemands(rounds: 256)
    // Costs are whole; what is taken off is far more than rounding errors.
    return Int((bound.assignment * (1 - 1e-9)).rounded(.up))
  }

  private init(_ graph: FlowGraph, _ terrain: Terrain) {
    count = graph.count
    flows = Array(repeating: [], count: count)
    let pairs = graph.flows
      .map { (a: min($0.source, $0.target), b: max($0.source, $0.target), bytes: $0.bytes) }
      .sorted { ($0.a, $0.b, $0.bytes) < ($1.a, $1.b, $1.bytes) }
    for pair in pairs {
      if let last = ends.last, last == (pair.a, pair.b) {
        bytes[bytes.count - 1] += Double(pair.bytes)
      } else {
        flows[pair.a].append(ends.count)
        flows[pair.b].append(ends.count)
        ends.append((pair.a, pair.b))
        bytes.append(Double(pair.bytes))
      }
    }
    let hops = (0..<terrain.count).map { place in
      (0..<terrain.count).filter { $0 != place }.map { Double(terrain.cost(from: place, to: $0)) }
        .sorted()
    }
    self.hops = hops
    var least = [Double](repeating: .infinity, count: terrain.count)
    least[0] = 0
    for row in hops {
      var sum = 0.0
      for (index, distance) in row.enumerated() {
        sum += distance
        least[index + 1] = min(least[index + 1], sum)
      }
    }
    leastHops = least
    lengths = bytes.map { 1 / $0 }
    used = Array(repeating: 0, count: bytes.count)
    demands = Array(repeating: 0, count: count * count)
    parents = Array(repeating: -1, count: count)
  }

  /// By how much a flow grows when all of its bytes are used.
  private static let growth = 0.1
  /// The most demands that follow each other from the same root.
  private static let repeats = 20

  /// Packs demands into the shortest trees until every flow is long.
  private mutating func packDemands(rounds: Int) {
    var limit = 0.0
    for _ in 0..<rounds {
      var least = Double.infinity
      for root in 0..<count where !flows[root].isEmpty {
        for _ in 0..<Self.repeats {
          let star = nearest(to: root)
          least = min(least, star.length)
          if star.length > limit * (1 + Self.growth) { break }
          send(from: root, to: star.count)
        }
      }
      limit = max(limit, least)
    }
  }

  /// The number of nodes nearest to `root` whose distances are shortest for the hops that they need, and the ratio
  /// of these.
  private mutating func nearest(to root: Int) -> (count: Int, length: Double) {
    var distances = [Double](repeating: .infinity, count: count)
    var isReached = [Bool](repeating: false, count: count)
    distances[root] = 0
    order.removeAll(keepingCapacity: true)
    var sum = 0.0
    var best = (count: 0, length: Double.infinity)
    while true {
      var next = -1
      var distance = Double.infinity
      for node in 0..<count where !isReached[node] && distances[node] < distance {
        (next, distance) = (node, distances[node])
      }
      guard next >= 0 else { return best }
      isReached[next] = true
      order.append(next)
      sum += distance
      let others = order.count - 1
      if others > 0 && sum < best.length * leastHops[others] {
        best = (others, sum / leastHops[others])
      }
      for flow in flows[next] {
        let other = ends[flow].a == next ? ends[flow].b : ends[flow].a
        if !isReached[other] && distance + lengths[flow] < distances[other] {
          distances[other] = distance + lengths[flow]
          parents[other] = flow
        }
      }
    }
  }

  /// Sends as much from `root` to each of its `others` nearest nodes as the fullest flow takes.
  private mutating func send(from root: Int, to others: Int) {
    var beyond = [Double](repeating: 0, count: count)
    var amount = Double.infinity
    for node in order[1...others].reversed() {
      let flow = parents[node]
      beyond[node] += 1
      beyond[ends[flow].a == node ? ends[flow].b : ends[flow].a] += beyond[node]
      amount = min(amount, bytes[flow] / beyond[node])
    }
    for node in order[1...others] {
      let flow = parents[node]
      used[flow] += amount * beyond[node]
      lengths[flow] *= 1 + Self.growth * amount * beyond[node] / bytes[flow]
      demands[root * count + node] += amount
    }
  }

  /// The least sum over all nodes of what their demands cost, each node at a place of its own.
  private var assignment: Double {
    var scale = zip(used, bytes).reduce(0.0) { max($0, $1.0 / $1.1) }
    if scale == 0 { scale = 1 }
    var demands = demands.map { $0 / scale }
    for (flow, ends) in ends.enumerated() {
      // What is left of a flow goes straight.
      let rest = max(0, bytes[flow] - used[flow] / scale) / 2
      demands[ends.a * count + ends.b] += rest
      demands[ends.b * count + ends.a] += rest
    }
    let costs = (0..<count).map { node in
      let largest = demands[node * count..<(node + 1) * count].filter { $0 > 0 }.sorted(by: >)
      return hops.map { zip(largest, $0).reduce(0.0) { $0 + $1.0 * $1.1 } }
    }
    return Self.leastAssignment(costs)
  }

  /// The least sum of one element a row, no two in the same column, by shortest augmenting paths; the sum is that of
  /// the dual variables.
  private static func leastAssignment(_ costs: [[Double]]) -> Double {
    let (rows, columns) = (costs.count, costs[0].count)
    var rowPrices = [Double](repeating: 0, count: rows)
    // Column 0 stands for the row that is being assigned.
    var columnPrices = [Double](repeating: 0, count: columns + 1)
    var owners = [Int](repeating: -1, count: columns + 1)
    for row in 0..<rows {
      owners[0] = row
      var column = 0
      var slack = [Double](repeating: .infinity, count: columns + 1)
      var previous = [Int](repeating: 0, count: columns + 1)
      var isUsed = [Bool](repeating: false, count: columns + 1)
      repeat {
        isUsed[column] = true
        let owner = owners[column]
        var next = (column: 0, slack: Double.infinity)
        for other in 1...columns where !isUsed[other] {
          let reduced = costs[owner][other - 1] - rowPrices[owner] - columnPrices[other]
          if reduced < slack[other] { (slack[other], previous[other]) = (reduced, column) }
          if slack[other] < next.slack { next = (other, slack[other]) }
        }
        for other in 0...columns {
          if isUsed[other] {
            rowPrices[owners[other]] += next.slack
            columnPrices[other] -= next.slack
          } else {
            slack[other] -= next.slack
          }
        }
        column = next.column
      } while owners[column] >= 0
      while column != 0 {
        owners[column] = owners[previous[column]]
        column = previous[column]
      }
    }
    return rowPrices.reduce(0, +) + columnPrices.dropFirst().reduce(0, +)
  }
}
