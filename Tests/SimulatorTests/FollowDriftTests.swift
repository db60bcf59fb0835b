import Basics
import Chip
import Device
import Program
import Simulator
import TestSupport
import Testing

/// Chips whose calibration follows drift.
@Suite struct FollowDriftTests {
  private static let (day, year) = (86400.0, 365 * 86400.0)
  private static let (rows, columns, vectors) = (48, 12, 200)

  /// A layer whose probe has inputs of its own, which are not zero on average, and what these give.
  private static func network() throws -> (program: ValidProgram, x: [Float]) {
    var numbers = SplitMix64(seed: 23)
    let codes = numbers.floats(vectors * rows).map { Float(Int($0 * 40 + 60)) }
    var layer = Layer(
      vectors: vectors, rows: rows, columns: columns, conductances: numbers.floats(rows * columns),
      gain: [Float](repeating: 1e-3, count: columns),
      offset: [Float](repeating: 0.5, count: columns), scale: 0.04)
    layer.chip = smallChip(rows: 256, columns: 256, countsPerGMax: 160)
    var program = layer.program()
    let ones = [Float](repeating: 1, count: columns)
    program.probes = [
      Probe(
        block: BlockID(0), routine: .refit, codes: Bytes(copying: codes.map { Int16($0) }),
        mean: ones, spread: ones)
    ]
    return (try ValidProgram(program), codes)
  }

  /// Devices that drift with the state that they are in, and nothing else, unless `effects` say so.
  private static func chip(
    _ program: ValidProgram, _ effects: Effects = [.drift], driftSpread: Curve = .polynomial([0])
  ) throws -> ProgrammedChip {
    var model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    model.driftSpread = driftSpread
    return try ProgrammedChip(
      program,
      fidelity: Fidelity(
        effects: effects, devices: SimulatedDevices(model: model, seed: 3, time: 0)))
  }

  private static func outputs(
    _ chip: ProgrammedChip, _ x: [Float], at time: Double, _ found: ProgrammedChip.Calibration
  ) throws -> [Float] {
    try chip.simulation(at: time, patch: found.patch).run([Tensor(x, shape: [vectors, rows])])
      .outputs[0].elements(of: Float.self)
  }

  /// The difference relative to the deviation of `b` from its mean.
  private static func error(_ a: [Float], _ b: [Float]) -> Double {
    let mean = b.reduce(0) { $0 + Double($1) } / Double(b.count)
    let (difference, power) = zip(a, b).reduce((0.0, 0.0)) {
      let d = (Double($1.0) - Double($1.1), Double($1.1) - mean)
      return ($0.0 + d.0 * d.0, $0.1 + d.1 * d.1)
    }
    return (difference / power).squareRoot()
  }

  /// Where every device drifts as its state says, a chip that follows the clock stays nearly as it was calibrated:
  /// devices of a column are in several states, and have one factor.
  @Test func theClockUndoesTheDriftThatIsExpected() throws {
    let (program, x) = try Self.network()
    let chip = try Self.chip(program)
    let found = try chip.calibrated(at: Self.day, routine: Probe.Routine.none)
    let before = try Self.outputs(chip, x, at: Self.day, found)
    func error(_ rule: DriftFollowing) throws -> Double {
      let followed = try chip.following(found, from: Self.day, to: Self.year, by: rule)
      return Self.error(try Self.outputs(chip, x, at: Self.year, followed), before)
    }
    let (none, clock) = try (error(.none), error(.clock))
    #expect(none > 0.2 && clock < 0.03, "\(none) \(clock)")
  }

  /// What drifts as no model expects is measured: here the devices of a chip where only the mean is known.
  @Test func theMeasuredGainSeesWhatTheClockDoesNot() throws {
    let (program, x) = try Self.network()
    // All exponents are far larger than the mean of the model.
    let chip = try Self.chip(program, driftSpread: .polynomial([0.2]))
    let found = try chip.calibrated(at: 0, routine: Probe.Routine.none)
    let before = try Self.outputs(chip, x, at: 0, found)
    func followed(_ rule: DriftFollowing) throws -> ProgrammedChip.Calibration {
      try chip.following(found, from: 0, to: Self.day, by: rule)
    }
    func size(_ rule: DriftFollowing) throws -> Double {
      let outputs = try Self.outputs(chip, x, at: Self.day, followed(rule))
      func spread(_ values: [Float]) -> Double {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        return values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }.squareRoot()
      }
      return spread(outputs) / spread(before)
    }
    let (clock, gain) = try (size(.clock), size(.gain))
    #expect((gain - 1).magnitude < (clock - 1).magnitude, "\(clock) \(gain)")
    #expect(try followed(.clock).multiplications == 0)
    #expect(try followed(.gain).multiplications == 2 * Self.vectors)
  }

  @Test func nothingChangesWhereNothingDrifts() throws {
    let (program, _) = try Self.network()
    for effects in [Effects.programming, [.programming, .readNoise], .quantized] {
      let chip = try Self.chip(program, effects)
      let found = try chip.calibrated(at: 0)
      for rule in DriftFollowing.allCases {
        let followed = try chip.following(found, from: 0, to: Self.year, by: rule)
        #expect(followed.patch == found.patch)
      }
    }
    let chip = try Self.chip(program)
    let found = try chip.calibrated(at: Self.day)
    let same = try chip.following(found, from: Self.day, to: Self.day, by: .gain)
    #expect(same.patch == found.patch && same.multiplications == found.multiplications)
  }
}
