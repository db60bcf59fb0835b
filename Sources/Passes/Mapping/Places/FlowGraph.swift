/// Things to be placed, and how many bytes pass between any two of them.
public struct FlowGraph: Sendable {
  /// Bytes from one node to another.
  public struct Flow: Hashable, Sendable {
    /// The node that sends.
    public var source: Int
    /// The node that receives.
    public var target: Int
    /// The bytes of one inference.
    public var bytes: Int

    /// Creates a flow.
    public init(source: Int, target: Int, bytes: Int) {
      self.source = source
      self.target = target
      self.bytes = bytes
    }
  }

  /// The number of nodes.
  public let count: Int
  /// The flows between different nodes, in ascending order of source and target, each pair once.
  public let flows: [Flow]
  /// The bytes that each node sends to a slice of the GDPU.
  public let sliceBytes: [Int]

  /// One end of a flow, seen from the other.
  public struct Neighbour: Hashable, Sendable {
    /// The node at the other end.
    public var node: Int
    /// The bytes of one inference.
    public var bytes: Int
    /// Whether the other end receives.
    public var receives: Bool
  }

  /// The neighbours of all nodes, those of a node together.
  private let neighbours: [Neighbour]
  private let starts: [Int]

  /// Creates a graph of `count` nodes; flows of the same nodes add up, those from a node to itself count
  /// for nothing. `sliceBytes` are what each sends to a slice of the GDPU; by default nothing.
  public init(count: Int, flows: [Flow], sliceBytes: [Int]? = nil) {
    self.count = count
    self.sliceBytes = sliceBytes ?? Array(repeating: 0, count: count)
    var merged: [Flow] = []
    for flow in flows.sorted(by: { ($0.source, $0.target) < ($1.source, $1.target) })
    where flow.source != flow.target && flow.bytes > 0 {
      if let last = merged.last, last.source == flow.source, last.target == flow.target {
        merged[merged.count - 1].bytes += flow.bytes
      } else {
        merged.append(flow)
      }
    }
    self.flows = merged
    var degrees = [Int](repeating: 0, count: count + 1)
    for flow in merged {
      degrees[flow.source] += 1
      degrees[flow.target] += 1
    }
    var starts = [0]
    for node in 0..<count { starts.append(starts[node] + degrees[node]) }
    var next = starts
    var neighbours = [Neighbour](
      repeating: Neighbour(node: 0, bytes: 0, receives: false), count: starts[count])
    for flow in merged {
      neighbours[next[flow.source]] = Neighbour(
        node: flow.target, bytes: flow.bytes, receives: true)
      next[flow.source] += 1
      neighbours[next[flow.target]] = Neighbour(
        node: flow.source, bytes: flow.bytes, receives: false)
      next[flow.target] += 1
    }
    self.neighbours = neighbours
    self.starts = starts
  }

  /// The nodes that `node` exchanges bytes with; one that it both sends to and receives from twice.
  public func neighbours(of node: Int) -> ArraySlice<Neighbour> {
    neighbours[starts[node]..<starts[node + 1]]
  }

  /// All bytes.
  public var bytes: Int { flows.reduce(0) { $0 + $1.bytes } }

  /// The part of the graph among `nodes`, which are numbered anew in their order, and behind them `others` nodes that
  /// exchange nothing.
  public func part(_ nodes: [Int], andOthers others: Int = 0) -> FlowGraph {
    var number = [Int](repeating: -1, count: count)
    for (index, node) in nodes.enumerated() { number[node] = index }
    return FlowGraph(
      count: nodes.count + others,
      flows: flows.compactMap { flow in
        let (source, target) = (number[flow.source], number[flow.target])
        return source < 0 || target < 0
          ? nil : Flow(source: source, target: target, bytes: flow.bytes)
      }, sliceBytes: nodes.map { sliceBytes[$0] } + Array(repeating: 0, count: others))
  }
}
