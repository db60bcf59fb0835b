import Chip
import Device
import Foundation
import Testing

/// Which random numbers depend on what.
@Suite struct RandomnessTests {
  private let model: DeviceModel

  init() throws { model = try #require(try Chip.named("hermes").device("hermes-tdp")) }

  private func cells(
    _ targets: [Float], columns: Int, row: Int = 0, column: Int = 0, chip: Int = 0, core: Int = 0,
    seed: UInt64 = 1, gMax: Double = 20.7, faults: CellFaults = .none
  ) -> ProgrammedCells {
    ProgrammedCells(
      targets, columns: columns, gMax: gMax, model: model,
      randomness: CellRandomness(
        chip: chip, core: CoreID(core), firstRow: row, firstColumn: column, coreColumns: 256,
        seed: seed), faults: faults)
  }

  /// A cell draws the same whichever block it belongs to.
  @Test func aCellIsItsPlaceOnTheCore() {
    let whole = cells((0..<64).map { Float($0) / 64 }, columns: 8, row: 3, column: 5)
    let part = cells(
      (0..<64).filter { $0 / 8 >= 2 && $0 % 8 >= 6 }.map { Float($0) / 64 }, columns: 2, row: 5,
      column: 11)
    let epoch = ReadNoise.fresh(Epoch(.refit, index: 3))
    let (all, some) = (whole.conductances(at: 60, epoch), part.conductances(at: 60, epoch))
    let indices = (0..<64).filter { $0 / 8 >= 2 && $0 % 8 >= 6 }
    #expect(some.positive == indices.map { all.positive[$0] })
    #expect(some.negative == indices.map { all.negative[$0] })
    #expect(part.positive.exponents == indices.map { whole.positive.exponents[$0] })
  }

  /// A line draws the same for a vector alone, in double precision, and for many together, in single.
  @Test func linesDrawOneByOneAndTogether() {
    let lines = LineRandomness(
      chip: 1, core: CoreID(3), firstRow: 16, firstColumn: 5, seed: 7, epoch: Epoch(.inference))
    let vectors = [0, 0, 9, 70_000] + Array(0..<20_000)
    let inferences = [4, 5, 1 << 33, 6] + (0..<20_000).map { $0 % 64 }
    let count = vectors.count
    var (first, second) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    func words(_ numbers: [Int], _ shift: Int = 0) -> [UInt32] {
      numbers.map { UInt32(truncatingIfNeeded: $0 >> shift) }
    }
    words(vectors).withUnsafeBufferPointer { numbers in
      words(inferences).withUnsafeBufferPointer { low in
        words(inferences, 32).withUnsafeBufferPointer { high in
          lines.draws(.output).setNormals(
            &first, &second, column: 2,
            for: .init(
              numbers: numbers.baseAddress, inferences: low.baseAddress,
              high_inferences: high.baseAddress), count: count)
        }
      }
    }
    for index in 0..<count {
      let alone = lines.normals(
        .output, column: 2, vector: vectors[index], inference: inferences[index])
      #expect(
        abs(alone.0 - Double(first[index])) < 1e-5 && abs(alone.1 - Double(second[index])) < 1e-5)
    }
  }

