import Chip
import Device
import Dispatch
import Foundation
import Synchronization
import Testing

/// What programming, drift and read noise are on average, against the law that they follow.
@Suite struct LawTests {
  /// Mean and standard deviation of many values.
  struct Moments {
    let count: Int
    let mean: Double
    let spread: Double

    init(_ values: some Collection<Double>) {
      let mean = values.reduce(0, +) / Double(values.count)
      count = values.count
      self.mean = mean
      spread =
        (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }
  }

  /// Of max(0, X) or of |X| for a normal X.
  struct Expected {
    let mean: Double
    let spread: Double

    private static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * .pi).squareRoot() }
    private static func distribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    init(rectified mean: Double, _ spread: Double) {
      let z = mean / spread
      let first = mean * Self.distribution(z) + spread * Self.density(z)
      let second =
        (mean * mean + spread * spread) * Self.distribution(z) + mean * spread * Self.density(z)
      self.mean = first
      self.spread = (second - first * first).squareRoot()
    }

    init(folded mean: Double, _ spread: Double) {
      let z = mean / spread
      let first = 2 * spread * Self.density(z) + mean * (1 - 2 * Self.distribution(-z))
      self.mean = first
      self.spread = (mean * mean + spread * spread - first * first).squareRoot()
    }

    /// Spreads within 2 %, means within 4 standard errors.
    func describes(_ moments: Moments) -> Bool {
      abs(moments.spread / spread - 1) < 0.02
        && abs(moments.mean - mean) < 4 * spread / Double(moments.count).squareRoot()
    }
  }

  /// The published laws, written out; r = g / g_ref.
  struct Law: Sendable {
    let name: String
    let reference: Double
    let firstRead: Double
    let readTime: Double
    let programming: @Sendable (Double) -> Double
    let driftMean: @Sendable (Double) -> Double
    let driftSpread: @Sendable (Double) -> Double
    let readNoise: @Sendable (Double) -> Double
  }

  private static func bounded(_ value: Double, _ low: Double, _ high: Double) -> Double {
    min(max(value, low), high)
  }

  @Sendable private static func hermesDriftMean(_ r: Double) -> Double {
    r < 0.0945
      ? bounded(-0.0387 * log(r) - 0.0182, 0.0720, 0.13) : -0.0436 * r * r - 0.0126 * r + 0.0736
  }

  static let laws = [
    Law(
      name: "hermes-odp", reference: 10.35, firstRead: 200, readTime: 512e-9,
      programming: {
        0.15781817 + 2.32443916 * $0 - 2.16310839 * $0 * $0 + 0.68841818 * $0 * $0 * $0
      },
      driftMean: hermesDriftMean,
      driftSpread: {
        $0 < 0.3039
          ? bounded(-0.0120 * log($0) - 0.0023, 0.0124, 0.04)
          : -0.0165 * $0 * $0 + 0.0116 * $0 + 0.0104
      },
      readNoise: {
        $0 < 0.1591
          ? bounded(-0.0078 * log($0) + 0.0038, 0.0179, 0.04)
          : 0.0664 * $0 * $0 * $0 - 0.1352 * $0 * $0 + 0.0768 * $0 + 0.0088
      }),
    Law(
      name: "hermes-tdp", reference: 20.7, firstRead: 300, readTime: 512e-9,
      programming: {
        0.16603222 + 4.71806468 * $0 - 8.48101252 * $0 * $0 + 4.68961419 * $0 * $0 * $0
      },
      driftMean: hermesDriftMean,
      driftSpread: {
        $0 < 0.3055
          ? bounded(-0.0117 * log($0) - 0.0057, 0.0091, 0.04)
          : -0.0118 * $0 * $0 + 0.0093 * $0 + 0.0073
      },
      readNoise: {
        $0 < 0.16
          ? bounded(-0.0117 * log($0) - 0.0069, 0.015, 0.04)
          : 0.0069 * $0 * $0 * $0 - 0.0280 * $0 * $0 + 0.0211 * $0 + 0.0123
      }),
    Law(
      name: "pcm", reference: 25, firstRead: 20, readTime: 250e-9,
      programming: { 0.26348 + 1.9650 * $0 - 1.1731 * $0 * $0 },
      driftMean: { bounded(-0.0155 * log($0) + 0.0244, 0.049, 0.1) },
      driftSpread: { bounded(-0.0125 * log($0) - 0.0059, 0.008, 0.045) },
      readNoise: { min(0.0088 / max(pow($0, 0.65), 1e-3), 0.2) }),
  ]

  /// Relative targets: the ends, and both sides of every place where a law changes its form.
  static let targets = [
    0, 0.002, 0.01, 0.03, 0.05, 0.09, 0.1, 0.15, 0.17, 0.2, 0.25, 0.3, 0.31, 0.4, 0.5, 0.6, 0.7,
    0.8, 0.9, 1,
  ]

  private static let day = 86_400.0

  /// Calls `body` with each target, on all processors.
  private func forEachTarget(_ body: @Sendable (Double) -> Void) {
    DispatchQueue.concurrentPerform(iterations: Self.targets.count) { body(Self.targets[$0]) }
  }

  private func randomness(_ core: Int, seed: UInt64 = 7) -> CellRandomness {
    CellRandomness(
      chip: 0, core: CoreID(core), firstRow: 0, firstColumn: 0, coreColumns: 1000, seed: seed)
  }

  /// A million pairs: one side has the target, the other zero.
  @Test(arguments: laws.map(\.name)) func programmingAndDriftFollowTheLaw(name: String) throws {
    let law = try #require(Self.laws.first { $0.name == name })
    let model = try #require(try Chip.named("hermes").device(name))
    #expect(model.maximumConductance == law.reference)
    forEachTarget { target in
      let cells = ProgrammedCells(
        [Float](repeating: Float(target), count: 1_000_000), columns: 1000, gMax: law.reference,
        model: model, randomness: randomness(Int(target * 1000)))
      for (side, r) in [(cells.positive, Double(Float(target))), (cells.negative, 0)] {
        let programmed = Expected(rectified: r * law.reference, law.programming(r))
        #expect(programmed.describes(Moments(side.programmed)), "programmed, r = \(r)")
        let drift = Expected(folded: law.driftMean(r), law.driftSpread(r))
        #expect(drift.describes(Moments(side.exponents)), "exponent, r = \(r)")
      }
    }
  }

  /// At r = 0 the mean is 0.40 σ and the spread 0.58 σ.
  @Test func theZeroSideIsRectified() {
    let zero = Expected(rectified: 0, 1)
    #expect(abs(zero.mean - 0.3989) < 1e-4 && abs(zero.spread - 0.5838) < 1e-4)
  }

  @Test(arguments: laws.map(\.name), [0, 3600, day, 365 * day])
  func readNoiseFollowsTheLaw(name: String, time: Double) throws {
    let law = try #require(Self.laws.first { $0.name == name })
    let model = try #require(try Chip.named("hermes").device(name))
    let count = time == Self.day ? 1_000_000 : 100_000
    let t = time + law.firstRead
    let factor = log((t + law.readTime) / (2 * law.readTime)).squareRoot()
    forEachTarget { r in
      let exponent = r == 0 ? 0 : law.driftMean(r)
      let side = ProgrammedCells.Side(
        programmed: Array(repeating: r * law.reference, count: count),
        exponents: Array(repeating: exponent, count: count))
      let cells = ProgrammedCells(
        model: model, randomness: randomness(Int(r * 1000)), rows: count / 1000, columns: 1000,
        positive: side, negative: side)
      let read = cells.conductances(at: time, .fresh(Epoch(.inference)))
      let drifted = r * law.reference * pow(t / law.firstRead, -exponent)
      for values in [read.positive, read.negative] {
        if r == 0 {
          #expect(values.allSatisfy { $0 == 0 })
        } else {
          let expected = Expected(rectified: drifted, drifted * law.readNoise(r) * factor)
          #expect(
            expected.describes(Moments(values.lazy.map(Double.init))), "r = \(r) at \(time) s")
        }
      }
    }
  }

  /// Without noise only the drift is left.
  @Test func driftAloneIsAPower() throws {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    for (exponent, time) in [(0.05, 86_400.0), (0.13, 3.15e7), (0, 1e9), (0.07, 0)] {
      let side = ProgrammedCells.Side(
        programmed: [0, 3, 20.7], exponents: [exponent, exponent, exponent])
      let cells = ProgrammedCells(
        model: model, randomness: randomness(0), rows: 1, columns: 3, positive: side, negative: side
      )
      let read = cells.conductances(at: time, .absent).positive
      for (value, programmed) in zip(read, [0, 3, 20.7]) {
        let expected = programmed * pow((time + 300) / 300, -exponent)
        #expect(abs(Double(value) - expected) <= 1e-7 * expected)
      }
    }
  }
}
