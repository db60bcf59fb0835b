import Compiler

extension MappingFigures {
  /// Lines on time and energy.
  var timesText: String {
    let (latency, chipLatency) = (
      readable(nanoseconds: latencyNs), readable(nanoseconds: chipLatencyNs)
    )
    let (interval, chipInterval) = (
      readable(nanoseconds: intervalNs), readable(nanoseconds: chipIntervalNs)
    )
    let origin = isEstimated ? "estimated" : "simulated"
    var text = "\(origin)      latency \(latency), \(chipLatency) without the host\n"
    text += "busiest unit   \(interval) per inference, \(chipInterval) without the host\n"
    text += "energy         \(significant(energyNj / 1000)) µJ per inference, "
    text += "\(significant(chipEnergyNj / 1000)) µJ without the host\n"
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
      "with --widen   \(widened) MVMs, from shifted kernels in the same crossbars, whose "
      + "zero cells add noise\n"
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
