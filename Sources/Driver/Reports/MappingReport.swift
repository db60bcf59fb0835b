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
