import Basics
import Chip
import Program
import Simulator
import Testing

/// What a program may be is one rule: what breaks it is no valid program, and what keeps it runs.
struct ValidityTests {
  private static func faults(of program: Program) -> String {
    do {
      _ = try ValidProgram(program)
      return ""
    } catch {
      return "\(error)"
    }
  }

  private static var layer: Program {
    Layer(rows: 2, columns: 2, conductances: [1, 0, 0, 1], gain: [1, 1], offset: [0, 0]).program()
  }

  /// Each change to a good program, and what its refusal must say.
  private static let changes: [(String, @Sendable (inout Program) -> Void)] = [
    ("has elements of type f64", { $0.buffers[0].element = .f64 }),
    ("differs from its buffer in size", { $0.inputs[0].shape = [3] }),
    ("differs from its buffer in size", { $0.inputs[0].shape = [Int.max, Int.max, -2] }),
    ("is in buffer 77", { $0.outputs[0].buffer = BufferID(77) }),
    ("a name holds a NUL character", { $0.symbols[0].op = "a\0b" }),
    ("has -1 elements", { $0.buffers[1].count = -1 }),
    ("elements", { $0.buffers[1].count = .max }),
    (
      "has a constant of the wrong size",
      { $0.buffers[0].constant = Bytes(copying: [1, 2, 3] as [UInt8]) }
    ),
    (
      "writes a constant or an input",
      { $0.buffers[1].constant = Bytes(copying: [0, 0] as [Float]) }
    ),
    ("there are -1 counters", { $0.counterCount = -1 }),
    ("counters, more than the", { $0.counterCount = .max }),
    ("refers to counter 0, but the program has 0", { $0.counterCount = 0 }),
    ("refers to block 9", { $0.tiles[0].block = BlockID(9) }),
    ("is on core 0.9", { $0.tiles[0].core = CoreID(9) }),
    ("is on core 1.0", { $0.tiles[0].chip = 1 }),
    ("is on core -1.0", { $0.tiles[0].chip = -1 }),
    ("does not lie inside the crossbar", { $0.tiles[0].firstRow = 255 }),
    ("does not lie inside the crossbar", { $0.tiles[0].firstColumn = .max }),
    ("more or fewer conductances", { $0.blocks[0].conductances = Bytes(copying: [Float(1)]) }),
    (
      "not within -1 and 1",
      { $0.blocks[0].conductances = Bytes(copying: [1, .nan, 0, 1] as [Float]) }
    ),
    (
      "not within -1 and 1",
      { $0.blocks[0].conductances = Bytes(copying: [1, 0, 0, -1.5] as [Float]) }
    ),
    ("has the g_max 0", { $0.blocks[0].gMax = 0 }),
    ("of the matrix of a layer", { $0.blocks[0].rows = -2..<0 }),
    ("of the matrix of a layer", { $0.blocks[0].rows = Int.min..<Int.max }),
    ("of the matrix of a layer", { $0.blocks[0].columns = 1 << 32..<1 << 32 + 2 }),
    (
      "an element for every row",
      {
        $0.blocks[0].rows = 0..<3
        $0.blocks[0].conductances = Bytes(copying: [Float](repeating: 0, count: 6))
      }
    ),
    ("affine 0 has no values, or some missing", { $0.affines[0].gain = [1] }),
    ("scale is 0", { $0.streams[0].code[0].immediates[0] = 0 }),
    ("scale is nan", { $0.streams[0].code[0].immediates[0] = .nan }),
    ("scale is inf", { $0.streams[1].code[0].immediates[0] = .infinity }),
    ("there is no descriptor 500", { $0.streams[0].code[0].operands[0] = 500 }),
    ("there is no tile 500", { $0.streams[0].code[0].operands[2] = 500 }),
    ("there is no affine 500", { $0.streams[1].code[0].operands[3] = 500 }),
    (
      "writes a constant or an input",
      { $0.streams[0].code[0].operands[0] = $0.streams[0].code[0].operands[1] }
    ),
    (
      "neither in the host nor at a link",
      { $0.streams[1].code[0].operands[0] = $0.streams[1].code[0].operands[1] }
    ),
    ("has operands, immediates", { $0.streams[0].code[0].operands.removeLast() }),
    ("does not run on this unit", { $0.streams[0].code.insert(Instruction(.copy), at: 0) }),
    ("must have exactly one end", { $0.streams[0].code.removeLast() }),
    ("must have exactly one end", { $0.streams[0].code = [] }),
    ("is out of order: it follows", { $0.streams.append($0.streams[0]) }),
    ("the chip has no crossbar 3.0", { $0.streams[0].unit = .crossbar(chip: 3, core: CoreID(0)) }),
    (
      "the tile is not on this core",
      { $0.streams[0].unit = .crossbar(chip: 0, core: CoreID(1)) }
    ),
    ("there is no instruction 900", { $0.streams[0].code.insert(jump(900), at: 0) }),
    ("the end cannot be reached from here", { $0.streams[0].code.insert(jump(0), at: 0) }),
    ("next without loop", { $0.streams[0].code.insert(Instruction(.next), at: 0) }),
    ("loop without next", { $0.streams[0].code.insert(loop(2), at: 0) }),
    (
      "the count is 0",
      { $0.streams[0].code.insert(contentsOf: [loop(0), Instruction(.next)], at: 0) }
    ),
    (
      "loops nested more than 64 deep",
      {
        $0.streams[0].code.insert(
          contentsOf: Array(repeating: loop(2), count: 65)
            + Array(repeating: Instruction(.next), count: 65), at: 0)
      }
    ),
    ("refers to buffer 88", { $0.descriptors[1].buffer = BufferID(88) }),
    ("reaches elements 1 to 2 of 2", { $0.descriptors[1].base = 1 }),
    ("a base or an advance beyond", { $0.descriptors[1].base = .min }),
    ("loops along axis 7", { $0.descriptors[1].loops[0].axis = 7 }),
    ("has a loop of 0 steps", { $0.descriptors[1].loops[1].count = 0 }),
    ("has a loop of", { $0.descriptors[1].loops[1].count = .max }),
    ("has a loop of", { $0.descriptors[1].loops[1].step = .min }),
    ("has an axis of extent -1", { $0.descriptors[1].axes[0].extent = -1 }),
    ("has an axis of", { $0.descriptors[1].axes[0].origin = .min }),
    ("has an axis of", { $0.descriptors[1].axes[0].stride = .max }),
    ("inner loops", { $0.descriptors[1].innerLoops = 5 }),
    ("inner loops", { $0.descriptors[1].innerLoops = -1 }),
    ("takes the vectors 0..<9 of 1", { $0.descriptors[1].vectors = 0..<9 }),
    ("takes the elements -3..<2 of 2", { $0.descriptors[1].elements = -3..<2 }),
    (
      "loops of more than 2^40 elements",
      {
        // Of 2⁴⁸ places of the loops, one is taken.
        for index in 0..<2 {
          $0.descriptors[1].loops[index].count = 1 << 24
          $0.descriptors[1].loops[index].step = 0
        }
        ($0.descriptors[1].vectors, $0.descriptors[1].elements) = (0..<1, 0..<2)
      }
    ),
    (
      "takes vectors beyond 2^32",
      {
        $0.descriptors[1].loops = [
          .init(count: 1 << 27, axis: 0, step: 0), .init(count: 1 << 6, axis: 0, step: 0),
          .init(count: 2, axis: 1, step: 1),
        ]
        $0.descriptors[1].vectors = 1 << 32..<1 << 32 + 1
      }
    ),
    ("counts by -4", { $0.descriptors[0].amount = -4 }),
    ("reads columns that no mvm writes", { $0.descriptors.append($0.descriptors[0]) }),
    ("dac.bits must be a whole number from 2 to 16", { $0.chip.dac.bits = 40 }),
    ("adc.bits must be a whole number from 1 to 20", { $0.chip.adc.bits = 21 }),
    ("ldpu.output-bits must be", { $0.chip.ldpu.outputBits = 17 }),
    ("adc.counts-per-g-max must be", { $0.chip.adc.countsPerGMax = .nan }),
    ("crossbar.g-max must be", { $0.chip.crossbar.gMax = 0 }),
    (
      "has an end that there is not",
      {
        $0.chip.links.topology = .listed(
          LinkList([.init(source: CoreID(0), target: .core(CoreID(9)), kind: .partialSum)]))
      }
    ),
  ]

