import Chip
import IR

/// A placement whose work has an order and a time on every unit.
public struct Schedule: Sendable {
  /// The placement.
  public var placement: Placement
  /// The conductances and ranges.
  public var quantization: Quantization
  /// The work, in the order in which it is issued.
  public var tasks: [Task]
  /// The transfers of partial sums over links, in the order of the tasks.
  public var transfers: [Transfer]

  /// One node's work on the units that share it.
  public struct Task: Hashable, Sendable {
    /// Where the work is done.
    public enum Place: Hashable, Sendable {
      /// On crossbars: the layer of this index in the partition.
      case crossbars(layer: Int)
      /// In host code.
      case host
    }

    /// The node.
    public var node: NodeID
    /// Where it is done.
    public var place: Place
    /// When it begins, in ns after the inputs are there.
    public var start: Double
    /// How long it takes on chip, in ns.
    public var chipTime: Double
    /// How long the host takes, transfers included, in ns.
    public var hostTime: Double
    /// When it ends, in ns.
    public var end: Double { start + chipTime + hostTime }
  }

  /// Partial sums that pass a link during a time.
  public struct Transfer: Hashable, Sendable {
    /// The layer's index in the partition.
    public var layer: Int
    /// The replica.
    public var replica: Int
    /// The chip.
    public var chip: Int
    /// The segment of the network of links: from this core.
    public var source: CoreID
    /// The segment of the network of links: to this core.
    public var target: CoreID
    /// When the first byte passes, in ns.
    public var start: Double
    /// How many bytes pass.
    public var bytes: Int
  }

  /// The time of one inference where each layer waits for the whole of those that it reads, in ns.
  public var latency: Double { tasks.map(\.end).max() ?? 0 }

  /// The time that the host computes nodes of its own in one inference, in ns.
  public var hostCodeTime: Double {
    tasks.reduce(0) { $0 + ($1.place == .host ? $1.hostTime : 0) }
  }

  /// The time of one inference where the host takes no time.
  public var chipLatency: Double {
    let graph = placement.partition.graph
    var order = WorkOrder(placement.partition)
    for task in tasks {
      _ = order.start(
        graph[task.node], task.place, for: (chip: task.chipTime, transfer: 0, host: 0))
    }
    return order.ready.max() ?? 0
  }
}

/// When units and values are ready, as work is put in order.
private struct WorkOrder {
  /// When each value of the graph is there, in ns.
  private(set) var ready: [Double]
  private var hostFree = 0.0
  private var connectionFree = 0.0
  /// When the crossbars that blocks share are free; empty if each has its own.
  private var crossbarsFree: [Double]
  /// The shared crossbars of each layer.
  private var crossbars: [[Int]]

  init(_ partition: Partition) {
    ready = Array(repeating: 0, count: partition.graph.values.count)
    let shared = partition.packing?.crossbars ?? []
    crossbarsFree = Array(repeating: 0, count: shared.count)
    crossbars = partition.layers.map { _ in [] }
    for (index, blocks) in shared.enumerated() {
      for block in blocks where crossbars[block.layer].last != index {
        crossbars[block.layer].append(index)
      }
    }
  }

  /// Puts work behind what it reads and what its units do before, and returns when it starts.
  ///
  /// The host and its connection do one thing at a time, and so do blocks that share a crossbar. The
  /// host's time of layers begins with the transfers.
  mutating func start(
    _ node: Node, _ place: Schedule.Task.Place,
    for time: (chip: Double, transfer: Double, host: Double)
  ) -> Double {
    var start = node.operands.reduce(0) { max($0, $1.map { ready[$0.index] } ?? 0) }
    let end: Double
    switch place {
    case .host:
      start = max(start, hostFree)
      end = start + time.host
      hostFree = end
    case .crossbars(let layer):
      start = crossbars[layer].reduce(max(start, connectionFree)) { max($0, crossbarsFree[$1]) }
      connectionFree = start + time.transfer
      end = start + time.chip + time.host
      for crossbar in crossbars[layer] { crossbarsFree[crossbar] = end }
    }
    for result in node.results { ready[result.index] = end }
    return start
  }
}

