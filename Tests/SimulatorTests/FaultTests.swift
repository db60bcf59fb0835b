import Basics
import Chip
import Device
import Program
import Simulator
import TestSupport
import Testing

/// Faults of chips, and lines in an order of their own.
@Suite struct FaultTests {
  private static func fidelity(_ faults: FaultMap? = nil, _ effects: Effects = .all) throws
    -> Fidelity
  {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    var devices = SimulatedDevices(model: model, seed: 7, time: 0)
    devices.faults = faults
    return Fidelity(effects: effects, devices: devices)
  }

  private static func outputs(_ program: Program, _ fidelity: Fidelity) throws -> [Float] {
    var numbers = SplitMix64(seed: 3)
    let shape = program.inputs[0].shape
    let x = Tensor(numbers.floats(5 * shape.reduce(1, *)), shape: [5] + shape)
    return try Simulation(ValidProgram(program), fidelity: fidelity).run([x]).outputs[0]
      .elements(of: Float.self)
  }

  /// The program with each core's lines in a random order.
  private static func reordered(_ program: Program) -> Program {
    var (program, generator) = (program, SplitMix64(seed: 5))
    let cores = Set(program.tiles.map { [$0.chip, $0.core.index] }).sorted { $0[1] < $1[1] }
    program.lines = cores.map { core in
      CoreLines(
        chip: core[0], core: CoreID(core[1]),
        rows: (0..<program.chip.crossbar.rows).shuffled(using: &generator),
        columns: (0..<program.chip.crossbar.columns).shuffled(using: &generator))
    }
    return program
  }

  /// The order of lines is no part of what a program computes; with devices, others hold the weights.
  @Test func linesChangeNoResult() throws {
    let program = digitNetwork(replicas: 3)
    let other = Self.reordered(program)
    for fidelity in [Fidelity.ideal, .quantized] {
      #expect(try Self.outputs(program, fidelity) == Self.outputs(other, fidelity))
    }
    #expect(
      try Self.outputs(program, Self.fidelity()) != Self.outputs(other, Self.fidelity()))
    #expect(try Program(assembly: other.assembly(inlining: .max)) == other)
  }

  /// Where nothing else is left of devices, faults move with the lines below them.
  @Test func faultsAreAtLines() throws {
    let program = digitNetwork(replicas: 3)
    let other = Self.reordered(program)
    let effects: Effects = [.quantized, .cellFaults]
    var (map, moved) = (FaultMap(chip: "hermes"), FaultMap(chip: "hermes"))
    for lines in other.lines {
      var core = CoreFaults(chip: 0, core: lines.core)
      core.deadRows = [3]
      core.deadColumns = [1]
      core.stuck = (0..<9).map {
        StuckDevice(row: $0, column: ($0 * 5) % 7, isNegative: $0 % 2 == 0, conductance: 15)
      }.sorted()
      map.cores.append(core)
      core.deadRows = core.deadRows.map { lines.rows[$0] }
      core.deadColumns = core.deadColumns.map { lines.columns[$0] }
      for index in core.stuck.indices {
        core.stuck[index].row = lines.rows[core.stuck[index].row]
        core.stuck[index].column = lines.columns[core.stuck[index].column]
      }
      core.stuck.sort()
      moved.cores.append(core)
    }
    let healthy = try Self.outputs(program, Self.fidelity(nil, effects))
    let faulty = try Self.outputs(program, Self.fidelity(map, effects))
    #expect(faulty != healthy)
    #expect(try Self.outputs(other, Self.fidelity(moved, effects)) == faulty)
  }

  /// A chip without a living core gives what no weights give.
  @Test func deadCoresConductNothing() throws {
    let program = digitNetwork(replicas: 1)
    var map = FaultMap(chip: "hermes")
    for core in 0..<64 {
      var faults = CoreFaults(chip: 0, core: CoreID(core))
      faults.isDead = true
      map.cores.append(faults)
    }
    var zero = program
    for index in zero.blocks.indices {
      let count = zero.blocks[index].conductances.count / 4
      zero.blocks[index].conductances = Bytes(copying: [Float](repeating: 0, count: count))
    }
    #expect(
      try Self.outputs(program, Self.fidelity(map)) == Self.outputs(zero, .quantized))
  }

  /// A side is within what its stuck devices leave, and what is stuck does not drift.
  @Test func sidesStayWithinTheirRange() throws {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    let targets = [Float](repeating: 0.5, count: 64)
    let limits = (0..<64).map {
      CellLimit(cell: $0, isNegative: $0 % 2 == 1, range: $0 < 32 ? 5...5 : 12...13)
    }
    let chip = try Chip.named("hermes")
    for pulses in [nil, PulseProgramming(model, on: chip, samples: 100)] {
      let cells = ProgrammedCells(
        targets, columns: 8, gMax: 20, model: model,
        randomness: CellRandomness(
          chip: 0, core: CoreID(0), firstRow: 0, firstColumn: 0, coreColumns: 256, seed: 1),
        limits: limits, pulses: pulses)
      for limit in limits {
        let side = limit.isNegative ? cells.negative : cells.positive
        #expect(limit.range.contains(side.programmed[limit.cell]))
        #expect((side.exponents[limit.cell] == 0) == (limit.range == 5...5))
        // 5 µS is not 10, and not 0.
        if limit.range == 5...5 && pulses != nil {
          #expect(!side.converged[limit.cell] && side.rounds[limit.cell] == 30)
        }
      }
    }
  }
}
