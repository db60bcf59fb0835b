import Basics
import Checker
import Chip
import IR
import Passes
import Program
import Simulator
import Testing

/// Times and energies of programs, against what was measured on the chip.
@Suite struct TimingTests {
  /// The program of one product, without replicas.
  private func program(
    rows: Int, columns: Int, vectors: Int = 1, chip: String
  ) throws -> Program {
    var graph = Graph(name: "layer")
    let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [vectors, rows]))
    let w = graph.addValue(
      name: "w", type: ValueType(.f32, fixed: [rows, columns]), constant: .random(seed: 1))
    let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [vectors, columns]))
    graph.inputs = [x]
    graph.outputs = [y]
    graph.nodes = [Node(name: "layer", op: .matMul(MatMul()), operands: [x, w], results: [y])]
    let input = Tensor(
      [Float](repeating: 0.5, count: vectors * rows), shape: [vectors, rows])
    let calibration = try graph.calibrated(with: [[input]], origin: "test")
    let partition = try graph.partitioned(for: Chip.named(chip), chips: 1)
    let quantization = try partition.quantized(by: calibration)
    return try partition.placed().scheduled(with: quantization).emitted(
      compiler: "test", inputDimensionNames: [[nil, nil]], outputDimensionNames: [[nil, nil]])
  }

  /// Le Gallo et al. 2023, Table I: a layer of ResNet-9 on 8 cores of 252×224, without the host.
  @Test(arguments: [("hermes-1phase", 1131.0, 970.0), ("hermes", 1518.0, 1510.0)])
  func aLayerOnEightCores(chip: String, latency: Double, energy: Double) throws {
    let program = try program(rows: 2016, columns: 224, chip: chip)
    #expect(program.tiles.count == 8)
    let timing = try Timing(of: program, host: false)
    #expect(abs(timing.latency / latency - 1) < 0.02)
    #expect(abs(timing.energy.chip / energy - 1) < 0.07)
    let whole = try Timing(of: program, host: true)
    #expect(whole.latency > 2 * 50_000)
  }

  /// The program of an LSTM of one step and one sequence.
  private func program(lstm inputs: Int, hidden: Int, chip: String) throws -> Program {
    var graph = Graph(name: "lstm")
    let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [1, 1, inputs]))
    let w = graph.addValue(
      name: "w", type: ValueType(.f32, fixed: [1, 4 * hidden, inputs]), constant: .random(seed: 1))
    let r = graph.addValue(
      name: "r", type: ValueType(.f32, fixed: [1, 4 * hidden, hidden]), constant: .random(seed: 2))
    let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [1, 1, 1, hidden]))
    let last = graph.addValue(name: "h", type: ValueType(.f32, fixed: [1, 1, hidden]))
    let cell = graph.addValue(name: "c", type: ValueType(.f32, fixed: [1, 1, hidden]))
    graph.inputs = [x]
    graph.outputs = [y]
    graph.nodes = [
      Node(
        name: "lstm", op: .recurrent(Recurrent(cell: .lstm(couplesForget: false))),
        operands: [x, w, r], results: [y, last, cell])
    ]
    let input = Tensor([Float](repeating: 0.5, count: inputs), shape: [1, 1, inputs])
    let calibration = try graph.calibrated(with: [[input]], origin: "test")
    let partition = try graph.partitioned(for: Chip.named(chip), chips: 1)
    let placement = try partition.placed()
    #expect(placement.traffic.unlinkedPartialSums == 0)
    #expect(placement.traffic.unlinkedSliceSums == 0)
    let program = try placement.scheduled(with: partition.quantized(by: calibration)).emitted(
      compiler: "test", inputDimensionNames: [[nil, nil, nil]],
      outputDimensionNames: [[nil, nil, nil, nil]])
    #expect(check(program, against: graph).isEmpty)
    return program
  }

  /// Le Gallo et al. 2023, Table I: an LSTM step on 32 cores of 252×252 that end at the eight slices of
  /// the GDPU, without the host.
  @Test(arguments: [("hermes-1phase", 1043.0, 3460.0), ("hermes", 1430.0, 5240.0)])
  func aStepOfAnLSTM(chip: String, latency: Double, energy: Double) throws {
    let program = try program(lstm: 504, hidden: 504, chip: chip)
    #expect(program.tiles.count == 32)
    let slices = program.streams.filter { if case .gdpu = $0.unit { true } else { false } }
    #expect(slices.count == 8)
    let timing = try Timing(of: program, host: false)
    #expect(abs(timing.latency / latency - 1) < 0.02)
    #expect(abs(timing.energy.chip / energy - 1) < 0.07)
  }

  /// The MVM alone: what the crossbars' units do, of all 64 cores.
  @Test(arguments: [("hermes-1phase", 133.0, 860.0), ("hermes", 520.0, 3380.0)])
  func multiplications(chip: String, time: Double, energy: Double) throws {
    let timing = try Timing(of: program(rows: 2048, columns: 2048, chip: chip), host: false)
    let crossbars = timing.units.filter { if case .crossbar = $0.unit { true } else { false } }
    #expect(crossbars.count == 64)
    #expect(crossbars.allSatisfy { $0.busy == time && $0.end == time })
    #expect(abs(timing.energy.crossbars / energy - 1) < 0.01)
  }

  /// Inferences that follow each other have the pace of the busiest unit, which its parts in time add
  /// up to.
  @Test func inferencesFollowEachOther() throws {
    let program = try ValidProgram(
      program(rows: 500, columns: 100, vectors: 10, chip: "hermes"))
    let (timing, interval) = try Timing.chips(of: program, parts: 7, limits: .none)
    #expect(timing.products(of: program) == 500 * 100 * 10)
    let busiest = try #require(timing.units.map(\.busy).max())
    #expect(busiest == 10 * 520)
    #expect(timing.latency > busiest)
    #expect(interval == busiest)
    for work in timing.units {
      #expect(work.shares.count == 7)
      let sum = work.shares.reduce(0, +) * timing.latency / 7
      #expect(abs(sum - work.busy) < 0.01)
    }
  }
}
