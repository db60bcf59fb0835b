import Chip
import IR

extension Partition {
  /// The bytes of one inference between crossbars: partial sums from row block to row block of a stack and, in
  /// LSTMs, on to a slice of the GDPU. Activations go from layer to layer by way of the host.
  func trafficFlows(_ crossbars: [VirtualCrossbar]) -> FlowGraph {
    let nodes = BlockNumbers(self, crossbars)
    var flows: [FlowGraph.Flow] = []
    for (index, layer) in layers.enumerated() {
      for replica in 0..<layer.replicas {
        for (number, stack) in layer.stacks.enumerated() {
          let bytes =
            layer.vectors(of: replica).count * stack.columns.count * chip.resultBytes
          for row in stack.rows.indices.dropFirst() {
            flows.append(
              .init(
                source: nodes[index, replica, number, row - 1],
                target: nodes[index, replica, number, row], bytes: bytes))
          }
        }
      }
    }
    var sliceBytes = [Int](repeating: 0, count: crossbars.count)
    for (index, layer) in layers.enumerated()
    where layer.hasGatesInSlices(of: chip) {
      for (number, stack) in layer.stacks.enumerated() where !stack.rows.isEmpty {
        sliceBytes[nodes[index, 0, number, stack.rows.count - 1]] +=
          layer.vectors * stack.columns.count * chip.resultBytes
      }
    }
    return FlowGraph(count: crossbars.count, flows: flows, sliceBytes: sliceBytes)
  }
}

/// The crossbar of every block of every replica.
struct BlockNumbers {
  private var starts: [[Int]] = []
  private var perReplica: [Int] = []
  private var layerStarts: [Int] = []
  private var crossbars: [Int] = []

  init(_ partition: Partition, _ virtual: [VirtualCrossbar]) {
    var count = 0
    for layer in partition.layers {
      layerStarts.append(count)
      var stackStarts: [Int] = []
      var blocks = 0
      for stack in layer.stacks {
        stackStarts.append(blocks)
        blocks += stack.rows.count
      }
      starts.append(stackStarts)
      perReplica.append(blocks)
      count += blocks * layer.replicas
    }
    crossbars = Array(repeating: 0, count: count)
    for (index, crossbar) in virtual.enumerated() {
      for block in crossbar.blocks {
        crossbars[number(block.layer, block.replica, block.stack, block.row)] = index
      }
    }
  }

  private func number(_ layer: Int, _ replica: Int, _ stack: Int, _ row: Int) -> Int {
    layerStarts[layer] + replica * perReplica[layer] + starts[layer][stack] + row
  }

  subscript(layer: Int, replica: Int, stack: Int, row: Int) -> Int {
    crossbars[number(layer, replica, stack, row)]
  }
}

/// What passes between the cores of a placement in one inference, beside its bounds.
public struct Traffic: Hashable, Sendable {
  /// Bytes times the links that they pass, of partial sums and of sums to slices of the GDPU.
  public var byteHops = 0
  /// What they are at least, wherever the blocks of each chip are on it.
  public var byteHopsBound = 0
  /// The bytes on the link that carries most.
  public var worstLink = 0
  /// What the link that carries most has at least with these places, however bytes are routed: the cut bound.
  public var worstLinkBound = 0
  /// The vectors of partial sums that no link carries, so that the host adds them.
  public var unlinkedPartialSums = 0
  /// The fewest of those: those of stacks that are longer than a chip, or for which there are too few links.
  public var unlinkedPartialSumsBound = 0
  /// The vectors of sums that go to their GDPU slice by way of the host, for want of a link.
  public var unlinkedSliceSums = 0
  /// The fewest of those: of stacks beyond the cores that have a link to a slice.
  public var unlinkedSliceSumsBound = 0
  /// The bytes of activations that pass from chip to chip.
  public var bytesBetweenChips = 0
}

extension Placement {
  /// The partial sums of one inference that no link carries: the number of vectors.
  public var unlinkedPartialSums: Int {
    var sum = 0
    for (layer, replicas) in zip(partition.layers, stacks) {
      for (replica, placed) in replicas.enumerated() {
        let segments = placed.reduce(0) { $0 + $1.segments.count - 1 }
        sum += segments * layer.vectors(of: replica).count
      }
    }
    return sum
  }

