import Basics
import Compiler

extension MappingFigures {
  /// Lines on what is busiest, time and energy; `assumed` holds the paths of the chip's figures that are
  /// assumed.
  func timesText(assumed: [String]) -> String {
    let (latency, chipLatency) = (
      readable(nanoseconds: latencyNs), readable(nanoseconds: chipLatencyNs)
    )
    let (interval, chipInterval) = (
      readable(nanoseconds: intervalNs), readable(nanoseconds: chipIntervalNs)
    )
    let isHost = bottleneck != chipBottleneck
    let origin = isHost && assumed.contains { $0.hasPrefix("host") } ? " (assumed)" : ""
    var text = "bottleneck     \(bottleneck.text)\(origin), \(interval) per inference\n"
    if isHost { text += "of the chip    \(chipBottleneck.text), \(chipInterval)\n" }
    let (energy, chipEnergy) = (significant(energyNj / 1000), significant(chipEnergyNj / 1000))
    text += isEstimated ? "estimated      " : "per inference  "
    text += "\(latency) and \(energy) µJ; without the host \(chipLatency) and \(chipEnergy) µJ\n"
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
      "try            --widen: an interval of \(widened) MVMs, not \(intervalSlots), with more noise\n"
  }

  /// Lines on what passes between cores.
  var trafficText: String {
    var text =
      "byte-hops      \(grouped(byteHops)) per inference, at least \(grouped(byteHopsBound)); busiest link "
      + "\(grouped(worstLink)) bytes, at least \(grouped(worstLinkBound)) by cuts\n"
    if unlinkedSliceSums > 0 {
      text +=
        "gate sums      \(grouped(unlinkedSliceSums)) vectors per inference reach the GDPU through the host, "
        + "at least \(grouped(unlinkedSliceSumsBound))\n"
    }
    if chips > 1 {
      text += "between chips  \(grouped(bytesBetweenChips)) bytes per inference, through the host\n"
    }
    return text
  }
}

extension MappingFigures.Bottleneck {
  /// The unit, and the layers on it in brackets.
  var text: String { layers.isEmpty ? unit : "\(unit) (\(layersText))" }

  /// The layers, of many the first.
  var layersText: String {
    let most = 6
    let names = layers.prefix(layers.count > most ? most - 1 : most)
      .map { shortened(printable($0), to: 28) }
    let more = layers.count > most ? " and \(grouped(layers.count - names.count)) more" : ""
    return names.joined(separator: ", ") + more
  }
}
