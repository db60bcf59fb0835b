import Chip

extension DeviceModel {
  /// The conductance in µS that a target of `target` µS is expected to have `time` s after
  /// programming: the mean over programming errors, cut at 0, and over exponents of drift.
  public func expectedConductance(of target: Double, at time: Double) -> Double {
    var ratio = target / maximumConductance
    func value(_ curve: Curve) -> Double {
      var value = 0.0
      curve.values(at: &ratio, count: 1, into: &value)
      return value
    }
    let (spread, mean, width) = (value(programmingSpread), value(driftMean), value(driftSpread))
    let drift = Elementary.log((time + firstRead) / firstRead)
    // Normal deviates in steps of 0.1, weighted by their density.
    var (programmed, remaining, total) = (0.0, 0.0, 0.0)
    for step in -60...60 {
      let deviate = Double(step) / 10
      let weight = Elementary.exp(-deviate * deviate / 2)
      programmed += weight * max(0, target + spread * deviate)
      remaining += weight * Elementary.exp(-(mean + width * deviate).magnitude * drift)
      total += weight
    }
    return programmed / total * (remaining / total)
  }
}
