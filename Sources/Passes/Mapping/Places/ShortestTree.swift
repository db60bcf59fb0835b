/// Flows as undirected edges that have lengths, and the flows of every node.
struct FlowNet {
  /// The number of nodes.
  let count: Int
  /// The two ends of each flow, both directions together.
  private(set) var ends: [(a: Int, b: Int)] = []
  /// The bytes of each flow.
  private(set) var bytes: [Double] = []
  /// The flows of every node.
  private(set) var flows: [[Int]]

  init(_ graph: FlowGraph) {
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
  }

  /// The other end of `flow` than `node`.
  @inline(__always)
  func end(of flow: Int, beyond node: Int) -> Int { ends[flow].a ^ ends[flow].b ^ node }
}

/// The shortest ways from a root to all nodes that flows lead to.
struct ShortestTree {
  /// The lengths of the ways, infinite where there is none.
  private(set) var distances: [Double]
  /// The nodes in the order of their distances, the root first.
  private(set) var order: [Int] = []
  /// The last flow on the way to each node.
  private var parents: [Int]
  private var isReached: [Bool]

  init(count: Int) {
    distances = Array(repeating: .infinity, count: count)
    parents = Array(repeating: -1, count: count)
    isReached = Array(repeating: false, count: count)
  }

  /// Grows the tree anew from `root`, with these lengths of the flows of `net`.
  mutating func grow(from root: Int, in net: FlowNet, lengths: [Double]) {
    for node in 0..<net.count {
      distances[node] = .infinity
      isReached[node] = false
    }
    distances[root] = 0
    order.removeAll(keepingCapacity: true)
    while true {
      var next = -1
      var distance = Double.infinity
      for node in 0..<net.count where !isReached[node] && distances[node] < distance {
        (next, distance) = (node, distances[node])
      }
      guard next >= 0 else { return }
      isReached[next] = true
      order.append(next)
      for flow in net.flows[next] {
        let other = net.end(of: flow, beyond: next)
        if !isReached[other] && distance + lengths[flow] < distances[other] {
          distances[other] = distance + lengths[flow]
          parents[other] = flow
        }
      }
    }
  }

  /// Adds to `load` what each flow carries where as much as `demands` goes from the root to each node.
  func route(_ demands: [Double], in net: FlowNet, adding load: inout [Double]) {
    var beyond = demands
    for node in order.dropFirst().reversed() where beyond[node] > 0 {
      let flow = parents[node]
      load[flow] += beyond[node]
      beyond[net.end(of: flow, beyond: node)] += beyond[node]
    }
  }
}
