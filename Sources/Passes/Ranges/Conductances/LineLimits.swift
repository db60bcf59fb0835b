import Chip

/// What the bit lines of a chip may carry.
struct LineLimits {
  /// The conductance of g = 1, in µS.
  private let gMax: Double
  /// The most that either polarity of a line may carry, in codes times g.
  private let most: Double

  /// Sampled vectors are not all: so much more than they show is allowed for.
  private static let reserve = 1.2
  /// How often conductances that stand for weights in another proportion are lowered at most.
  private static let rounds = 8

  /// The limits of `chip` where g = 1 is `gMax` µS: that of the current, and that of the counter.
  init(_ chip: Chip, gMax: Double) {
    let current = chip.crossbar.lineCurrentLimit / (gMax * chip.crossbar.readVoltage)
    let counts =
      Double(chip.adc.maximumCount) / chip.adc.countsPerGMax * (chip.crossbar.gMax / gMax)
    self.gMax = gMax
    most = min(current, counts) * Double(chip.dac.maximumCode) / Self.reserve
  }

  /// The g_max, in µS, with which a line that carries `maximum` is within the limits.
  func conductance(for maximum: Float) -> Float {
    Float(Double(maximum) > most ? gMax * most / Double(maximum) : gMax)
  }

  /// Raises those of `factors`, the ranges of columns, with which lines, that carry `currents`, carry
  /// more than the limits; `maxima` tells what they carry then, `nil` if in proportion to the ranges.
  func widen(
    _ factors: inout [Float], carrying currents: [Float], _ maxima: (([Float]) -> [Float])?
  ) {
    var currents = currents
    for _ in 0..<Self.rounds {
      let uses = currents.map { Double($0) / most }
      // What is left of a use by rounding is within the reserve.
      guard uses.contains(where: { $0 > 1.00001 }) else { return }
      for (column, use) in uses.enumerated() where use > 1 {
        factors[column] = Float(Double(factors[column]) * use)
      }
      guard let maxima else { return }
      currents = maxima(factors)
    }
  }
}
