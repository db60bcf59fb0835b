import CDevice
import Chip

extension DeviceModel {
  /// The conductance in µS that a target of `target` µS is expected to have `time` s after
  /// programming: the mean over programming errors, cut at 0, and over exponents of drift.
  public func expectedConductance(of target: Double, at time: Double) -> Double {
    let spread = programmingSpread(of: target)
    let drift = elementary_log((time + firstRead) / firstRead)
    var sum = 0.0
    for part in 0..<parts {
      // What is programmed beyond the last part of the target lies in that part.
      let state = share(of: target, part: min(part, lastPart(of: target))) / partConductance
      let (mean, width) = (value(driftMean, state), value(driftSpread, state))
      // Normal deviates in steps of 0.1, weighted by their density.
      var (programmed, remaining, total) = (0.0, 0.0, 0.0)
      for step in -60...60 {
        let deviate = Double(step) / 10
        let weight = elementary_exp(-deviate * deviate / 2)
        programmed += weight * share(of: max(0, target + spread * deviate), part: part)
        remaining += weight * elementary_exp(-(mean + width * deviate).magnitude * drift)
        total += weight
      }
      sum += programmed / total * (remaining / total)
    }
    return sum
  }

  /// The standard deviation in µS of the programmed conductance of a target of `target` µS, before
  /// it is cut at 0.
  public func programmingSpread(of target: Double) -> Double {
    value(programmingSpread, target / maximumConductance)
  }

  /// The read noise of a conductance of `conductance` µS, in parts of it, before it accumulates.
  public func readNoise(of conductance: Double) -> Double {
    guard parts > 1, conductance > 0 else {
      return value(readNoise, conductance / maximumConductance)
    }
    let squares = (0..<parts).reduce(0) { sum, part in
      let held = share(of: conductance, part: part)
      let noise = held * value(readNoise, held / partConductance)
      return sum + noise * noise
    }
    return squares.squareRoot() / conductance
  }

  private func value(_ curve: Curve, _ ratio: Double) -> Double {
    var ratio = ratio
    var value = 0.0
    curve.values(at: &ratio, count: 1, into: &value)
    return value
  }
}