  private static func jump(_ target: UInt32) -> Instruction {
    Instruction(.jump, operands: [target])
  }

  private static func loop(_ count: UInt32) -> Instruction {
    Instruction(.loop, operands: [count])
  }

  @Test(arguments: changes.indices)
  func isRefused(index: Int) {
    let (message, change) = Self.changes[index]
    var program = Self.layer
    #expect(Self.faults(of: program) == "")
    change(&program)
    if message.hasPrefix("reads columns") {
      // The LDPU reads others than those that the crossbar writes.
      program.buffers.append(program.buffers[program.descriptors[0].buffer.index])
      let last = program.descriptors.count - 1
      program.descriptors[last].buffer = BufferID(program.buffers.count - 1)
      program.streams[1].code[0].operands[1] = UInt32(last)
    }
    let text = Self.faults(of: program)
    #expect(text.contains(message), "\(index): \"\(text)\" does not say \"\(message)\"")
  }

  @Test func faultsNameTheNode() {
    var program = Self.layer
    program.streams[0].code[0].operands[2] = 500
    program.streams[1].code[0].operands[3] = 500
    let faults = #expect(throws: Diagnostics.self) { try ValidProgram(program) }
    #expect(faults?.items.map(\.node) == ["node of stream 0", "node of stream 1"])
    #expect(faults?.description.contains("crossbar 0.0, instruction 0 (mvm)") == true)
  }