  @Test func everythingElseDrawsAnew() {
    let targets = [Float](repeating: 0.5, count: 16)
    let base = cells(targets, columns: 4).positive
    for other in [
      cells(targets, columns: 4, chip: 1), cells(targets, columns: 4, core: 1),
      cells(targets, columns: 4, seed: 2), cells(targets, columns: 4, seed: 1 | 1 << 32),
      cells(targets, columns: 4, row: 4), cells(targets, columns: 4, column: 4),
    ] {
      for (a, b) in zip(base.programmed, other.positive.programmed) { #expect(a != b) }
      for (a, b) in zip(base.exponents, other.positive.exponents) { #expect(a != b) }
    }
  }

  /// Nothing is calibrated on the noise that is tested, unless that is asked for.
  @Test func epochsAreIndependent() {
    let side = ProgrammedCells.Side(
      programmed: Array(repeating: 10, count: 65_536), exponents: Array(repeating: 0, count: 65_536)
    )
    let cells = ProgrammedCells(
      model: model,
      randomness: CellRandomness(
        chip: 0, core: CoreID(0), firstRow: 0, firstColumn: 0, coreColumns: 256, seed: 1),
      rows: 256, columns: 256, positive: side, negative: side)
    var reads: [[Float]] = []
    for purpose in Epoch.Purpose.allCases {
      for index: UInt16 in [0, 1, .max] {
        let read = cells.conductances(at: 0, .fresh(Epoch(purpose, index: index)))
        reads += [read.positive, read.negative]
      }
    }
    let deviations = reads.map { values in
      let mean = values.reduce(0, +) / 65_536
      let centred = values.map { $0 - mean }
      let norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return centred.map { $0 / norm }
    }
    for i in deviations.indices {
      for j in 0..<i {
        let correlation = zip(deviations[i], deviations[j]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(correlation) < 4.5 / 256, "\(i) and \(j)")
      }
    }
    #expect(
      cells.conductances(at: 0, .frozen) == cells.conductances(at: 0, .fresh(Epoch(.inference))))
  }

  /// Deviates are normal: the share beyond 1, 2, 3 and 4 standard deviations, and no correlation
  /// of the sides of a pair.
  @Test func deviatesAreNormal() {
    // A target in the middle, so far from zero that nothing is cut.
    let count = 4_000_000
    let cells = cells([Float](repeating: 0.5, count: count), columns: 250)
    let sigma =
      0.16603222 + 4.71806468 * 0.5 - 8.48101252 * 0.25 + 4.68961419 * 0.125
    let deviates = cells.positive.programmed.map { ($0 - 10.35) / sigma }
    for bound in [1.0, 2, 3, 4] {
      let expected = erfc(bound / 2.0.squareRoot()) / 2
      for sign in [1.0, -1] {
        let share = Double(deviates.count { $0 * sign > bound }) / Double(count)
        #expect(
          abs(share - expected) < 4.5 * (expected / Double(count)).squareRoot(),
          "\(share) beyond \(sign * bound)")
      }
    }
    let exponents = cells.positive.exponents
    let mean = exponents.reduce(0, +) / Double(count)
    let spread =
      (exponents.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
    let correlation =
      zip(deviates, exponents).reduce(0) { $0 + $1.0 * ($1.1 - mean) / spread } / Double(count)
    #expect(abs(correlation) < 4.5 / Double(count).squareRoot())
  }

  /// The absolute conductance counts: half the g_max at the same target is more error, relatively.
  @Test func aLowerMaximumIsNoisier() {
    let half = cells([Float](repeating: 1, count: 1000), columns: 10, gMax: 10.35)
    let same = cells([Float](repeating: 0.5, count: 1000), columns: 10)
    #expect(half.positive.programmed == same.positive.programmed)
    #expect(half.positive.exponents == same.positive.exponents)
  }

  @Test func faultsHaveTheirRates() {
    let faults = CellFaults(stuckAtZero: 0.02, stuckAtMaximum: 0.01, unconverged: 0.05)
    #expect(faults.isValid)
    #expect(!CellFaults(stuckAtZero: 0.6, unconverged: 0.6).isValid)
    #expect(!CellFaults(stuckAtZero: -0.1).isValid && !CellFaults(unconverged: .nan).isValid)
    let count = 1_000_000
    let targets = [Float](repeating: 0.5, count: count)
    let good = cells(targets, columns: 1000)
    let faulty = cells(targets, columns: 1000, faults: faults)
    for (side, original) in [(faulty.positive, good.positive), (faulty.negative, good.negative)] {
      let zeros = (0..<count).filter { side.programmed[$0] == 0 && side.exponents[$0] == 0 }
      let full = (0..<count).filter { side.programmed[$0] == 20.7 }
      let moved = (0..<count).filter {
        side.programmed[$0] != original.programmed[$0] && side.exponents[$0] != 0
      }
      for (found, rate) in [(zeros, 0.02), (full, 0.01), (moved, 0.05)] {
        let error = (rate * Double(count)).squareRoot()
        #expect(abs(Double(found.count) - rate * Double(count)) < 4.5 * error)
      }
      #expect(full.allSatisfy { side.exponents[$0] == 0 })
      let mean = moved.reduce(0) { $0 + side.programmed[$1] } / Double(moved.count)
      #expect(abs(mean / 20.7 - 0.5) < 4.5 * (1 / 12.0 / Double(moved.count)).squareRoot())
    }
  }
}
