import CDevice
import Chip

extension DeviceModel {
  /// The conductance in µS that a target of `target` µS is expected to have `time` s after
  /// programming: the mean over programming errors, cut at 0, and over exponents of drift.
  public func expectedConductance(of target: Double, at time: Double) -> Double {
    let spread = programmingSpread(of: target)
    let (mean, width) = (value(driftMean, target), value(driftSpread, target))
    let drift = elementary_log((time + firstRead) / firstRead)
    // Normal deviates in steps of 0.1, weighted by their density.
    var (programmed, remaining, total) = (0.0, 0.0, 0.0)
    for step in -60...60 {
      let deviate = Double(step) / 10
      let weight = elementary_exp(-deviate * deviate / 2)
      programmed += weight * max(0, target + spread * deviate)
      remaining += weight * elementary_exp(-(mean + width * deviate).magnitude * drift)
      total += weight
    }
    return programmed / total * (remaining / total)
  }

  /// The standard deviation in µS of the programmed conductance of a target of `target` µS, before
  /// it is cut at 0.
  public func programmingSpread(of target: Double) -> Double { value(programmingSpread, target) }

  /// The read noise of a conductance of `conductance` µS, in parts of it, before it accumulates.
  public func readNoise(of conductance: Double) -> Double { value(readNoise, conductance) }

  private func value(_ curve: Curve, _ conductance: Double) -> Double {
    var ratio = conductance / maximumConductance
    var value = 0.0
    curve.values(at: &ratio, count: 1, into: &value)
    return value
  }
}