extension Placement {
  /// Orders the work layer by layer and computes its times from the chip's figures.
  ///
  /// Crossbars of a layer run at once; a vector takes the longer of an MVM and the LDPU's pass over
  /// its columns, and a chain of row blocks adds a pass a block. The host does one thing at a time, and so does
  /// its connection.
  public func scheduled(with quantization: Quantization) -> Schedule {
    let graph = partition.graph
    let chip = partition.chip
    var tasks: [Schedule.Task] = []
    var order = WorkOrder(partition)
    let layerOfNode = partition.layerOfNode
    for (index, node) in graph.nodes.enumerated() {
      var task = Schedule.Task(
        node: NodeID(index), place: .host, start: 0, chipTime: 0, hostTime: 0)
      var transfer = 0.0
      if let layer = layerOfNode[NodeID(index)] {
        task.place = .crossbars(layer: layer)
        let (steps, products) = partition.layers[layer].steps
        let rounds = Double(steps * products)
        let host = hostTime(of: layer, steps: steps)
        transfer = rounds * host.transfer
        task.hostTime =
          transfer + rounds * host.rest
          + chip.hostTime(operations: partition.layers[layer].digitalOperations)
        task.chipTime = rounds * chipTime(of: layer, steps: steps)
      } else {
        task.hostTime = chip.hostTime(operations: graph.hostOperations(of: node))
      }
      task.start = order.start(
        node, task.place,
        for: (chip: task.chipTime, transfer: transfer, host: task.hostTime))
      tasks.append(task)
    }
    return Schedule(
      placement: self, quantization: quantization, tasks: tasks, transfers: transfers(in: tasks))
  }

  /// The time that the host's connection takes for a layer: to send every block its inputs and to
  /// receive the results, or the partial sums where no link adds them; and the rest, until the first byte is there
  /// and to add these. In each of several `steps` it does so for an equal part of the vectors.
  private func hostTime(of layer: Int, steps: Int) -> (transfer: Double, rest: Double) {
    let chip = partition.chip
    var shape = partition.layers[layer]
    shape.vectors /= steps
    let sent = shape.stacks.reduce(0) { $0 + $1.rows.reduce(0) { $0 + $1.count } }
    var received = 0
    var added = 0
    for (replica, placed) in stacks[layer].enumerated() {
      let vectors = shape.vectors(of: replica).count
      for (stack, placement) in zip(shape.stacks, placed) {
        received += placement.segments.count * vectors * stack.columns.count
        added += (placement.segments.count - 1) * vectors * stack.columns.count
      }
    }
    let bytes = shape.vectors * sent * chip.inputBytes + received * chip.resultBytes
    return (
      chip.hostTransferTime(bytes: bytes), chip.host.latency + chip.hostTime(operations: added)
    )
  }

  private func chipTime(of layer: Int, steps: Int) -> Double {
    let chip = partition.chip
    var shape = partition.layers[layer]
    shape.vectors /= steps
    var time = 0.0
    for placed in stacks[layer] {
      for (stack, placement) in zip(shape.stacks, placed) {
        let pass = chip.passTime(columns: stack.columns.count)
        let hops = placement.segments.map(\.cores.count).max() ?? 0
        time = max(
          time,
          Double(shape.slots) * chip.vectorTime(columns: stack.columns.count) + Double(hops) * pass)
      }
    }
    // Blocks of the layer that share a crossbar run in turn.
    for blocks in partition.packing?.crossbars ?? [] {
      let turns = blocks.reduce(0.0) { turns, block in
        guard block.layer == layer else { return turns }
        return turns + Double(shape.vectors(of: block.replica).count)
          * chip.vectorTime(columns: shape.stacks[block.stack].columns.count)
      }
      time = max(time, turns)
    }
    return time
  }

  /// The transfers of partial sums in the layers that `tasks` do on crossbars.
  func transfers(in tasks: [Schedule.Task]) -> [Schedule.Transfer] {
    tasks.flatMap { task -> [Schedule.Transfer] in
      guard case .crossbars(let layer) = task.place else { return [] }
      return transfers(of: layer, start: task.start)
    }
  }

  private func transfers(of layer: Int, start: Double) -> [Schedule.Transfer] {
    let chip = partition.chip
    let shape = partition.layers[layer]
    var transfers: [Schedule.Transfer] = []
    for (replica, placed) in stacks[layer].enumerated() {
      let vectors = shape.vectors(of: replica).count
      for (stack, placement) in zip(shape.stacks, placed) {
        for segment in placement.segments {
          for (hop, link) in zip(segment.cores, segment.cores.dropFirst()).enumerated() {
            transfers.append(
              .init(
                layer: layer, replica: replica, chip: segment.chip, source: link.0, target: link.1,
                start: start + chip.crossbar.mvmTime
                  + Double(hop + 1) * chip.passTime(columns: stack.columns.count),
                bytes: vectors * stack.columns.count * chip.resultBytes))
          }
        }
      }
    }
    return transfers
  }
}

extension Partition {
  /// The index in `layers` of every node that is a layer.
  var layerOfNode: [NodeID: Int] {
    Dictionary(uniqueKeysWithValues: layers.enumerated().map { ($1.node, $0) })
  }
}

extension Layer {
  /// The steps, and the products of each: those of a recurrent layer follow each other.
  fileprivate var steps: (count: Int, products: Int) {
    product.gates.map { ($0.steps, $0.recurrent.productsOfStep) } ?? (1, 1)
  }

  /// The elements that host code computes beside the products of a recurrent layer.
  fileprivate var digitalOperations: Int {
    product.gates.map { vectors * $0.hidden * 4 * $0.columns.count } ?? 0
  }
}