  /// Counts the sums of LSTMs that a link takes to a slice of the GDPU, and those that none does.
  private func countSliceSums(in traffic: inout Traffic) {
    let chip = partition.chip
    let linked = (0..<chip.cores.count).filter { !chip.gdpuSlices(fedBy: CoreID($0)).isEmpty }.count
    var vectors: [Int] = []
    var loads: [[Int]: Int] = [:]
    for (layer, replicas) in zip(partition.layers, stacks)
    where layer.hasGatesInSlices(of: partition.chip) {
      for (stack, placed) in replicas.flatMap({ zip(layer.stacks, $0) }) {
        vectors.append(layer.vectors)
        guard let last = placed.segments.last, let end = last.cores.last else { continue }
        if chip.gdpuSlices(fedBy: end).isEmpty {
          traffic.unlinkedSliceSums += layer.vectors
        } else {
          let bytes = layer.vectors * stack.columns.count * chip.resultBytes
          traffic.byteHops += bytes
          loads[[last.chip, end.index], default: 0] += bytes
        }
      }
    }
    traffic.byteHopsBound = traffic.byteHops
    traffic.worstLink = loads.values.max() ?? 0
    traffic.worstLinkBound = traffic.worstLink
    // Stacks that share crossbars may end on one core.
    guard partition.packing == nil else { return }
    vectors.sort(by: >)
    traffic.unlinkedSliceSumsBound = vectors.dropFirst(linked * partition.chips).reduce(0, +)
  }

  /// What passes between the cores, beside its bounds.
  public var traffic: Traffic {
    let chip = partition.chip
    let crossbars = partition.virtualCrossbars
    let flows = partition.trafficFlows(crossbars)
    var traffic = Traffic()
    traffic.unlinkedPartialSums = unlinkedPartialSums
    traffic.unlinkedPartialSumsBound = partition.unlinkedPartialSumsBound
    countSliceSums(in: &traffic)
    var places = [(chip: Int, core: Int)](repeating: (0, 0), count: crossbars.count)
    for (index, crossbar) in crossbars.enumerated() {
      guard let block = crossbar.blocks.first else { continue }
      var row = block.row
      for segment in stacks[block.layer][block.replica][block.stack].segments {
        if row < segment.cores.count {
          places[index] = (segment.chip, segment.cores[row].index)
          break
        }
        row -= segment.cores.count
      }
    }
    traffic.bytesBetweenChips = partition.bytesBetweenChips
    let terrain = Terrain(chip)
    guard terrain.isGrid else {
      var loads: [[Int]: Int] = [:]
      for flow in flows.flows {
        let (a, b) = (places[flow.source], places[flow.target])
        guard a.chip == b.chip, terrain.cost(from: a.core, to: b.core) == 0 else { continue }
        traffic.byteHops += flow.bytes
        loads[[a.chip, a.core, b.core], default: 0] += flow.bytes
        // Every sum that a link carries passes one link at least, and the largest its own.
        traffic.worstLinkBound = max(traffic.worstLinkBound, flow.bytes)
      }
      traffic.byteHopsBound = traffic.byteHops
      traffic.worstLink = max(traffic.worstLink, loads.values.max() ?? 0)
      return traffic
    }
    var members = [[Int]](repeating: [], count: partition.chips)
    for (crossbar, place) in places.enumerated() { members[place.chip].append(crossbar) }
    for nodes in members where !nodes.isEmpty {
      let part = flows.part(nodes)
      let cores = nodes.map { places[$0].core }
      let loads = terrain.linkLoads(of: part, at: cores)
      let cost = terrain.cost(of: part, at: cores)
      traffic.byteHops += cost
      traffic.byteHopsBound += terrain.tightBound(of: part, atMost: cost)
      traffic.worstLink = max(traffic.worstLink, loads.worst)
      traffic.worstLinkBound = max(traffic.worstLinkBound, loads.bound)
    }
    return traffic
  }
}
