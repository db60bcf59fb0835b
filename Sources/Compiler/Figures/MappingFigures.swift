import Basics
import Chip
import IR
import Passes
import Program
import Simulator

/// The decisions of the mapper, each beside its bound.
public struct MappingFigures: Encodable, Sendable {
  /// A layer on crossbars.
  public struct Layer: Encodable, Sendable {
    public var name: String
    /// The crossbars of one replica.
    public var blocks: Int
    public var replicas: Int
    /// The MVMs of an inference on the crossbars of the busiest replica.
    public var slots: Int
  }

  /// What is busiest in an inference.
  public struct Bottleneck: Encodable, Hashable, Sendable {
    /// A unit as in a listing, or a connection of the host.
    public var unit: String
    /// The layers on it, where it is a crossbar.
    public var layers: [String] = []
  }

  public var objective: String
  public var chips: Int
  /// The crossbars in use, the fewest that could hold the weights by their area, and those that there are.
  public var crossbars: Int
  public var crossbarsBound: Int
  public var crossbarsAvailable: Int
  /// The crossbars that hold more than one block, and the blocks in them.
  public var crossbarsShared: Int
  public var blocksSharing: Int
  /// The MVMs that sharing adds to the interval, as blocks that share lines cannot run at once.
  public var sharingSlots: Int
  /// The MVMs of an inference on the busiest crossbar; the fewest with a block a crossbar; the fluid bound.
  public var intervalSlots: Int
  public var intervalOptimum: Int
  public var intervalFluid: Double
  /// The interval with `--widen`; `nil` where that changes nothing or is chosen.
  public var intervalSlotsWidened: Int?
  /// Bytes times links, and the least that it can be.
  public var byteHops: Int
  public var byteHopsBound: Int
  /// The bytes on the link that carries most, and the cut bound.
  public var worstLink: Int
  public var worstLinkBound: Int
  /// Vectors of partial sums that no link carries, and the fewest that there can be.
  public var unlinkedPartialSums: Int
  public var unlinkedPartialSumsBound: Int
  /// Vectors of sums that go to their GDPU slice by way of the host, and the fewest.
  public var unlinkedSliceSums: Int
  public var unlinkedSliceSumsBound: Int
  /// The bytes of activations that pass from chip to chip.
  public var bytesBetweenChips: Int
  /// The time of one inference with the host and without, the time between inferences that the busiest unit
  /// allows with the host and without, in ns, and the energy of one inference with the host and without, in nJ: from the
  /// clock of the program, or estimated of a plan, which has none.
  public var latencyNs: Double
  public var chipLatencyNs: Double
  public var intervalNs: Double
  public var chipIntervalNs: Double
  /// What is busiest, with the host and of the chips alone.
  public var bottleneck: Bottleneck
  public var chipBottleneck: Bottleneck
  public var energyNj: Double
  public var chipEnergyNj: Double
  public var isEstimated: Bool
  public var layers: [Layer]

  /// Takes times and energies from the clock of the program, which is run with the host and without;
  /// leaves the estimates where the times depend on data.
  ///
  /// Throws `Diagnostics` if units wait for each other for ever.
  public mutating func setTimes(of program: ValidProgram) throws {
    guard !program.hasBranches else { return }
    let timings = mappedInParallel(2, cost: .max) { index in
      Result { try Timing(of: program, host: index == 0, limits: .none) }
    }
    let (whole, chips) = try (timings[0].get(), timings[1].get())
    latencyNs = whole.latency
    chipLatencyNs = chips.latency
    intervalNs = whole.interval
    chipIntervalNs = chips.interval
    bottleneck = program.described(whole.bottleneck.of)
    chipBottleneck = program.described(chips.bottleneck.of)
    energyNj = whole.energy.total
    chipEnergyNj = chips.energy.chip
    isEstimated = false
  }

