import Chip
import Device
import Foundation
import Testing

/// Devices of a side that are filled one after the other: Specs/numerics.md, "Devices".
@Suite struct FillingTests {
  private let model: DeviceModel
  private let chip: Chip

  init() throws {
    chip = try Chip.named("hermes-in-turn")
    model = try #require(chip.ownDevice)
  }

  private func cells(_ target: Float, _ model: DeviceModel, count: Int = 200_000) -> ProgrammedCells
  {
    ProgrammedCells(
      [Float](repeating: target, count: count), columns: 200, gMax: model.maximumConductance,
      model: model,
      randomness: CellRandomness(
        chip: 0, core: CoreID(3), firstRow: 0, firstColumn: 0, coreColumns: 200, seed: 5))
  }

  private func moments(_ values: some Collection<Double>) -> (mean: Double, spread: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(values.count)).squareRoot())
  }

  @Test func partsHoldTheConductance() {
    #expect(model.filling == .inTurn && model.parts == 2 && model.partConductance == 10.35)
    for conductance in [0, 3, 10.35, 10.4, 17, 20.7, 23] {
      let shares = (0..<2).map { model.share(of: conductance, part: $0) }
      #expect(abs(shares[0] + shares[1] - conductance) < 1e-12)
      #expect(shares[0] == min(conductance, 10.35))
      #expect(model.lastPart(of: conductance) == (conductance > 10.35 ? 1 : 0))
    }
  }

  /// The spread of two devices, the drift and the read noise of one.
  @Test func presetIsMadeOfPublishedModels() throws {
    let one = try #require(chip.device("hermes-odp"))
    var expected = try #require(chip.device("hermes-tdp"))
    (expected.name, expected.source, expected.filling) = (model.name, model.source, .inTurn)
    (expected.driftMean, expected.driftSpread) = (one.driftMean, one.driftSpread)
    expected.readNoise = one.readNoise
    #expect(model == expected)
  }

  @Test func oneDeviceInTurnIsOneDevice() throws {
    let even = try #require(chip.device("hermes-odp"))
    var inTurn = even
    inTurn.filling = .inTurn
    let (a, b) = (cells(0.4, even, count: 2000), cells(0.4, inTurn, count: 2000))
    #expect(a.positive.programmed == b.positive.programmed)
    #expect(a.positive.exponents == b.positive.exponents)
    for noise in [ReadNoise.absent, .fresh(Epoch(.inference))] {
      #expect(a.conductances(at: 86_400, noise) == b.conductances(at: 86_400, noise))
    }
    for target in [0, 0.2, 7] {
      let expected = even.expectedConductance(of: target, at: 1e6)
      #expect(inTurn.expectedConductance(of: target, at: 1e6) == expected)
    }
  }

  /// The laws written out: the spread of two devices, the drift of each one.
  @Test(arguments: [0.1, 0.4, 0.6, 0.9]) func devicesDriftByThemselves(r: Double) throws {
    let cells = cells(Float(r), model)
    let count = cells.positive.programmed.count
    let spread = 0.16603222 + 4.71806468 * r - 8.48101252 * r * r + 4.68961419 * r * r * r
    let programmed = moments(cells.positive.programmed)
    #expect(abs(programmed.spread / spread - 1) < 0.02 && abs(programmed.mean - r * 20.7) < 0.02)
    for part in 0..<2 {
      // The second device has the drift of the first one where it is to hold nothing.
      let state = r > 0.5 ? min(2 * r - Double(part), 1) : 2 * r
      let mean =
        state < 0.0945
        ? min(max(-0.0387 * log(state) - 0.0182, 0.072), 0.13)
        : -0.0436 * state * state - 0.0126 * state + 0.0736
      let exponents = moments(cells.positive.exponents[part * count..<(part + 1) * count])
      #expect(abs(exponents.mean - mean) < 0.02 * mean, "device \(part)")
    }
    // Drift alone, from what each device holds and its exponent.
    let time = 86_400.0
    let read = cells.conductances(at: time, .absent).positive
    for cell in stride(from: 0, to: count, by: 997) {
      let whole = cells.positive.programmed[cell]
      let factor = { (part: Int) in
        pow((time + 300) / 300, -cells.positive.exponents[part * count + cell])
      }
      let wanted = min(whole, 10.35) * factor(0) + max(whole - 10.35, 0) * factor(1)
      #expect(abs(Double(read[cell]) / wanted - 1) < 1e-6)
    }
  }

  /// The noise of both devices adds up, and the expected conductance is the mean of what reads show.
  @Test(arguments: [0.1, 0.3, 0.5, 0.8, 1]) func readsShowWhatIsExpected(r: Double) {
    let cells = cells(Float(r), model)
    let (time, epoch) = (86_400.0, ReadNoise.fresh(Epoch(.inference)))
    let (quiet, noisy) = (
      cells.conductances(at: time, .absent), cells.conductances(at: time, epoch)
    )
    let mean = moments(quiet.positive.map(Double.init)).mean
    let wanted = model.expectedConductance(of: r * 20.7, at: time)
    #expect(abs(mean / wanted - 1) < 2e-3, "\(mean) beside \(wanted)")
    let noise = moments(
      zip(noisy.positive, quiet.positive).filter { $0.1 > 0 }.map { Double($0 - $1) / Double($1) })
    let relative = model.readNoise(of: r * 20.7) * model.accumulation(at: time)
    #expect(abs(noise.spread / relative - 1) < 0.1)
    let q = { (state: Double) in
      state < 0.1591
        ? min(max(-0.0078 * log(state) + 0.0038, 0.0179), 0.04)
        : 0.0664 * state * state * state - 0.1352 * state * state + 0.0768 * state + 0.0088
    }
    let held = [min(2 * r, 1), max(2 * r - 1, 0)].filter { $0 > 0 }
    let together = held.reduce(0) { $0 + $1 * q($1) * $1 * q($1) }.squareRoot() / (2 * r)
    #expect(abs(model.readNoise(of: r * 20.7) / together - 1) < 1e-9)
  }

  /// What the choice is for: after a day, sides have lost less, and less unevenly.
  @Test(arguments: [0.2, 0.3, 0.4, 0.5, 0.8]) func lessIsLostThanWithTheSameInBoth(r: Double) throws
  {
    let both = try #require(chip.device("hermes-tdp"))
    let lost = [model, both].map { model in
      1 - moments(
        cells(Float(r), model).conductances(at: 86_400, .absent).positive.map(Double.init)
      )
      .mean / (r * 20.7)
    }
    #expect(lost[0] < lost[1] - 0.01, "\(lost)")
  }

  @Test func aNumberOfDevicesIsNeeded() {
    let text = """
      extends: hermes-in-turn
      name: wrong
      summary: in turn without a number
      devices:
        hermes-in-turn:
          devices-per-polarity: none
      """
    let message =
      "devices.hermes-in-turn.filling: in-turn needs a number of devices in"
      + " devices.hermes-in-turn.devices-per-polarity"
    #expect {
      try Chip(yaml: text)
    } throws: { "\($0)".contains(message) }
    #expect(!(try! Chip.named("hermes")).yaml.contains("filling"))
    #expect(chip.yaml.contains("    filling: in-turn\n"))
  }
}
