import Chip
import Device
import Testing

/// Programming by the errors of MVMs beside program-and-verify alone.
@Suite struct GradientTests {
  private let chip: Chip
  private let model: DeviceModel
  private let pulses: PulseProgramming

  init() throws {
    chip = try Chip.named("hermes")
    model = try #require(chip.device("hermes-tdp"))
    pulses = PulseProgramming(model, on: chip, samples: 500)
  }

  private static let targets: [Float] = (0..<96 * 32).map { place in
    let uniform = Float((place * 7919) % 2003) / 1001 - 1
    return uniform * uniform.magnitude
  }

  private func cells(
    _ gradient: GradientProgramming?, limits: [CellLimit] = [], faults: CellFaults = .none
  ) -> ProgrammedCells {
    ProgrammedCells(
      Self.targets, columns: 32, gMax: 18, model: model,
      randomness: CellRandomness(
        chip: 0, core: CoreID(2), firstRow: 0, firstColumn: 0, coreColumns: 256, seed: 5),
      faults: faults, limits: limits, pulses: pulses, gradient: gradient)
  }

  /// The errors of the pairs, in µS.
  private func errors(_ cells: ProgrammedCells) -> [Double] {
    Self.targets.indices.map {
      cells.positive.programmed[$0] - cells.negative.programmed[$0] - 18 * Double(Self.targets[$0])
    }
  }

  private func spread(_ errors: [Double]) -> Double {
    (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
  }

  /// The errors become smaller by a fifth at least, no cell takes more pulses than there are rounds, and the same comes of the
  /// same seed.
  @Test func errorsBecomeSmaller() throws {
    let gradient = GradientProgramming(pulses, on: chip)
    let (before, after) = (cells(nil), cells(gradient))
    let (first, second) = (spread(errors(before)), spread(errors(after)))
    #expect(second < 0.8 * first, "\(first), \(second)")
    let again = cells(gradient)
    #expect(again.positive.programmed == after.positive.programmed)
    #expect(before.corrections == ProgrammingCosts())
    let rounds = gradient.scheme.rounds
    #expect(after.corrections.nanoseconds > 1e9 && after.corrections.picojoules > 0)
    #expect(after.corrections.nanoseconds < Double(rounds) * 1.1e9)
    #expect(after.corrections.pulses > 0)
    #expect(after.corrections.pulses < 2 * 2 * rounds * Self.targets.count)
  }

  /// Where devices are filled in turn, pulses go to the one in which the target ends, also beside a full device.
  @Test func errorsBecomeSmallerInTurn() throws {
    let model = try #require(try Chip.named("hermes-in-turn").ownDevice)
    let pulses = PulseProgramming(model, on: chip, samples: 500)
    let targets: [Float] = (0..<96 * 32).map { place in
      0.4 + 0.2 * Float((place * 7919) % 2003) / 2003
    }
    func spread(_ gradient: GradientProgramming?) -> Double {
      let cells = ProgrammedCells(
        targets, columns: 32, gMax: 20.7, model: model,
        randomness: CellRandomness(
          chip: 0, core: CoreID(2), firstRow: 0, firstColumn: 0, coreColumns: 256, seed: 5),
        pulses: pulses, gradient: gradient)
      let errors: [Double] = targets.indices.map { place in
        let pair = cells.positive.programmed[place] - cells.negative.programmed[place]
        return pair - 20.7 * Double(targets[place])
      }
      return self.spread(errors)
    }
    let (before, after) = (spread(nil), spread(GradientProgramming(pulses, on: chip)))
    #expect(after < 0.9 * before, "\(before), \(after)")
  }

  /// What is stuck high is made up for by the other side of the pair; what is stuck stays stuck.
  @Test func otherSidesMakeUpForStuckOnes() throws {
    // Positive sides that conduct 8 µS too much.
    let places = Self.targets.indices.filter {
      (0.05..<0.4).contains(Self.targets[$0]) && $0 % 5 == 0
    }
    let limits = places.map { place in
      let stuck = 18 * Double(Self.targets[place]) + 8
      return CellLimit(cell: place, isNegative: false, range: stuck...stuck)
    }
    #expect(limits.count > 50)
    let (before, after) = (
      cells(nil, limits: limits), cells(GradientProgramming(pulses, on: chip), limits: limits)
    )
    func error(_ cells: ProgrammedCells) -> Double {
      let all = errors(cells)
      return spread(places.map { all[$0] })
    }
    #expect(error(before) > 7.5 && error(after) < 2, "\(error(before)), \(error(after))")
    for limit in limits {
      #expect(after.positive.programmed[limit.cell] == limit.range.lowerBound)
    }
    // Cells that fail at random stay where they are, too.
    let faults = CellFaults(stuckAtZero: 0.05, stuckAtMaximum: 0.05)
    let (given, corrected) = (
      cells(nil, faults: faults), cells(GradientProgramming(pulses, on: chip), faults: faults)
    )
    var count = 0
    for place in Self.targets.indices where given.positive.programmed[place] == 18 {
      #expect(corrected.positive.programmed[place] == 18)
      count += 1
    }
    #expect(count > 50)
  }
}
