/// A bound on the cost of a flow graph on a grid, which sees that not all nodes can be near each other.
///
/// Hops obey the triangle inequality. So if demands between any two nodes can be routed along the flows,
/// all at once and none with more than its bytes, then the flows cost at least what the demands
/// would cost if each went straight: a flow of b bytes over h hops pays for h hops of each of the b bytes of
/// demands that pass it, and the hops along a demand's way are at least those between its ends. No byte
/// of a flow is counted twice, since the demands share it. So the demands may be split into parts, and what each part
/// needs at least adds up, wherever the nodes are:
///
/// - What goes from a node to others costs least with the largest nearest; as every node has a place
///   of its own, an assignment of nodes to places gives the least sum over all nodes (Gilmore 1962, Lawler 1963).
/// - What goes evenly from two hubs to each of k other nodes, and from hub to hub, costs at least what it
///   does at the best two places and the k places that are best for these (`HubHops`): the nodes have k + 2
///   different places, over all choices of which that is the least. The layers of a network that is
///   spread over columns and replicas are full of nodes that share several neighbours.
///
/// Any demands give a bound. Good ones spread: from each hub, or each two, the same to each of the k
/// others that are nearest in the graph (spreading metrics; Even, Naor, Rao, Schieber, J. ACM 47, 2000). They are
/// packed into the flows by lengths that grow with use, those first whose ways are shortest for the hops that they
/// need (Garg, Könemann, SIAM J. Comput. 37, 2007; in rounds as Fleischer, SIAM J. Discrete Math. 13, 2000),
/// and scaled so that the flow with most has its bytes.
struct SpreadingBound {
  /// The most nodes, and the most places, for which it is computed.
  static let largest = 128
  /// The most pairs of hubs.
  private static let mostPairs = 512

  private let net: FlowNet
  private let hops: HubHops
  /// How long each flow is taken to be: the longer, the more of its bytes are in use.
  private var lengths: [Double]
  private var used: [Double]
  /// What goes from every node to every other, single hubs alone.
  private var demands: [Double]
  /// The least cost of what goes from pairs of hubs.
  private var pairCost = 0.0
  /// The shortest ways from every node, when they were last looked for.
  private var trees: [ShortestTree]
  /// Whether lengths have grown since.
  private var isOld: [Bool]

  /// The bound, or 0 where the graph is too large.
  static func value(of graph: FlowGraph, on terrain: Terrain) -> Int {
    guard terrain.isGrid, graph.count <= largest, terrain.count <= largest, !graph.flows.isEmpty
    else { return 0 }
    var bound = SpreadingBound(graph, terrain)
    bound.packDemands()
    // Costs are whole; what is taken off is far more than rounding errors.
    return Int((bound.leastCost * (1 - 1e-9)).rounded(.up))
  }

  private init(_ graph: FlowGraph, _ terrain: Terrain) {
    net = FlowNet(graph)
    hops = HubHops(terrain)
    lengths = net.bytes.map { 1 / $0 }
    used = Array(repeating: 0, count: net.bytes.count)
    demands = Array(repeating: 0, count: graph.count * graph.count)
    trees = Array(repeating: ShortestTree(count: graph.count), count: graph.count)
    isOld = Array(repeating: true, count: graph.count)
    for root in 0..<graph.count { growTree(from: root) }
  }

  /// One or two hubs.
  private struct Hubs {
    var first: Int
    var second: Int?
    var nodes: [Int] { [first] + (second.map { [$0] } ?? []) }
    /// The least that the length of the best demand can be. As lengths only grow, what it once was holds.
    var length = 0.0
  }

  /// An even demand from one or two hubs to others.
  private struct Demand {
    /// How long the ways are for each hop that they need.
    var length = Double.infinity
    var others: ArraySlice<Int> = []
    /// How often it also goes from hub to hub.
    var weight = 0
    /// The hops that it needs.
    var hops = 0.0
  }

  /// All single hubs, and the pairs that flow to each other or to common neighbours, those with most
  /// bytes in common first.
  private var candidates: [Hubs] {
    let count = net.count
    var between = [Double](repeating: 0, count: count * count)
    for (ends, bytes) in zip(net.ends, net.bytes) {
      between[ends.a * count + ends.b] = bytes
      between[ends.b * count + ends.a] = bytes
    }
    var pairs: [(first: Int, second: Int, common: Double)] = []
    for first in 0..<count {
      for second in first + 1..<count {
        let common = (0..<count).reduce(between[first * count + second]) {
          $0 + min(between[first * count + $1], between[second * count + $1])
        }
        if common > 0 { pairs.append((first, second, common)) }
      }
    }
    pairs.sort { ($1.common, $0.first, $0.second) < ($0.common, $1.first, $1.second) }
    return (0..<count).filter { !net.flows[$0].isEmpty }.map { Hubs(first: $0) }
      + pairs.prefix(Self.mostPairs).map { Hubs(first: $0.first, second: $0.second) }
  }

