import Chip
import IR
import Passes

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
  /// The MVMs of an inference on the busiest crossbar; the fewest with a block a crossbar; the fluid bound.
  var intervalSlots: Int
  var intervalOptimum: Int
  var intervalFluid: Double
  /// Bytes times links, and the least that it can be.
  var byteHops: Int
  var byteHopsBound: Int
  /// The bytes on the link that carries most, and the cut bound.
  var worstLink: Int
  var worstLinkBound: Int
  /// Vectors of partial sums that no link carries, and the fewest that there can be.
  var unlinkedPartialSums: Int
  var unlinkedPartialSumsBound: Int
  /// The bytes of activations that pass from chip to chip.
  var bytesBetweenChips: Int
  var layers: [Layer]

  init(_ placement: Placement, objective: MappingOptions.Objective) {
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
    intervalSlots = partition.intervalSlots
    intervalOptimum = partition.layers.isEmpty ? 0 : partition.intervalOptimum
    intervalFluid = partition.intervalFluid
    byteHops = traffic.byteHops
    byteHopsBound = traffic.byteHopsBound
    worstLink = traffic.worstLink
    worstLinkBound = traffic.worstLinkBound
    unlinkedPartialSums = traffic.unlinkedPartialSums
    unlinkedPartialSumsBound = traffic.unlinkedPartialSumsBound
    bytesBetweenChips = traffic.bytesBetweenChips
    layers = partition.layers.map { layer in
      Layer(
        name: partition.graph[layer.node].name, blocks: layer.blocks, replicas: layer.replicas,
        slots: layer.slots)
    }
  }

  /// A line on shared crossbars, if there are any.
  var sharingText: String {
    guard crossbarsShared > 0 else { return "" }
    return "shared         \(crossbarsShared) crossbars hold \(blocksSharing) blocks, which run in turn\n"
  }

  /// Lines on what passes between cores.
  var trafficText: String {
    var text =
      "byte-hops      \(grouped(byteHops)) an inference, at least \(grouped(byteHopsBound)); worst link "
      + "\(grouped(worstLink)) bytes, by cuts at least \(grouped(worstLinkBound))\n"
    if chips > 1 {
      text += "between chips  \(grouped(bytesBetweenChips)) bytes an inference, through the host\n"
    }
    return text
  }
}
