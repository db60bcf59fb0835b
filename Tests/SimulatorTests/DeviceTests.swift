import Basics
import Chip
import Device
import Program
import Simulator
import TestSupport
import Testing

/// Simulated devices in a running program.
@Suite struct DeviceTests {
  private static func devices(
    seed: UInt64 = 7, time: Double = 86400, model: String = "hermes-tdp"
  ) throws -> SimulatedDevices {
    let model = try #require(try Chip.named("hermes").device(model))
    return SimulatedDevices(model: model, seed: seed, time: time)
  }

  /// A network whose layers have replicas, and inputs with both signs.
  private static func network() -> (program: Program, inputs: [Tensor]) {
    var numbers = SplitMix64(seed: 3)
    let program = digitNetwork(replicas: 3)
    let shape = program.inputs[0].shape
    let x = Tensor(numbers.floats(70 * shape.reduce(1, *)), shape: [70] + shape)
    return (program, [x])
  }

  private static func outputs(
    _ fidelity: Fidelity, _ options: Simulation.Options = Simulation.Options()
  ) throws -> [Float] {
    let (program, inputs) = network()
    return try Simulation(program, fidelity: fidelity).run(inputs, options: options).outputs[0]
      .elements(of: Float.self)
  }

  @Test func everyEffectOffIsQuantized() throws {
    var fidelity = Fidelity.devices(try Self.devices())
    fidelity.effects = .quantized
    let quantized = try Self.outputs(.quantized)
    #expect(try Self.outputs(fidelity) == quantized)
    for effect in [Effects.programming, .drift, .readNoise] {
      fidelity.effects = [.quantized, effect]
      #expect(try Self.outputs(fidelity) != quantized, "\(fidelity.effects.names)")
    }
  }

  /// A chip whose circuits add something of everything.
  private static func circuits() throws -> Circuit {
    var circuit = Circuit()
    circuit.gainSpread = 0.07
    circuit.offsetSpread = 2
    circuit.outputNoise = 1.3 / 4095
    circuit.whiteNoise = 0.02
    circuit.nonLinearity = 0.1
    circuit.wireResistance = 100
    circuit.stuckAtZero = 0.05
    circuit.stuckAtMaximum = 0.01
    circuit.unconverged = 0.02
    return circuit
  }

  private static let circuitEffects: [Effects] = [
    .cellFaults, .converterSpread, .outputNoise, .whiteNoise, .wireResistance, .nonLinearity,
  ]

  @Test func circuitsAddWhatTheChipHasAndNoMore() throws {
    var (program, inputs) = Self.network()
    var fidelity = Fidelity.devices(try Self.devices())
    func outputs(
      _ fidelity: Fidelity, threads: Int? = nil, lanes: Int? = nil
    ) throws -> [Float] {
      var options = Simulation.Options()
      options.threads = threads
      options.lanes = lanes
      return try Simulation(program, fidelity: fidelity).run(inputs, options: options).outputs[0]
        .elements(of: Float.self)
    }
    let plain = try outputs(fidelity)
    let quantized = try outputs(.quantized)
    let ideal = try outputs(.ideal)
    program.chip.circuit = try Self.circuits()
    // What the chip has is part of its devices, and of nothing else.
    #expect(try outputs(.quantized) == quantized)
    #expect(try outputs(.ideal) == ideal)
    let all = try outputs(fidelity)
    #expect(all != plain)
    for (threads, lanes) in [(1, 1), (1, 64), (2, 7)] {
      #expect(try outputs(fidelity, threads: threads, lanes: lanes) == all)
    }
    for effect in Self.circuitEffects {
      fidelity.effects = Effects.all.subtracting(effect)
      #expect(try outputs(fidelity) != all, "\(effect.names)")
      for base in [Effects.quantized, []] {
        fidelity.effects = base.union(effect)
        #expect(try outputs(fidelity) != (base.isEmpty ? ideal : quantized), "\(effect.names)")
      }
    }
    fidelity.effects = .all
    for effect in Self.circuitEffects { fidelity.effects.subtract(effect) }
    #expect(try outputs(fidelity) == plain)
    fidelity.effects.subtract([.programming, .drift, .readNoise])
    #expect(try outputs(fidelity) == quantized)
    fidelity.effects = []
    #expect(try outputs(fidelity) == ideal)
  }

  /// Without the calibration of converters, these spread as they did before it.
  @Test func convertersAreCalibratedOrNot() throws {
    var (program, inputs) = Self.network()
    var fidelity = Fidelity.devices(try Self.devices())
    fidelity.effects = [.quantized, .converterSpread, .converterCalibration]
    func outputs(calibrated: Bool) throws -> [Float] {
      var fidelity = fidelity
      if !calibrated { fidelity.effects.subtract(.converterCalibration) }
      return try Simulation(program, fidelity: fidelity).run(inputs).outputs[0]
        .elements(of: Float.self)
    }
    program.chip.circuit.gainSpread = 0.07
    let after = try outputs(calibrated: true)
    // Nothing is known of before.
    #expect(try outputs(calibrated: false) == after)
    program.chip.circuit.uncalibratedGainSpread = 0.21
    #expect(try outputs(calibrated: true) == after)
    let before = try outputs(calibrated: false)
    program.chip.circuit.gainSpread = 0.21
    #expect(before != after)
    #expect(try outputs(calibrated: true) == before)
    // Calibration without a spread is nothing.
    fidelity.effects = [.quantized, .converterCalibration]
    #expect(try outputs(calibrated: true) == Self.outputs(.quantized))
  }

