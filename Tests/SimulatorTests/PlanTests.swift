import Basics
import Chip
import Program
import Simulator
import Testing

/// Programs that contradict themselves are refused, and never crash.
struct PlanTests {
  private static func faults(of program: Program, fidelity: Fidelity = .quantized) -> String {
    do {
      _ = try Simulation(program, fidelity: fidelity)
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
    ("f64", { $0.buffers[0].element = .f64 }),
    ("does not fit buffer", { $0.inputs[0].shape = [3] }),
    ("does not fit buffer", { $0.inputs[0].shape = [Int.max, Int.max, -2] }),
    ("names no buffer", { $0.outputs[0].buffer = BufferID(77) }),
    ("has -1 elements", { $0.buffers[1].count = -1 }),
    ("elements", { $0.buffers[1].count = .max }),
    ("content of 3 bytes", { $0.buffers[0].constant = Bytes(copying: [1, 2, 3] as [UInt8]) }),
    (
      "would change the constant",
      { $0.buffers[1].constant = Bytes(copying: [0, 0] as [Float]) }
    ),
    ("counters", { $0.counterCount = -1 }),
    ("counters", { $0.counterCount = .max }),
    ("no counter 0", { $0.counterCount = 0 }),
    ("names no block", { $0.tiles[0].block = BlockID(9) }),
    ("there is none", { $0.tiles[0].core = CoreID(9) }),
    ("there is none", { $0.tiles[0].chip = 1 }),
    ("there is none", { $0.tiles[0].chip = -1 }),
    ("leaves the crossbar", { $0.tiles[0].firstRow = 255 }),
    ("leaves the crossbar", { $0.tiles[0].firstColumn = .max }),
    ("in 4 bytes", { $0.blocks[0].conductances = Bytes(copying: [Float(1)]) }),
    ("beyond g_max", { $0.blocks[0].conductances = Bytes(copying: [1, .nan, 0, 1] as [Float]) }),
    ("beyond g_max", { $0.blocks[0].conductances = Bytes(copying: [1, 0, 0, -1.5] as [Float]) }),
    ("g_max is 0", { $0.blocks[0].gMax = 0 }),
    (
      "multiplied with 3 rows",
      {
        $0.blocks[0].rows = 0..<3
        $0.blocks[0].conductances = Bytes(copying: [Float](repeating: 0, count: 6))
      }
    ),
    ("1 gains and 2 offsets", { $0.affines[0].gain = [1] }),
    ("an input scale of 0", { $0.streams[0].code[0].immediates[0] = 0 }),
    ("an input scale of nan", { $0.streams[0].code[0].immediates[0] = .nan }),
    ("a scale of inf", { $0.streams[1].code[0].immediates[0] = .infinity }),
    ("no descriptor 500", { $0.streams[0].code[0].operands[0] = 500 }),
    ("no tile 500", { $0.streams[0].code[0].operands[2] = 500 }),
    ("no affine function 500", { $0.streams[1].code[0].operands[3] = 500 }),
    ("holds no columns", { $0.streams[0].code[0].operands[0] = $0.streams[0].code[0].operands[1] }),
    ("holds columns", { $0.streams[1].code[0].operands[0] = $0.streams[1].code[0].operands[1] }),
    ("wrong number of operands", { $0.streams[0].code[0].operands.removeLast() }),
    ("does not run there", { $0.streams[0].code.insert(Instruction(.copy), at: 0) }),
    ("does not end", { $0.streams[0].code.removeLast() }),
    ("does not end", { $0.streams[0].code = [] }),
    ("two streams", { $0.streams.append($0.streams[0]) }),
    ("there is no", { $0.streams[0].unit = .crossbar(chip: 3, core: CoreID(0)) }),
    ("is on chip 0, core 0", { $0.streams[0].unit = .crossbar(chip: 0, core: CoreID(1)) }),
    ("that no mvm writes", { $0.streams.remove(at: 0) }),
    (
      "instruction 900",
      {
        $0.streams[0].code.insert(Instruction(.jump, operands: [900]), at: 0)
      }
    ),
    ("without a loop", { $0.streams[0].code.insert(Instruction(.next), at: 0) }),
    ("without \"next\"", { $0.streams[0].code.insert(Instruction(.loop, operands: [2]), at: 0) }),
    ("no buffer 88", { $0.descriptors[1].buffer = BufferID(88) }),
    ("leaves buffer", { $0.descriptors[1].base = 1 }),
    ("leaves buffer", { $0.descriptors[1].base = .min }),
    (
      "leaves buffer",
      {
        $0.descriptors[1].axes[0].stride = 1 << 20; $0.descriptors[1].axes[1].origin = 0
        $0.descriptors[1].axes[1].stride = 9
      }
    ),
    ("no axis 7", { $0.descriptors[1].loops[0].axis = 7 }),
    ("a loop of 0 steps", { $0.descriptors[1].loops[1].count = 0 }),
    ("a loop of", { $0.descriptors[1].loops[1].count = .max }),
    ("a loop of", { $0.descriptors[1].loops[1].step = .min }),
    ("an axis of extent -1", { $0.descriptors[1].axes[0].extent = -1 }),
    ("an axis of", { $0.descriptors[1].axes[0].origin = .min }),
    ("an axis of", { $0.descriptors[1].axes[0].stride = .max }),
    ("inner loops", { $0.descriptors[1].innerLoops = 5 }),
    ("inner loops", { $0.descriptors[1].innerLoops = -1 }),
    ("vectors 0..<9 of 1", { $0.descriptors[1].vectors = 0..<9 }),
    ("elements -3..<2 of 2", { $0.descriptors[1].elements = -3..<2 }),
    ("awaited or advanced by -4", { $0.descriptors[0].amount = -4 }),
    ("converters", { $0.chip.dac.bits = 40 }),
    ("no positive g_max", { $0.chip.adc.countsPerGMax = .nan }),
  ]

  @Test(arguments: changes.indices)
  func isRefused(index: Int) {
    let (message, change) = Self.changes[index]
    var program = Self.layer
    #expect(Self.faults(of: program) == "")
    change(&program)
    let text = Self.faults(of: program)
    #expect(text.contains(message), "\(index): \"\(text)\" does not say \"\(message)\"")
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
    #expect(fault(.copy, [.f32, .f16]).contains("copies f16 to f32"))
    #expect(fault(.copy, [.f32, .f32], counts: [4, 3]).contains("3 elements for 4"))
    #expect(fault(.map, [.f32, .i8]).contains("elements of type i8"))
    #expect(fault(.zip, [.i8, .i8, .i16]).contains("joins i8 and i16 to i8"))
    #expect(fault(.zip, [.bool, .bool, .u8]).contains("joins bool and u8"))
    #expect(fault(.zip, [.bool, .bool, .bool]) == "")
    #expect(fault(.reduce, [.i32, .i8]).contains("reduces i8 to i32"))
    #expect(fault(.reduce, [.f32, .f32], counts: [4, 3]).contains("3 vectors to 4"))
    #expect(fault(.contract, [.i32, .i32, .i32]).contains("type i32"))
    #expect(fault(.gather, [.f32, .f32, .f32]).contains("numbers of type f32"))
    #expect(fault(.gather, [.f32, .f16, .i32]).contains("gathers"))
    #expect(fault(.zip, [.f32, .f16, .f32]) == "")
  }

  @Test func faultsNameTheNode() {
    var program = Self.layer
    program.streams[0].code[0].operands[2] = 500
    program.streams[1].code[0].operands[3] = 500
    do {
      _ = try Simulation(program, fidelity: .ideal)
      Issue.record("was accepted")
    } catch {
      let items = (error as? Diagnostics)?.items ?? []
      #expect(items.map(\.node) == ["node of stream 0", "node of stream 1"])
      #expect(items.first?.description.contains("the crossbar of chip 0, core 0") == true)
    }
  }

  @Test func tilesOfDifferentRangesDoNotShareColumns() {
    var builder = ProgramBuilder()
    let x = builder.input("x", [1, 1])
    let y = builder.output("y", [1, 2])
    let columns = builder.columns(2)
    let tiles = [20, 10].map { builder.tile([1], rows: 1, columns: 1, gMax: $0) }
    let crossbar = Unit.crossbar(chip: 0, core: CoreID(0))
    for (index, tile) in tiles.enumerated() {
      builder.add(
        .mvm, on: crossbar, builder.dense(columns, [1, 1], inner: 1, base: index),
        builder.dense(x, [1, 1], inner: 1), tile, immediates: [1])
    }
    builder.add(
      .affine, on: .ldpu(chip: 0, core: CoreID(0)), builder.dense(y, [1, 2], inner: 1),
      builder.dense(columns, [1, 2], inner: 1), Instruction.none,
      builder.affine(gain: [1, 1], offset: [0, 0]), immediates: [1, 0])
    #expect(Self.faults(of: builder.finished()).contains("whose g_max differ"))
  }
}
