import CDevice
import TestSupport
import Testing

/// What circuits make of the currents of a bit line, beside Specs/numerics.md, "Circuits", in f64.
@Suite struct CountLineTests {
  /// A circuit with effects of the given kinds.
  private static func circuit(
    resistance: Bool, spread: Bool, bend: Bool, noise: Bool
  ) -> line_circuit {
    line_circuit(
      counts_per_code: 1.25, resistance: resistance ? 3e-4 : 0, gain: spread ? 1.07 : 1,
      positive_offset: spread ? 2.5 : 0, negative_offset: spread ? -3.5 : 0,
      bend: bend ? 0.05 : 0, full: 4095, noise: noise ? 4.5 : 0)
  }

  /// The count of a polarity with current `current`, of which `far` sees the whole fall of voltage.
  private static func count(
    _ current: Double, far: Double, offset: Float, deviate: Float, _ line: line_circuit
  ) -> Double {
    var current = max(current, 0)
    let a = current * Double(line.resistance)
    current -= max(far, 0) * (0.5 * a - 0.2 * a * a + 0.05 * a * a * a)
    var count = max(current, 0) * Double(line.counts_per_code)
    count /= 1 + Double(line.bend) * count / Double(line.full)
    count = max(Double(line.gain) * count + Double(offset), 0)
    return max(count + Double(line.noise) * Double(deviate), 0)
  }

  @Test(arguments: 0..<16) func countsFollowTheSpecification(_ effects: Int) {
    let line = Self.circuit(
      resistance: effects & 1 != 0, spread: effects & 2 != 0, bend: effects & 4 != 0,
      noise: effects & 8 != 0)
    var generator = SplitMix64(seed: UInt64(effects))
    // More than a vector of any processor, and places behind the last whole one.
    let size = 150
    func randoms(_ range: ClosedRange<Float>) -> [Float] {
      (0..<size).map { _ in .random(in: range, using: &generator) }
    }
    // Sums of magnitudes are no less than differences but for what rounding leaves.
    let sums = randoms(0...3000)
    let differences = zip(sums, randoms(-1...1)).map { $0 * $1 }
    let farSums = zip(sums, randoms(0...1)).map { $0 * $1 }
    let farDifferences = zip(farSums, randoms(-1...1)).map { $0 * $1 }
    let deviates = (randoms(-4...4), randoms(-4...4))
    var (positive, negative) = (differences, sums)
    var circuit = line
    count_line(
      &circuit, &positive, &negative, farDifferences, farSums, deviates.0, deviates.1, size)
    for index in 0..<size {
      let (difference, sum) = (Double(differences[index]), Double(sums[index]))
      let (farDifference, farSum) = (Double(farDifferences[index]), Double(farSums[index]))
      let wanted = (
        Self.count(
          (sum + difference) / 2, far: (farSum + farDifference) / 2, offset: line.positive_offset,
          deviate: deviates.0[index], line),
        Self.count(
          (sum - difference) / 2, far: (farSum - farDifference) / 2, offset: line.negative_offset,
          deviate: deviates.1[index], line)
      )
      #expect(abs(Double(positive[index]) - wanted.0) <= 1e-3)
      #expect(abs(Double(negative[index]) - wanted.1) <= 1e-3)
    }
  }
}