  @Test func tilesOfDifferentRangesDoNotShareColumns() {
    func program(_ ranges: [Float]) -> Program {
      var builder = ProgramBuilder()
      let x = builder.input("x", [1, 1])
      let y = builder.output("y", [1, 2])
      let columns = builder.columns(2)
      let tiles = ranges.map { builder.tile([1], rows: 1, columns: 1, gMax: $0) }
      for index in tiles.indices {
        builder.program.tiles[index].firstRow = index
        builder.add(
          .mvm, on: .crossbar(chip: 0, core: CoreID(0)),
          builder.dense(columns, [1, 1], inner: 1, base: index),
          builder.dense(x, [1, 1], inner: 1), tiles[index], immediates: [1])
      }
      builder.add(
        .affine, on: .ldpu(chip: 0, core: CoreID(0)), builder.dense(y, [1, 2], inner: 1),
        builder.dense(columns, [1, 2], inner: 1), Instruction.none,
        builder.affine(gain: [1, 1], offset: [0, 0]), immediates: [1, 0])
      return builder.finished()
    }
    #expect(Self.faults(of: program([20, 10])).contains("reads columns of different g_max"))
    #expect(Self.faults(of: program([10, 10])) == "")
  }

  /// Converters of as many bits as a chip can have count to the end.
  @Test func convertersOfManyBits() throws {
    var chip = smallChip(rows: 64, columns: 64, precision: .f32, countsPerGMax: 1e6)
    (chip.dac.bits, chip.adc.bits, chip.ldpu.outputBits) = (16, 20, 16)
    let layer = Layer(
      rows: 2, columns: 1, conductances: [1, 0.5], gain: [1], offset: [0],
      scale: 2, chip: chip)
    let x: [Float] = [30_000, 2_000]
    let outputs = try Simulation(layer.program(), fidelity: .quantized)
      .run([Tensor(x, shape: [1, 2])]).outputs[0].elements(of: Float.self)
    #expect(outputs == layer.expected(x, []).results)
    #expect(outputs[0] == 31_000)
  }