  /// Noise that is drawn for every vector follows the number of the inference, not its place in a run.
  @Test func whiteNoiseFollowsTheInference() throws {
    var (program, inputs) = Self.network()
    program.chip.circuit.outputNoise = 3 / 4095
    let simulation = try Simulation(program, fidelity: .devices(try Self.devices()))
    let count = inputs[0].shape[0]
    let size = inputs[0].count / count
    let last = Tensor(
      Array(inputs[0].elements(of: Float.self)[(40 * size)...]),
      shape: [count - 40] + inputs[0].shape.dropFirst())
    let width = try simulation.run(inputs).outputs[0].count / count
    let all = try simulation.run(inputs).outputs[0].elements(of: Float.self)
    var options = Simulation.Options()
    options.firstInference = 40
    let rest = try simulation.run([last], options: options).outputs[0]
      .elements(of: Float.self)
    #expect(rest == Array(all[(40 * width)...]))
    options.firstInference = 41
    let others = try simulation.run([last], options: options)
      .outputs[0].elements(of: Float.self)
    #expect(others != rest)
  }

  @Test func onlyChosenProductsHaveDevices() throws {
    var (program, inputs) = Self.network()
    for index in program.blocks.indices { program.blocks[index].node = "product \(index)" }
    let chip = try ProgrammedChip(program, fidelity: .devices(try Self.devices()))
    func outputs(_ chip: ProgrammedChip) throws -> [Float] {
      try chip.simulation(at: 86400).run(inputs).outputs[0].elements(of: Float.self)
    }
    let names = Set(program.blocks.map(\.node))
    #expect(try outputs(chip.limited(to: [])) == Self.outputs(.quantized))
    #expect(try outputs(chip.limited(to: names)) == outputs(chip))
    for name in names { #expect(try outputs(chip.limited(to: [name])) != outputs(chip)) }
  }

  @Test func withoutConvertersAndUnitsIsIdeal() throws {
    var fidelity = Fidelity.quantized
    let ideal = try Self.outputs(.ideal)
    for (_, effect) in Effects.table where Effects.quantized.contains(effect) {
      fidelity.effects.subtract(effect)
      // Each of the three still changes something while another is there.
      if !fidelity.effects.isEmpty { #expect(try Self.outputs(fidelity) != ideal) }
    }
    #expect(try Self.outputs(fidelity) == ideal)
    var devices = Fidelity.devices(try Self.devices())
    devices.effects = []
    #expect(try Self.outputs(devices) == ideal)
  }

  @Test func threadsAndLanesDoNotMatter() throws {
    let fidelity = Fidelity.devices(try Self.devices())
    let expected = try Self.outputs(fidelity)
    for (threads, lanes) in [(1, 1), (1, 64), (2, 1), (2, 64), (2, 7)] {
      var options = Simulation.Options()
      options.threads = threads
      options.lanes = lanes
      #expect(try Self.outputs(fidelity, options) == expected)
    }
  }

  @Test func seedTimeAndModelMatter() throws {
    let all = [
      try Self.devices(), try Self.devices(seed: 8), try Self.devices(time: 3600),
      try Self.devices(model: "hermes-odp"), try Self.devices(model: "pcm"),
    ]
    let outputs = try all.map { try Self.outputs(.devices($0)) }
    #expect(Set(outputs).count == outputs.count)
    #expect(try Self.outputs(.devices(all[0])) == outputs[0])
  }

  /// A tile's cells are its own, and those that the device module programs for its place.
  @Test func everyTileHasCellsOfItsOwn() throws {
    let devices = try Self.devices()
    var builder = ProgramBuilder(smallChip(rows: 16, columns: 8))
    let (rows, columns) = (10, 4)
    var numbers = SplitMix64(seed: 11)
    let g = numbers.floats(rows * columns)
    let x = builder.input("x", [rows, rows])
    var memories: [BufferID] = []
    for core in [1, 3] {
      let tile =
        core == 1
        ? builder.tile(g, rows: rows, columns: columns, core: core, gMax: 12)
        : builder.tile(of: 0, core: core)
      let memory = builder.columns(rows * columns, core: core)
      memories.append(memory)
      let out = builder.dense(memory, [rows, columns], inner: 1)
      builder.add(
        .mvm, on: .crossbar(chip: 0, core: CoreID(core)), out,
        builder.dense(x, [rows, rows], inner: 1), tile, immediates: [1])
    }
    var options = Simulation.Options()
    options.recorded = memories
    var fidelity = Fidelity.devices(devices)
    fidelity.effects.subtract(.quantized)
    var identity = [Float](repeating: 0, count: rows * rows)
    for row in 0..<rows { identity[row * rows + row] = 1 }
    let program = builder.finished()
    let recorded = try Simulation(program, fidelity: fidelity)
      .run([Tensor(identity, shape: [rows, rows])], options: options).recorded
    for (core, columnsOfCore) in zip([1, 3], recorded) {
      let cells = ProgrammedCells(
        g, columns: columns, gMax: 12, model: devices.model,
        randomness: CellRandomness(
          chip: 0, core: CoreID(core), firstRow: 0, firstColumn: 0, coreColumns: 8, seed: 7))
      let (positive, negative) = cells.conductances(at: 86400, .fresh(Epoch(.inference)))
      let expected = zip(positive, negative).map { ($0 - $1) / 12 }
      #expect(columnsOfCore.elements(of: Float.self) == expected)
    }
    #expect(recorded[0] != recorded[1])
  }
}