  /// Takes the figures of `placement`, with times and energies that are estimates.
  public init(_ placement: Placement, widened: Int?, objective: MappingOptions.Objective) {
    let partition = placement.partition
    let traffic = placement.traffic
    self.objective = objective.rawValue
    chips = partition.chips
    crossbars = partition.crossbars
    crossbarsBound = partition.areaBound
    crossbarsAvailable = partition.available
    let shared = partition.packing?.crossbars.filter { $0.count > 1 } ?? []
    crossbarsShared = shared.count
    blocksSharing = shared.reduce(0) { $0 + $1.count }
    sharingSlots = partition.sharingSlots
    intervalSlots = partition.intervalSlots
    intervalOptimum = partition.layers.isEmpty ? 0 : partition.intervalOptimum
    intervalFluid = partition.intervalFluid
    intervalSlotsWidened = widened
    byteHops = traffic.byteHops
    byteHopsBound = traffic.byteHopsBound
    worstLink = traffic.worstLink
    worstLinkBound = traffic.worstLinkBound
    unlinkedPartialSums = traffic.unlinkedPartialSums
    unlinkedPartialSumsBound = traffic.unlinkedPartialSumsBound
    unlinkedSliceSums = traffic.unlinkedSliceSums
    unlinkedSliceSumsBound = traffic.unlinkedSliceSumsBound
    bytesBetweenChips = traffic.bytesBetweenChips
    let schedule = placement.scheduled(with: Quantization(layers: []))
    let costs = partition.estimatedCosts
    latencyNs = schedule.latency
    chipLatencyNs = schedule.chipLatency
    intervalNs = max(partition.chipInterval, costs.hostTime, schedule.hostCodeTime)
    chipIntervalNs = partition.chipInterval
    chipBottleneck = Bottleneck(unit: "crossbars")
    bottleneck =
      intervalNs == chipIntervalNs
      ? chipBottleneck
      : Bottleneck(unit: intervalNs == costs.hostTime ? "connection of the host" : "host")
    energyNj = costs.chipEnergy + costs.hostEnergy
    chipEnergyNj = costs.chipEnergy
    isEstimated = true
    layers = partition.layers.map { layer in
      Layer(
        name: partition.graph[layer.node].name, blocks: layer.blocks, replicas: layer.replicas,
        slots: layer.slots)
    }
  }
}

extension Partition {
  /// What one inference takes, from the numbers of vectors and columns: the energies of crossbars and LDPUs
  /// and of products on the host with its transfers, in nJ, and the time of the host's connection, in ns.
  fileprivate var estimatedCosts: (chipEnergy: Double, hostEnergy: Double, hostTime: Double) {
    var (chipEnergy, hostEnergy) = (0.0, 0.0)
    var (sent, received) = (0, 0)
    for layer in layers {
      for stack in layer.stacks {
        let blocks = Double(stack.rows.count) * Double(layer.vectors)
        let columns = stack.columns.count
        let on = chip.crossbar.mvmTime + chip.ldpu.latency + chip.passTime(columns: columns)
        let digitalEnergy = Double(columns) * chip.ldpu.energyPerColumn / 1000
        let powerEnergy = on * chip.crossbar.power / 1e6
        chipEnergy += blocks * (chip.crossbar.mvmEnergy + digitalEnergy + powerEnergy)
        received += layer.vectors * columns * chip.resultBytes
        sent += layer.vectors * stack.rows.reduce(0) { $0 + $1.count } * chip.inputBytes
      }
    }
    let macs = digital.reduce(0.0) { $0 + Double($1.macs) }
    hostEnergy += macs * chip.host.energyPerMAC / 1000
    hostEnergy += Double(sent + received) * chip.host.energyPerByte / 1000
    return (chipEnergy, hostEnergy, chip.hostTransferTime(bytes: max(sent, received)))
  }
}

extension ValidProgram {
  /// The names of what is busiest and of the layers on it.
  public func described(_ bottleneck: Timing.Bottleneck) -> MappingFigures.Bottleneck {
    switch bottleneck {
    case .sending: return MappingFigures.Bottleneck(unit: "connection from the host")
    case .receiving: return MappingFigures.Bottleneck(unit: "connection to the host")
    case .unit(let unit):
      guard case .crossbar(let chip, let core) = unit else {
        return MappingFigures.Bottleneck(unit: "\(unit)")
      }
      let nodes = program.tiles.filter { $0.chip == chip && $0.core == core }
        .map { program.blocks[$0.block.index].node }
      let layers = nodes.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      return MappingFigures.Bottleneck(unit: "\(unit)", layers: layers)
    }
  }
}

extension Program {
  /// Whether some code depends on data, and so its times.
  public var hasBranches: Bool { streams.contains { $0.code.contains { $0.opcode == .branch } } }
}
