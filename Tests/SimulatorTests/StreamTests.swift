import Basics
import Chip
import Program
import Simulator
import Testing

/// Counters, loops, branches, and what happens when a program cannot go on.
struct StreamTests {
  @Test func loopsRunAndAdvance() throws {
    var builder = ProgramBuilder()
    let x = builder.input("x", [6])
    let y = builder.output("y", [6])
    let count = builder.output("count", [1])
    let one = builder.dense(count, [1], inner: 1)
    builder.add(.loop, 3)
    builder.add(
      .map, function: MapFunction.affine.rawValue, builder.dense(y, [2], inner: 1, advance: 2),
      builder.dense(x, [2], inner: 1, base: 4, advance: -2), immediates: [10, 0])
    builder.add(.loop, 4)
    builder.add(.map, function: MapFunction.affine.rawValue, one, one, immediates: [1, 1])
    builder.add(.next)
    builder.add(.next)
    let outputs = try Simulation(builder.finished(), fidelity: .ideal)
      .run([Tensor([Float(1), 2, 3, 4, 5, 6], shape: [6])]).outputs
    #expect(outputs[0].elements(of: Float.self) == [50, 60, 30, 40, 10, 20])
    #expect(outputs[1].elements(of: Float.self) == [12])
  }

  @Test func branchesDependOnData() throws {
    // Doubles y until the countdown, an input, is 0.
    var builder = ProgramBuilder()
    let n = builder.input("n", [1], .i32)
    let y = builder.output("y", [1])
    let left = builder.buffer("left", 1, .i32)
    let one = builder.constant("one", [Int32(1)])
    let (value, countdown) = (builder.dense(y, [1], inner: 1), builder.dense(left, [1], inner: 1))
    builder.add(.fill, value, immediates: [1])
    builder.add(.copy, countdown, builder.dense(n, [1], inner: 1))
    builder.add(.branch, function: 0, 6, countdown)
    builder.add(.map, function: MapFunction.affine.rawValue, value, value, immediates: [2, 0])
    builder.add(
      .zip, function: ZipFunction.sub.rawValue, countdown, countdown,
      builder.dense(one, [1], inner: 1))
    builder.add(.branch, function: 1, 3, countdown)
    builder.add(.jump, 8)
    builder.add(.fill, value, immediates: [-1])
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    let outputs = try simulation.run([Tensor([Int32(0), 1, 2, 5, 10], shape: [5])]).outputs
    #expect(outputs[0].elements(of: Float.self) == [1, 2, 4, 32, 1024])
  }

  @Test func instructionsWaitForTheirCounters() throws {
    // The LDPU must not read columns before the crossbar has written them, nor the host results,
    // although the host's stream comes first.
    var builder = ProgramBuilder()
    let x = builder.input("x", [4, 1])
    let middle = builder.buffer("middle", 4)
    let y = builder.output("y", [4])
    let columns = builder.columns(4)
    let tile = builder.tile([1], rows: 1, columns: 1)
    let (started, multiplied, scaled) = (builder.counter(), builder.counter(), builder.counter())
    func one(_ buffer: BufferID, _ counter: CounterID?, _ amount: Int) -> UInt32 {
      builder.dense(buffer, [1, 1], inner: 1, advance: 1, counter: counter, amount: amount)
    }
    let staged = builder.buffer("staged", 4)
    // The host hands over two elements at a time; the crossbar takes one in each of four turns.
    builder.add(.loop, 2)
    builder.add(
      .copy, builder.dense(staged, [2], inner: 1, advance: 2, counter: started, amount: 2),
      builder.dense(x, [2], inner: 1, advance: 2))
    builder.add(.next)
    builder.add(.wait, builder.dense(middle, [4], inner: 1, counter: scaled, amount: 4))
    builder.add(.copy, builder.dense(y, [4], inner: 1), builder.dense(middle, [4], inner: 1))
    let crossbar = Unit.crossbar(chip: 0, core: CoreID(0))
    builder.add(.loop, on: crossbar, 4)
    builder.add(
      .mvm, on: crossbar, one(columns, multiplied, 1), one(staged, started, 1), tile,
      immediates: [1])
    builder.add(.next, on: crossbar)
    let ldpu = Unit.ldpu(chip: 0, core: CoreID(0))
    builder.add(.loop, on: ldpu, 4)
    builder.add(
      .affine, on: ldpu, one(middle, scaled, 1), one(columns, multiplied, 1), Instruction.none,
      builder.affine(gain: [2], offset: [1]), immediates: [1, 0])
    builder.add(.next, on: ldpu)
    for fidelity in [Fidelity.ideal, .quantized] {
      let outputs = try Simulation(builder.finished(), fidelity: fidelity)
        .run([Tensor([Float(1), 2, 3, 4], shape: [4, 1])]).outputs
      #expect(outputs[0].elements(of: Float.self) == [3, 5, 7, 9])
    }
  }

