import Basics
import Chip
import Device
import Program
import Simulator
import TestSupport
import Testing

/// Chips that correct their own gains and offsets.
@Suite struct CalibrationTests {
  private static let (rows, columns, vectors) = (48, 12, 200)

  /// A layer with a probe of its own inputs, and those inputs.
  private static func network(_ routine: Probe.Routine) throws -> (program: Program, x: [Float]) {
    var numbers = SplitMix64(seed: 17)
    let weights = numbers.floats(rows * columns)
    let codes = numbers.floats(vectors * rows).map { Float(Int($0 * 63 + 64)) }
    var layer = Layer(
      vectors: vectors, rows: rows, columns: columns, conductances: weights,
      gain: [Float](repeating: 1e-3, count: columns),
      offset: [Float](repeating: 0.5, count: columns),
      scale: 0.04)
    layer.chip = smallChip(rows: 256, columns: 256, countsPerGMax: 160)
    var program = layer.program()
    var (mean, spread) = ([Float](), [Float]())
    for column in 0..<columns {
      let sums = (0..<vectors).map { vector in
        (0..<rows).reduce(0.0) {
          $0 + Double(codes[vector * rows + $1]) * Double(weights[$1 * columns + column])
        }
      }
      let average = sums.reduce(0, +) / Double(vectors)
      mean.append(Float(average))
      let squares = sums.reduce(0) { $0 + ($1 - average) * ($1 - average) }
      spread.append(Float((squares / Double(vectors)).squareRoot()))
    }
    program.probes = [
      Probe(
        block: BlockID(0), routine: routine, codes: Bytes(copying: codes.map { Int16($0) }),
        mean: mean, spread: spread)
    ]
    return (program, codes)
  }

  private static func devices(time: Double) throws -> Fidelity {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    return .devices(SimulatedDevices(model: model, seed: 5, time: time))
  }

  private static func run(_ simulation: Simulation, _ x: [Float]) throws -> [Float] {
    try simulation.run([Tensor(x, shape: [vectors, rows])]).outputs[0].elements(of: Float.self)
  }

  /// Root mean square of the difference.
  private static func error(_ a: [Float], _ b: [Float]) -> Double {
    (zip(a, b).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) } / Double(a.count))
      .squareRoot()
  }

  @Test func correctionsComeNearerToWhatWasMeant() throws {
    let year = 365.0 * 86400
    let (program, x) = try Self.network(.refit)
    let ideal = try Self.run(Simulation(program, fidelity: .ideal), x)
    let chip = try ProgrammedChip(program, fidelity: Self.devices(time: year))
    var errors: [Double] = [
      Self.error(try Self.run(chip.simulation(at: year), x), ideal)
    ]
    for routine in [Probe.Routine.global, .column, .refit] {
      let calibration = try chip.calibrated(at: year, routine: routine)
      #expect(calibration.multiplications == Self.vectors)
      let simulation = try chip.simulation(at: year, patch: calibration.patch)
      errors.append(Self.error(try Self.run(simulation, x), ideal))
    }
    #expect(errors[1] < errors[0] && errors[3] < errors[1], "\(errors)")
    let none = try chip.calibrated(at: year, routine: Probe.Routine.none)
    #expect(none.patch.affines == program.affines && none.multiplications == 0)
  }

  /// After a refit, the mean of every column is what it should be, but for the fresh read noise.
  @Test func refitRestoresMeans() throws {
    let (program, x) = try Self.network(.refit)
    var fidelity = try Self.devices(time: 3600)
    fidelity.effects.subtract([.quantized, .readNoise])
    let chip = try ProgrammedChip(program, fidelity: fidelity)
    let patch = try chip.calibrated(at: 3600).patch
    let found = try Self.run(chip.simulation(at: 3600, patch: patch), x)
    let ideal = try Self.run(Simulation(program, fidelity: .ideal), x)
    for column in 0..<Self.columns {
      let indices = stride(from: column, to: found.count, by: Self.columns)
      let mean = indices.reduce(0.0) { $0 + Double(found[$1]) }
      let wanted = indices.reduce(0.0) { $0 + Double(ideal[$1]) }
      #expect(abs(mean - wanted) < 1e-4 * Double(Self.vectors))
    }
  }

  /// A column that shows next to nothing of what is expected is not made as large as that.
  @Test func deadColumnsAreNotBlownUp() throws {
    var (program, _) = try Self.network(.refit)
    program.probes[0].spread[0] *= 100
    let chip = try ProgrammedChip(program, fidelity: Self.devices(time: 3600))
    func gains(_ routine: Probe.Routine) throws -> [Float] {
      try chip.calibrated(at: 3600, routine: routine).patch.affines[0].gain
    }
    let (refit, global) = try (gains(.refit), gains(.global))
    #expect(abs(refit[0] / global[0] - 8) < 1e-3)
    #expect(zip(refit, global).dropFirst().allSatisfy { $0 < $1 })
  }

  @Test func calibrationsDrawTheirOwnNoise() throws {
    let (program, _) = try Self.network(.refit)
    let chip = try ProgrammedChip(program, fidelity: Self.devices(time: 0))
    let first = try chip.calibrated(at: 0).patch
    #expect(try chip.calibrated(at: 0).patch == first)
    #expect(try chip.calibrated(at: 0, number: 1).patch != first)
    #expect(try chip.programmed(seed: 6).calibrated(at: 0).patch != first)
  }

  @Test func patchesAreReadBack() throws {
    let (program, _) = try Self.network(.column)
    let chip = try ProgrammedChip(program, fidelity: Self.devices(time: 60))
    let patch = try chip.calibrated(at: 60).patch
    let text = try patch.text(for: program)
    #expect(try CalibrationPatch(text: text, for: program, file: nil) == patch)
    var other = program
    other.network = "another"
    for (damaged, of) in [
      (text, other), (text + "x", program), (text.replacing("gains", with: "gain"), program),
      (String(text.dropLast(30)), program), ("", program),
    ] {
      #expect(throws: Diagnostics.self) {
        try CalibrationPatch(text: damaged, for: of, file: "a.aimcal")
      }
    }
  }

  /// Without devices, a block conducts what its conductances stand for.
  @Test func decodingIsUndone() throws {
    var (program, x) = try Self.network(.none)
    let before = try Self.run(Simulation(program, fidelity: .ideal), x)
    let weights = Tensor(
      type: .f32, shape: [Self.rows * Self.columns], bytes: program.blocks[0].conductances
    ).elements(of: Float.self)
    // d(g) = g / 2 below 0.5, then 3 g / 2 − 0.5.
    program.blocks[0].decoding = [0, 0.25, 1]
    program.blocks[0].conductances = Bytes(
      copying: weights.map { w -> Float in
        let g = w.magnitude <= 0.25 ? 2 * w.magnitude : (w.magnitude + 0.5) / 1.5
        return w < 0 ? -g : g
      })
    let after = try Self.run(Simulation(program, fidelity: .ideal), x)
    #expect(Self.error(before, after) < 1e-5)
  }
}
