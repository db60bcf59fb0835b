import Basics
import Chip
import Program
import Simulator
import Testing

/// A program takes no more of the machine than it may.
struct LimitTests {
  private static func fault(
    of program: Program, _ limits: Limits, _ inputs: [Tensor] = []
  ) -> String {
    do {
      _ = try Simulation(program, fidelity: .quantized, limits: limits).run(inputs)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func memoriesAreLimited() {
    var builder = ProgramBuilder()
    let y = builder.output("y", [1 << 20])
    builder.add(.fill, builder.dense(y, [1 << 20], inner: 0), immediates: [1])
    let program = builder.finished()
    #expect(Self.fault(of: program, Limits(memory: 64 << 20, steps: .max)) == "")
    #expect(
      Self.fault(of: program, Limits(memory: 4_000_000, steps: .max)).contains(
        "takes 4194304 bytes for its memories"))
  }

  @Test func walksAreLimited() {
    // One element, 2²⁷ times.
    var builder = ProgramBuilder()
    let y = builder.output("y", [1])
    builder.add(
      .fill,
      builder.walk(
        Descriptor(
          buffer: y, axes: [.init(extent: 1, stride: 1)],
          loops: [.init(count: 1 << 27, axis: 0, step: 0)], innerLoops: 0)), immediates: [1])
    #expect(
      Self.fault(of: builder.finished(), Limits(memory: .max, steps: 1 << 20)).contains(
        "takes 131074 instructions"))
  }

  @Test func waitsAreLimited() {
    var builder = ProgramBuilder()
    let y = builder.output("y", [1])
    let counter = builder.counter()
    builder.add(
      .fill, builder.dense(y, [1], inner: 0, counter: counter, amount: 1), immediates: [1])
    builder.add(
      .wait,
      builder.walk(
        Descriptor(
          buffer: y, counter: counter, amount: 1, axes: [.init(extent: 1, stride: 1)],
          loops: [.init(count: 1 << 27, axis: 0, step: 0), .init(count: 1 << 4, axis: 0, step: 0)],
          innerLoops: 0)))
    #expect(
      Self.fault(of: builder.finished(), Limits(memory: .max, steps: 1 << 20)).contains(
        "instructions"))
    #expect(
      Self.fault(of: builder.finished(), Limits(memory: 1 << 30, steps: .max)).contains(
        "for the times of its elements"))
  }

  @Test func clocksAreLimited() throws {
    var builder = ProgramBuilder()
    let y = builder.output("y", [1 << 20])
    builder.add(.fill, builder.dense(y, [1 << 20], inner: 0), immediates: [1])
    let program = try ValidProgram(builder.finished())
    let limits = Limits(memory: 4_000_000, steps: .max)
    for clock in [
      { _ = try Timing(of: program, host: true, limits: limits) },
      { _ = try Timing.chips(of: program, parts: 8, limits: limits) },
      { _ = try Trace(of: program, limits: limits) },
    ] {
      let fault = #expect(throws: Diagnostics.self) { try clock() }
      #expect("\(fault!)".contains("takes 4194304 bytes for its memories"))
    }
  }

  /// A unit that works for thousands of times the latency before it.
  @Test func sharesOfTimeAreLimited() throws {
    var program = digitNetwork(replicas: 2)
    program.chip.ldpu.clock = 1e-3
    let (timing, _) = try Timing.chips(of: ValidProgram(program), parts: 32, limits: .none)
    #expect(timing.units.allSatisfy { $0.shares.count == 32 })
  }

  /// An affine function of fewer columns than the block that its probe is of.
  @Test func probesAreAboutWholeBlocks() {
    var program = Layer(
      rows: 2, columns: 2, conductances: [1, 0, 0, 1], gain: [1, 1], offset: [0, 0]
    ).program()
    program.affines[0] = Affine(gain: [1], offset: [0])
    for index in program.descriptors.indices
    where program.descriptors[index].buffer == program.outputs[0].buffer
      || index == Int(program.streams[1].code[0].operands[1])
    {
      program.descriptors[index].elements = 0..<1
    }
    program.descriptors.append(program.descriptors[Int(program.streams[0].code[0].operands[0])])
    program.descriptors[program.descriptors.count - 1].elements = 0..<2
    program.streams[0].code[0].operands[0] = UInt32(program.descriptors.count - 1)
    let x = Tensor([1, 2] as [Float], shape: [1, 2])
    #expect(Self.fault(of: program, .none, [x]) == "")
    program.probes = [
      Probe(
        block: BlockID(0), routine: .refit, codes: Bytes(copying: [1, 2] as [Int16]), mean: [0, 0],
        spread: [1, 1])
    ]
    #expect(Self.fault(of: program, .none, [x]).contains("takes 1 of the 2 columns of block 0"))
  }

  /// A constant that is an output of the network is the same in every inference.
  @Test(arguments: [1, 3, 64]) func constantOutputs(lanes: Int) throws {
    var builder = ProgramBuilder()
    let x = builder.input("x", [1, 2])
    let y = builder.output("y", [1, 2])
    let shape = builder.constant("shape", [2, 3] as [Int64])
    builder.program.outputs.append(
      Port(
        name: "shape", element: .i64, shape: [2], dimensionNames: [nil], buffer: shape, scale: 0))
    builder.add(.copy, builder.dense(y, [2], inner: 0), builder.dense(x, [2], inner: 0))
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    var options = Simulation.Options()
    options.lanes = lanes
    options.recorded = [shape]
    let results = try simulation.run(
      [Tensor((0..<14).map(Float.init), shape: [7, 2])], options: options)
    let expected = (0..<7).flatMap { _ in [2, 3] as [Int64] }
    #expect(results.outputs[1].shape == [14])
    #expect(results.outputs[1].elements(of: Int64.self) == expected)
    #expect(results.recorded[0].elements(of: Int64.self) == expected)
  }
}