  @Test func partialSumsPassFromCoreToCore() throws {
    var builder = ProgramBuilder()
    let x = builder.input("x", [1, 2])
    let y = builder.output("y", [1, 1])
    let link = builder.buffer(
      "link", 1, space: .link(chip: 0, source: CoreID(0), target: CoreID(1)))
    let sent = builder.counter()
    for core in 0..<2 {
      let tile = builder.tile([core == 0 ? 1 : -0.5], rows: 1, columns: 1, core: core)
      let columns = builder.dense(
        builder.columns(1, core: core), [1, 1], inner: 1, counter: builder.counter(), amount: 1)
      builder.add(
        .mvm, on: .crossbar(chip: 0, core: CoreID(core)), columns,
        builder.dense(x, [1, 1], inner: 1, base: core), tile, immediates: [1])
      builder.add(
        .affine, on: .ldpu(chip: 0, core: CoreID(core)),
        core == 0
          ? builder.dense(link, [1, 1], inner: 1, counter: sent, amount: 1)
          : builder.dense(y, [1, 1], inner: 1),
        columns,
        core == 0
          ? Instruction.none : builder.dense(link, [1, 1], inner: 1, counter: sent, amount: 1),
        builder.affine(gain: [1], offset: [0]), immediates: [core == 0 ? 2 : 1, core == 0 ? 0 : 2])
    }
    let results = try Simulation(builder.finished(), fidelity: .quantized)
      .run([Tensor([Float(40), 8], shape: [1, 2])])
    #expect(results.outputs[0].elements(of: Float.self) == [36])
    #expect(results.statistics.bytesOnLinks == 1)
    #expect(results.statistics.bytesFromChip == 1)
  }

