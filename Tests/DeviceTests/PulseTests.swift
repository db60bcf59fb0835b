import Chip
import Device
import Testing

/// Programming pulse by pulse beside the published spread of programmed conductances.
@Suite struct PulseTests {
  private let chip: Chip

  /// A chip all of whose cells converge.
  init() throws {
    var chip = try Chip.named("hermes-in-turn")
    chip.circuit = .none
    self.chip = chip
  }

  /// 128 × 128 cells with one target, in parts of the model's largest conductance.
  private func cells(
    _ target: Float, _ model: DeviceModel, _ pulses: PulseProgramming?, seed: UInt64 = 9,
    faults: CellFaults = .none
  ) -> ProgrammedCells {
    ProgrammedCells(
      [Float](repeating: target, count: 128 * 128), columns: 128, gMax: model.maximumConductance,
      model: model,
      randomness: CellRandomness(
        chip: 0, core: CoreID(1), firstRow: 0, firstColumn: 0, coreColumns: 256, seed: seed),
      faults: faults, pulses: pulses)
  }

  /// Mean and standard deviation of errors in µS.
  private func errors(_ cells: ProgrammedCells, _ target: Double) -> (mean: Double, spread: Double)
  {
    let values = cells.positive.programmed
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean - target, (squares / Double(values.count - 1)).squareRoot())
  }

  /// Both methods give the same spread: within 2 % where the standard error is 0.6 % for either, but 6 % below a
  /// tenth of the range, where the margin is wider than the spread; the mean departs by at most a quarter of the spread
  /// there, since few counts tell such targets from 0, and by a twentieth elsewhere.
  @Test(arguments: ["hermes-odp", "hermes-tdp", "hermes-in-turn"])
  func errorsAreThoseOfTheModel(_ name: String) throws {
    let model = try #require(chip.device(name))
    let pulses = PulseProgramming(model, on: chip)
    for target: Float in [0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1] {
      let wanted = Double(target) * model.maximumConductance
      let found = errors(cells(target, model, pulses), wanted)
      let statistical = errors(cells(target, model, nil, seed: 10), wanted)
      let isSmall = target > 0 && target <= 0.1
      let ratio = found.spread / statistical.spread
      #expect((ratio - 1).magnitude < (isSmall ? 0.06 : 0.02), "\(name) at \(target): \(ratio)")
      let shift = (found.mean - statistical.mean) / statistical.spread
      #expect(shift.magnitude < (isSmall ? 0.25 : 0.05), "\(name) at \(target): \(shift)")
    }
  }

  /// More than 99 % of the cells of a healthy core converge, as published; and none that cannot.
  @Test(arguments: ["hermes-odp", "hermes-tdp", "hermes-in-turn"])
  func cellsConverge(_ name: String) throws {
    let model = try #require(chip.device(name))
    let pulses = PulseProgramming(model, on: chip)
    for target: Float in [0.1, 0.5, 1] {
      let side = cells(target, model, pulses).positive
      let converged = side.converged.count { $0 }
      #expect(Double(converged) > 0.99 * Double(side.converged.count), "\(name) at \(target)")
      #expect(side.rounds.allSatisfy { $0 <= 30 } && side.rounds.contains { $0 > 1 })
      // Larger targets take more rounds than small ones.
      let rounds = side.rounds.reduce(0) { $0 + Int($1) }
      #expect(Double(rounds) / Double(side.rounds.count) < (target < 0.2 ? 2 : 8))
    }
    let stuck = cells(0.5, model, pulses, faults: CellFaults(stuckAtZero: 0.1)).positive
    let failed = zip(stuck.converged, stuck.rounds).filter { !$0.0 }
    #expect((0.08..<0.12).contains(Double(failed.count) / Double(stuck.converged.count)))
    #expect(failed.allSatisfy { $0.1 == 30 })
  }

  /// What is expected is what it takes, and no more than all rounds of all diagonals.
  @Test func timeAndEnergyAreThoseOfTheRounds() throws {
    let model = try #require(chip.device("hermes-tdp"))
    let pulses = PulseProgramming(model, on: chip)
    var deviate: UInt32 = 1
    let targets = (0..<256 * 256).map { _ -> Float in
      deviate = deviate &* 1_664_525 &+ 1_013_904_223
      let uniform = Float(deviate >> 8) / Float(1 << 24) * 2 - 1
      return uniform * uniform * uniform
    }
    let cells = ProgrammedCells(
      targets, columns: 256, gMax: 20.7, model: model,
      randomness: CellRandomness(
        chip: 0, core: CoreID(0), firstRow: 0, firstColumn: 0, coreColumns: 256, seed: 1),
      pulses: pulses)
    let costs = ProgrammedCells.costs(of: [(cells, targets, 20.7)], on: chip, pulses)
    let placed = PulseProgramming.PlacedTargets(
      targets, columns: 256, gMax: 20.7, firstRow: 0, firstColumn: 0)
    let expected = pulses.expectedCosts(of: [placed], on: chip)
    #expect((costs.nanoseconds / expected.nanoseconds - 1).magnitude < 0.1)
    #expect((costs.picojoules / expected.picojoules - 1).magnitude < 0.1)
    #expect((Double(costs.pulses) / Double(expected.pulses) - 1).magnitude < 0.02)
    // 256 diagonals of two polarities: 8 cycles of RESET, SET and each of 30 pulses, and 31 reads.
    let most = 512 * (8 * (125 + 300) + 30 * 8 * 125 + 31 * 768) as Double
    #expect(costs.nanoseconds < most && costs.nanoseconds > most / 30)
    // Of RESET and SET: two devices a side.
    let rounds = (cells.positive.rounds + cells.negative.rounds).reduce(0) { $0 + Int($1) }
    let set = targets.count { $0 != 0 }
    #expect(costs.pulses == 2 * (2 * targets.count + set + rounds))
    #expect(costs.reads == 2 * targets.count + rounds)
  }
  /// One device gets the pulses of a round; those that are set are as many as the target needs.
  @Test func devicesFilledInTurnTakeFewerPulses() throws {
    let model = try #require(chip.device("hermes-in-turn"))
    let pulses = PulseProgramming(model, on: chip)
    for (target, parts) in [(Float(0.3), 1), (0.8, 2)] {
      let cells = cells(target, model, pulses)
      let targets = [Float](repeating: target, count: 128 * 128)
      let costs = ProgrammedCells.costs(of: [(cells, targets, 20.7)], on: chip, pulses)
      let rounds = cells.positive.rounds.reduce(0) { $0 + Int($1) }
      #expect(costs.pulses == 2 * 2 * targets.count + parts * targets.count + rounds)
      let placed = PulseProgramming.PlacedTargets(
        targets, columns: 128, gMax: 20.7, firstRow: 0, firstColumn: 0)
      let expected = pulses.expectedCosts(of: [placed], on: chip)
      #expect((costs.nanoseconds / expected.nanoseconds - 1).magnitude < 0.1)
      #expect((costs.picojoules / expected.picojoules - 1).magnitude < 0.1)
    }
  }
}