  /// Vectors may be as long as memory allows.
  @Test func longVectors() throws {
    let count = 1 << 22 + 1
    var builder = ProgramBuilder()
    let x = builder.constant("x", [Float(1)])
    let y = builder.output("y", [1])
    let source = builder.walk(
      Descriptor(
        buffer: x, axes: [.init(extent: 1, stride: 1)],
        loops: [.init(count: count, axis: 0, step: 0)], innerLoops: 1))
    builder.add(.reduce, builder.dense(y, [1], inner: 0), source)
    let program = try ValidProgram(builder.finished())
    let outputs = try Simulation(program, fidelity: .ideal).run([]).outputs
    #expect(outputs[0].elements(of: Float.self) == [Float(count)])
    let error = #expect(throws: Diagnostics.self) {
      try Simulation(program, fidelity: .ideal, limits: Limits(memory: 64 << 20, steps: .max))
    }
    #expect(error?.description.contains("bytes for the tables of its walks") == true)
  }

  /// Coordinates up to the ends of what the format has room for, of which only the last is inside.
  @Test func farCoordinates() throws {
    func read(from origin: Int, _ count: Int, step: Int) throws -> [Float] {
      var builder = ProgramBuilder()
      let x = builder.input("x", [2])
      let y = builder.output("y", [count])
      let source = builder.walk(
        Descriptor(
          buffer: x, axes: [.init(origin: origin, extent: 2, stride: 1)],
          loops: [.init(count: count, axis: 0, step: step)], innerLoops: 1, fill: -7))
      builder.add(.copy, builder.dense(y, [count], inner: 1), source)
      return try Simulation(builder.finished(), fidelity: .ideal)
        .run([Tensor([Float(1), 2], shape: [2])]).outputs[0].elements(of: Float.self)
    }
    let end = Int(Int32.max)
    #expect(try read(from: end, 4, step: -1) == [-7, -7, -7, -7])
    #expect(try read(from: -end, 4, step: 1) == [-7, -7, -7, -7])
    let outside = [Float](repeating: -7, count: 15)
    #expect(try read(from: end - 1 << 27 + 2, 16, step: -1 << 27) == outside + [2])
    #expect(throws: Diagnostics.self) { try read(from: end, 4, step: 1) }
  }

  @Test func largeAmounts() throws {
    var builder = ProgramBuilder()
    let y = builder.output("y", [1])
    let counter = builder.counter()
    builder.add(
      .fill, builder.dense(y, [1], inner: 1, counter: counter, amount: 1 << 40), immediates: [1])
    builder.add(.wait, builder.dense(y, [1], inner: 1, counter: counter, amount: 1 << 40))
    let outputs = try Simulation(builder.finished(), fidelity: .ideal).run([]).outputs
    #expect(outputs[0].elements(of: Float.self) == [1])
  }

  /// How large a memory may be is a limit of the machine.
  @Test func largeMemories() throws {
    var builder = ProgramBuilder()
    _ = builder.buffer("large", 1 << 33)
    let y = builder.output("y", [1])
    builder.add(.fill, builder.dense(y, [1], inner: 1), immediates: [1])
    let program = try ValidProgram(builder.finished())
    let error = #expect(throws: Diagnostics.self) {
      try Simulation(program, fidelity: .ideal, limits: Limits(memory: 1 << 30, steps: .max))
    }
    #expect(error?.description.contains("bytes for its memories") == true)
  }

  @Test func typesThatDoNotMatchAreRefused() {
    func fault(_ opcode: Opcode, _ elements: [ElementType], counts: [Int] = [4, 4, 4]) -> String {
      var builder = ProgramBuilder()
      let operands = zip(elements, counts).enumerated().map { index, operand in
        builder.dense(
          builder.buffer("b\(index)", operand.1, operand.0), [operand.1], inner: 0)
      }
      if operands.count == 2 {
        builder.add(opcode, operands[0], operands[1])
      } else {
        builder.add(opcode, operands[0], operands[1], operands[2])
      }
      return Self.faults(of: builder.finished())
    }
    #expect(fault(.copy, [.f32, .f16]).contains("the element types differ"))
    #expect(fault(.copy, [.f32, .f32], counts: [4, 3]).contains("the counts differ"))
    #expect(fault(.map, [.f32, .i8]).contains("not floating-point numbers"))
    #expect(fault(.zip, [.i8, .i8, .i16]).contains("integers of one type"))
    #expect(fault(.zip, [.bool, .bool, .u8]).contains("integers of one type"))
    #expect(fault(.zip, [.bool, .bool, .bool]) == "")
    #expect(fault(.reduce, [.i32, .i8]).contains("integers of one type"))
    #expect(fault(.reduce, [.f32, .f32], counts: [4, 3]).contains("an element for every vector"))
    #expect(fault(.contract, [.i32, .i32, .i32]).contains("not floating-point numbers"))
    #expect(fault(.gather, [.f32, .f32, .f32]).contains("the numbers are not integers"))
    #expect(fault(.gather, [.f32, .f16, .i32]).contains("the element types differ"))
    #expect(fault(.zip, [.f32, .f16, .f32]) == "")
  }
}