  @Test func deadlocksAreExplained() throws {
    // The host waits for the GDPU and the GDPU for the host; a second slice waits as well.
    let gdpu = GDPU(count: 2, precision: .f32, maximumInputs: 256, clock: 400)
    var builder = ProgramBuilder(smallChip(gdpu: gdpu))
    let a = builder.buffer("a", 1)
    let b = builder.buffer("b", 1)
    let (first, second) = (builder.counter(), builder.counter())
    func at(_ buffer: BufferID, _ counter: CounterID, _ amount: Int) -> UInt32 {
      builder.dense(buffer, [1], inner: 1, counter: counter, amount: amount)
    }
    builder.add(.copy, at(a, first, 1), at(b, second, 3))
    builder.add(.copy, on: .gdpu(chip: 0, slice: 0), at(b, second, 3), at(a, first, 1))
    builder.add(.wait, on: .gdpu(chip: 0, slice: 1), at(a, first, 1))
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    let error = #expect(throws: Diagnostics.self) { try simulation.run([]) }
    #expect(
      error?.items.first?.message == """
        deadlock: 2 units wait for each other in a cycle
        the host, instruction 0 (copy), node "node of stream 0" waits for GDPU slice 0 of chip 0 to \
        write buffer "b": counter 1 is 0, not 3
        GDPU slice 0 of chip 0, instruction 0 (copy), node "node of stream 1" waits for the host to \
        write buffer "a": counter 0 is 0, not 1
        1 other units wait too
        """)
    let clock = #expect(throws: Diagnostics.self) {
      try Timing(of: builder.finished(), host: true)
    }
    #expect(clock?.items.map(\.message) == error?.items.map(\.message))
  }

  /// Each of three LDPUs adds what the one before gives it, and the first what the last gives; the
  /// third, which also has an earlier product, has passed on what its neighbour needs of that.
  @Test func aCircleOfLinksIsTold() throws {
    var builder = ProgramBuilder()
    let x = builder.input("x", [1, 1])
    let gain = builder.affine(gain: [1], offset: [0])
    let links = (0..<3).map { core in
      builder.buffer(
        "link", 1,
        space: .link(chip: 0, source: CoreID(core), target: CoreID((core + 1) % 3)))
    }
    let counters = (0..<3).map { _ in builder.counter() }
    for core in 0..<3 {
      let columns = builder.columns(1, core: core)
      let multiplied = builder.counter()
      let (source, target) = (builder.dense(x, [1, 1], inner: 1), (core + 2) % 3)
      let written = builder.dense(columns, [1, 1], inner: 1, counter: multiplied, amount: 1)
      builder.add(
        .mvm, on: .crossbar(chip: 0, core: CoreID(core)), written, source,
        builder.tile([1], rows: 1, columns: 1, core: core), immediates: [1])
      let unit = Unit.ldpu(chip: 0, core: CoreID(core))
      func link(_ number: Int, _ amount: Int) -> UInt32 {
        builder.dense(
          links[number], [1, 1], inner: 1, counter: counters[number], amount: amount)
      }
      if core == 2 {
        builder.add(
          .affine, on: unit, link(core, 1), written, Instruction.none, gain, immediates: [1, 0])
      }
      let awaited = link(target, core == 0 ? 2 : 1)
      builder.add(.affine, on: unit, link(core, 1), written, awaited, gain, immediates: [1, 1])
    }
    let expected = """
      deadlock: 3 units wait for each other in a cycle
      the LDPU of chip 0, core 0, instruction 0 (affine), node "node of stream 3" waits for the LDPU \
      of chip 0, core 2 to write the link from core 2 to 0: counter 2 is 1, not 2
      the LDPU of chip 0, core 2, instruction 1 (affine), node "node of stream 5" waits for the LDPU \
      of chip 0, core 1 to write the link from core 1 to 2: counter 1 is 0, not 1
      the LDPU of chip 0, core 1, instruction 0 (affine), node "node of stream 4" waits for the LDPU \
      of chip 0, core 0 to write the link from core 0 to 1: counter 0 is 0, not 1
      """
    let program = builder.finished()
    let clock = #expect(throws: Diagnostics.self) { try Timing(of: program, host: false) }
    #expect(clock?.items.first?.message == expected)
    let simulation = try Simulation(program, fidelity: .ideal)
    let error = #expect(throws: Diagnostics.self) {
      try simulation.run([Tensor([Float(1)], shape: [1, 1])])
    }
    #expect(error?.items.first?.message == expected)
  }

  @Test func waitingForNobodyIsExplained() throws {
    let gdpu = GDPU(count: 1, precision: .f32, maximumInputs: 256, clock: 400)
    var builder = ProgramBuilder(smallChip(gdpu: gdpu))
    let a = builder.buffer("a", 1)
    let once = builder.counter()
    builder.add(.fill, builder.dense(a, [1], inner: 1, counter: once, amount: 1))
    builder.add(
      .wait, on: .gdpu(chip: 0, slice: 0),
      builder.dense(a, [1], inner: 1, counter: once, amount: 2))
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    let error = #expect(throws: Diagnostics.self) { try simulation.run([]) }
    #expect(
      error?.description.contains("nothing advances the counter that a unit waits for") == true)
    #expect(error?.items[0].node == "node of stream 1")
  }

  @Test func programsThatDoNotEndAreStopped() throws {
    var builder = ProgramBuilder()
    let zero = builder.constant("zero", [Int32(0)])
    builder.add(.branch, 0, builder.dense(zero, [1], inner: 1))
    let simulation = try Simulation(
      builder.finished(), fidelity: .ideal, limits: Limits(memory: .max, steps: 1 << 20))
    let error = #expect(throws: Diagnostics.self) { try simulation.run([]) }
    #expect(error?.description.contains("the 1024 instructions that an inference may take") == true)
  }
}
