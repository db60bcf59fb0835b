import Basics
import Chip
import IR
import Passes
import Program
import Simulator

/// The decisions of the mapper, each beside its bound.
struct MappingReport: Encodable {
  /// A layer on crossbars.
  struct Layer: Encodable {
    var name: String
    /// The crossbars of one replica.
    var blocks: Int
    var replicas: Int
    /// The MVMs of an inference on the crossbars of the busiest replica.
    var slots: Int
  }

  var objective: String
  var chips: Int
  /// The crossbars in use, the fewest that could hold the weights by their area, and those that there are.
  var crossbars: Int
  var crossbarsBound: Int
  var crossbarsAvailable: Int
  /// The crossbars that hold more than one block, and the blocks in them.
  var crossbarsShared: Int
  var blocksSharing: Int
  /// The MVMs that sharing adds to the interval, as blocks that share lines cannot run at once.
  var sharingSlots: Int
  /// The MVMs of an inference on the busiest crossbar; the fewest with a block a crossbar; the fluid bound.
  var intervalSlots: Int
  var intervalOptimum: Int
  var intervalFluid: Double
  /// The interval with `--widen`; `nil` where that changes nothing or is chosen.
  var intervalSlotsWidened: Int?
  /// Bytes times links, and the least that it can be.
  var byteHops: Int
  var byteHopsBound: Int
  /// The bytes on the link that carries most, and the cut bound.
  var worstLink: Int
  var worstLinkBound: Int
  /// Vectors of partial sums that no link carries, and the fewest that there can be.
  var unlinkedPartialSums: Int
  var unlinkedPartialSumsBound: Int
  /// Vectors of sums that go to their GDPU slice by way of the host, and the fewest.
  var unlinkedSliceSums: Int
  var unlinkedSliceSumsBound: Int
  /// The bytes of activations that pass from chip to chip.
  var bytesBetweenChips: Int
  /// The time of one inference with the host and without, the time between inferences that the busiest unit
  /// allows with the host and without, in ns, and the energy of one inference with the host and without, in nJ: from the
  /// clock of the program, or estimated of a plan, which has none.
  var latencyNs: Double
  var chipLatencyNs: Double
  var intervalNs: Double
  var chipIntervalNs: Double
  var energyNj: Double
  var chipEnergyNj: Double
  var isEstimated: Bool
  var layers: [Layer]

  /// Takes times and energies from the clock of the program, which is run with the host and without;
  /// leaves the estimates where the times depend on data.
  ///
  /// Throws `Diagnostics` if units wait for each other for ever.
  mutating func setTimes(of program: Program) throws {
    guard !program.hasBranches else { return }
    let timings = mappedInParallel(2, cost: .max) { index in
      Result { try Timing(of: program, host: index == 0) }
    }
    let (whole, chips) = try (timings[0].get(), timings[1].get())
    latencyNs = whole.latency
    chipLatencyNs = chips.latency
    intervalNs = whole.interval
    chipIntervalNs = chips.interval
    energyNj = chips.energy.chip + whole.energy.hostArithmetic + whole.energy.hostTransfers
    chipEnergyNj = chips.energy.chip
    isEstimated = false
  }

  init(_ placement: Placement, widened: Int?, objective: MappingOptions.Objective) {
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
    energyNj = costs.chipEnergy + costs.hostEnergy
    chipEnergyNj = costs.chipEnergy
    isEstimated = true
    layers = partition.layers.map { layer in
      Layer(
        name: partition.graph[layer.node].name, blocks: layer.blocks, replicas: layer.replicas,
        slots: layer.slots)
    }
  }

  /// Lines on time and energy.
  var timesText: String {
    let (latency, chipLatency) = (
      readable(nanoseconds: latencyNs), readable(nanoseconds: chipLatencyNs)
    )
    let (interval, chipInterval) = (
      readable(nanoseconds: intervalNs), readable(nanoseconds: chipIntervalNs)
    )
    let origin = isEstimated ? "estimated" : "simulated"
    var text = "\(origin)      latency \(latency), without the host \(chipLatency)\n"
    text += "busiest unit   \(interval) an inference, without the host \(chipInterval)\n"
    text += "energy         \(significant(energyNj / 1000)) µJ an inference, "
    text += "without the host \(significant(chipEnergyNj / 1000)) µJ\n"
    return text
  }

  /// A line on shared crossbars, if there are any.
  var sharingText: String {
    guard crossbarsShared > 0 else { return "" }
    return
      "shared         \(crossbarsShared) crossbars hold \(blocksSharing) blocks, which cannot run at once: "
      + "that adds \(sharingSlots) MVMs to the interval\n"
  }

  /// A line on the choice that was not taken, if it would be faster.
  var widenedText: String {
    guard let widened = intervalSlotsWidened, widened < intervalSlots else { return "" }
    return
      "with --widen   \(widened) MVMs, by kernels that lie shifted in the same crossbars; the zeros between "
      + "them are noisy too\n"
  }

  /// Lines on what passes between cores.
  var trafficText: String {
    var text =
      "byte-hops      \(grouped(byteHops)) an inference, at least \(grouped(byteHopsBound)); worst link "
      + "\(grouped(worstLink)) bytes, by cuts at least \(grouped(worstLinkBound))\n"
    if unlinkedSliceSums > 0 {
      text +=
        "gate sums      \(grouped(unlinkedSliceSums)) vectors an inference go to the GDPU by way of the host, "
        + "at least \(grouped(unlinkedSliceSumsBound))\n"
    }
    if chips > 1 {
      text += "between chips  \(grouped(bytesBetweenChips)) bytes an inference, through the host\n"
    }
    return text
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