  /// By how much a flow grows when all of its bytes are used.
  private static let growth = 0.1
  /// By how much longer ways than the shortest are used in the same round.
  private static let margin = 0.1
  /// Enough for nearly all bytes of a network to be in use.
  private static let rounds = 256

  /// Packs demands, the shortest first, until every flow is long.
  private mutating func packDemands() {
    var hubs = candidates
    for index in hubs.indices { hubs[index].length = shortest(from: hubs[index]).length }
    guard var limit = hubs.map(\.length).min(), limit < .infinity else { return }
    for _ in 0..<Self.rounds {
      let longest = limit * (1 + Self.margin)
      for index in hubs.indices where hubs[index].length <= longest {
        while true {
          var demand = shortest(from: hubs[index])
          if demand.length <= longest && hubs[index].nodes.contains(where: { isOld[$0] }) {
            for node in hubs[index].nodes { growTree(from: node) }
            demand = shortest(from: hubs[index])
          }
          hubs[index].length = demand.length
          if demand.length > longest { break }
          send(demand, from: hubs[index])
        }
      }
      limit = longest
    }
  }

  private mutating func growTree(from root: Int) {
    guard isOld[root] else { return }
    trees[root].grow(from: root, in: net, lengths: lengths)
    isOld[root] = false
  }

  /// The demand from `hubs` to a number of the nodes nearest to them whose ways are shortest for the hops that it
  /// needs, by the trees at hand.
  private func shortest(from hubs: Hubs) -> Demand {
    let first = trees[hubs.first]
    guard let second = hubs.second else {
      return Self.shortest(to: first.order.dropFirst(), first.distances, needs: hops.fromOne)
    }
    let sums = zip(first.distances, trees[second].distances).map { $0 + $1 }
    let others = first.order.filter { $0 != hubs.first && $0 != second }
      .sorted { (sums[$0], $0) < (sums[$1], $1) }
    var best = Demand()
    for weight in HubHops.weights {
      let demand = Self.shortest(
        to: others[...], sums, ahead: Double(weight) * first.distances[second],
        needs: hops.fromTwo[weight])
      if demand.length < best.length {
        best = demand
        best.weight = weight
      }
    }
    return best
  }

  /// Of the demands to the first `others`, whose ways are of these lengths beside what is `ahead`, the one
  /// that is shortest for the hops that it needs, which are `needs` by the number of others.
  private static func shortest(
    to others: ArraySlice<Int>, _ lengths: [Double], ahead: Double = 0, needs: [Double]
  ) -> Demand {
    var best = Demand()
    var length = ahead
    for (index, node) in others.enumerated() {
      length += lengths[node]
      if length < best.length * needs[index + 1] {
        best.length = length / needs[index + 1]
        best.others = others.prefix(index + 1)
        best.hops = needs[index + 1]
      }
    }
    return best
  }

  /// Sends as much of `demand` as the fullest flow takes.
  private mutating func send(_ demand: Demand, from hubs: Hubs) {
    var load = [Double](repeating: 0, count: lengths.count)
    var amounts = [Double](repeating: 0, count: net.count)
    for node in demand.others { amounts[node] = 1 }
    if let second = hubs.second {
      trees[second].route(amounts, in: net, adding: &load)
      amounts[second] = Double(demand.weight)
    }
    trees[hubs.first].route(amounts, in: net, adding: &load)
    let amount = zip(net.bytes, load).reduce(.infinity) {
      $1.1 > 0 ? min($0, $1.0 / $1.1) : $0
    }
    for (flow, load) in load.enumerated() where load > 0 {
      used[flow] += amount * load
      lengths[flow] *= 1 + Self.growth * amount * load / net.bytes[flow]
    }
    for node in isOld.indices { isOld[node] = true }
    if hubs.second != nil {
      pairCost += amount * demand.hops
    } else {
      for node in demand.others { demands[hubs.first * net.count + node] += amount }
    }
  }

  /// What the demands cost at least: those from single hubs with each node at a place of its own, and
  /// those from pairs.
  private var leastCost: Double {
    let count = net.count
    var scale = zip(used, net.bytes).reduce(0.0) { max($0, $1.0 / $1.1) }
    if scale == 0 { scale = 1 }
    var demands = demands.map { $0 / scale }
    for (flow, ends) in net.ends.enumerated() {
      // What is left of a flow goes straight.
      let rest = max(0, net.bytes[flow] - used[flow] / scale) / 2
      demands[ends.a * count + ends.b] += rest
      demands[ends.b * count + ends.a] += rest
    }
    let costs = (0..<count).map { node in
      let largest = demands[node * count..<(node + 1) * count].filter { $0 > 0 }.sorted(by: >)
      return hops.fromEach.map { zip(largest, $0).reduce(0.0) { $0 + $1.0 * $1.1 } }
    }
    return Assignment.leastSum(costs) + pairCost / scale
  }
}
