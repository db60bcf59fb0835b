import Basics
import Chip
import Foundation
import Program
import TestSupport
import Testing

/// Rules that hold between many records, on random ones: the loader decides as the reader of aimcc does.
@Suite struct RandomRuleTests {
  private static func isRefused(_ body: () throws -> Void) -> Bool {
    do { try body() } catch { return true }
    return false
  }

  /// Expects one decision about each program that `make` makes, and that some are refused and some are not.
  /// AIMCC_CASES takes the place of `count`.
  private func compare(
    _ count: Int, _ make: (inout SplitMix64) throws -> Program
  ) throws {
    let count = ProcessInfo.processInfo.environment["AIMCC_CASES"].flatMap { Int($0) } ?? count
    var refused = 0
    for seed in 0..<count {
      var generator = SplitMix64(seed: UInt64(seed))
      let bytes = try make(&generator).encoded()
      let isRefused = Self.isRefused { _ = try ValidProgram(bytes: bytes) }
      let file = bytes.withUnsafeBytes { Array($0) }
      #expect(Self.isRefused { _ = try Loaded(file) } == isRefused, "seed \(seed)")
      #expect(Self.isRefused { _ = try Loaded(file, bufferSize: 64) } == isRefused, "seed \(seed)")
      if isRefused { refused += 1 }
    }
    #expect(
      (count / 20..<count - count / 20).contains(refused), "\(refused) of \(count) are refused")
  }

  private static let tiny = Result { try Chip.named("tiny") }

  private static func empty(chips: Int = 1) throws -> Program {
    Program(network: "", compiler: "", chip: try tiny.get(), chipCount: chips)
  }

  private static func block(_ node: String, _ rows: Range<Int>, _ columns: Range<Int>)
    -> ConductanceBlock
  {
    ConductanceBlock(
      node: node, rows: rows, columns: columns, gMax: 20, devicesPerPolarity: 1,
      columnScale: columns.map { _ in 1 },
      conductances: Bytes(copying: [Float](repeating: 0, count: rows.count * columns.count)))
  }

  /// Tiles that lie side by side, overlap, or stick out.
  @Test func tilesOverlapOrNot() throws {
    try compare(1000) { generator in
      var program = try Self.empty(chips: generator.next(1, 2))
      for _ in 0..<3 {
        program.blocks.append(
          Self.block("n", 0..<generator.next(1, 6), 0..<generator.next(1, 4)))
      }
      for _ in 0..<generator.next(1, 5) {
        program.tiles.append(
          Tile(
            chip: generator.next(below: program.chipCount), core: CoreID(generator.next(below: 2)),
            block: BlockID(generator.next(below: 3)), firstRow: generator.next(below: 13),
            firstColumn: generator.next(below: 6)))
      }
      return program
    }
  }

  /// Lines that are permutations of cores in order, or not.
  @Test func linesAreThereOnceOrNot() throws {
    try compare(1000) { generator in
      var program = try Self.empty(chips: 2)
      let crossbar = program.chip.crossbar
      var place = 0
      for _ in 0..<generator.next(1, 3) {
        place += generator.next(below: 8) == 0 ? 0 : generator.next(1, 2)
        let (chip, core) = place.quotientAndRemainder(dividingBy: program.chip.cores.count)
        var orders = [crossbar.rows, crossbar.columns].map { count in
          (0..<count).shuffled(using: &generator)
        }
        switch generator.next(below: 12) {
        case 0: orders[0][generator.next(below: crossbar.rows)] = orders[0][0]
        case 1: orders[1][generator.next(below: crossbar.columns)] = crossbar.columns
        default: break
        }
        program.lines.append(
          CoreLines(chip: chip, core: CoreID(core), rows: orders[0], columns: orders[1]))
      }
      return program
    }
  }

  /// Error columns, and blocks that hold what they correct, or not all of it.
  @Test func correctedColumnsAreThereOrNot() throws {
    try compare(1000) { generator in
      var program = try Self.empty()
      let (width, copies) = (generator.next(1, 4), generator.next(1, 3))
      let first = width * copies
      // Names that begin alike, in more bytes than are compared at a time.
      let names = ["a", "b"].map { String(repeating: "node ", count: 9) + $0 }
      for _ in 0..<generator.next(1, 5) {
        let start = generator.next(below: first)
        program.blocks.append(
          Self.block(
            names[generator.next(below: 8) / 7], 0..<(generator.next(below: 8) == 0 ? 2 : 1),
            start..<start + generator.next(1, 8)))
      }
      let start = first + generator.next(below: width)
      var block = Self.block(names[0], 0..<1, max(start - generator.next(below: 3), 0)..<start + 1)
      block.residual = .init(firstColumn: first, width: width, share: 0.5)
      program.blocks.insert(block, at: generator.next(below: program.blocks.count + 1))
      if generator.next(below: 4) == 0 {
        program.tiles = [
          Tile(
            chip: 0, core: CoreID(0), block: BlockID(generator.next(below: program.blocks.count)),
            firstRow: 0, firstColumn: 0)
        ]
      }
      return program
    }
  }

  /// Loops that nest or do not, jumps into and out of them, and ends that cannot be reached.
  @Test func codeEndsOrNot() throws {
    try compare(2000) { generator in
      var program = try Self.empty()
      program.buffers = [Buffer(name: "", space: .host, element: .f32, count: 1, capacity: 1)]
      program.descriptors = [Descriptor(buffer: BufferID(0), axes: [], loops: [], innerLoops: 0)]
      let count = generator.next(1, 9)
      var code: [Instruction] = []
      var open = 0
      for number in 0..<count {
        let target = UInt32(min(max(number + generator.next(-2, 4), 0), count))
        switch generator.next(below: 8) {
        case 0, 1: code.append(Instruction(.jump, operands: [target]))
        case 2, 3: code.append(Instruction(.branch, operands: [target, 0]))
        case 4:
          code.append(Instruction(.loop, operands: [2]))
          open += 1
        case 5 where open > 0 || generator.next(below: 16) == 0:
          code.append(Instruction(.next))
          open -= 1
        default: code.append(Instruction(.fill, operands: [0]))
        }
      }
      if generator.next(below: 16) > 0 {
        for _ in 0..<max(open, 0) { code.append(Instruction(.next)) }
      }
      program.streams = [Stream(unit: .host, code: code + [Instruction(.end)])]
      return program
    }
  }

  /// Walks of all kinds through a memory, which they leave or do not leave.
  @Test func walksStayInsideOrNot() throws {
    try compare(2000) { generator in
      var program = try Self.empty()
      let count = [1, 4, 30, 1 << 31, 1 << 40][generator.next(below: 5)]
      program.buffers = [Buffer(name: "", space: .host, element: .f32, count: count, capacity: 1)]
      func number(_ most: Int) -> Int {
        let small = generator.next(-2, 3)
        return generator.next(below: 12) > 0
          ? small : [most, -most, most - 1, 1 - most, most / 2][generator.next(below: 5)]
      }
      let axes = (0..<generator.next(below: 3)).map { _ in
        Descriptor.Axis(
          origin: number(1 << 31 - 1), extent: abs(number(1 << 32 - 1)), stride: number(1 << 31 - 1)
        )
      }
      let loops = (0..<generator.next(below: axes.isEmpty ? 1 : 4)).map { _ in
        Descriptor.Loop(
          count: abs(number(1 << 28)), axis: generator.next(below: axes.count),
          step: number(1 << 28))
      }
      let inner = generator.next(below: loops.count + 1)
      func range(_ loops: ArraySlice<Descriptor.Loop>) -> Range<Int> {
        let total = loops.reduce(1) { $0 &* $1.count }
        let end = min(max(total, 0), 1 << 32 - 1)
        return generator.next(below: 6) > 0 ? 0..<end : end / 2..<min(end + 1, 1 << 32 - 1)
      }
      program.descriptors = [
        Descriptor(
          buffer: BufferID(0), base: number(1 << 40), advance: number(1 << 40), axes: axes,
          loops: loops, innerLoops: inner, vectors: range(loops.dropLast(inner)),
          elements: range(loops.suffix(inner)))
      ]
      let trips = UInt32([1, 2, 1 << 22, 1 << 32 - 1][generator.next(below: 4)])
      program.streams = [
        Stream(
          unit: .host,
          code: [
            Instruction(.loop, operands: [trips]), Instruction(.fill, operands: [0]),
            Instruction(.next), Instruction(.end),
          ])
      ]
      return program
    }
  }

  /// Two inputs whose names differ late or not at all.
  @Test func namesOfPortsDifferOrNot() throws {
    try compare(400) { generator in
      var program = try Self.empty()
      let shared = String(repeating: "x", count: generator.next(28, 36))
      for number in 0..<3 {
        program.buffers.append(
          Buffer(name: "", space: .host, element: .f32, count: 1, capacity: 1))
        program.inputs.append(
          Port(
            name: shared + "\(generator.next(below: 4))", element: .f32, shape: [],
            dimensionNames: [], buffer: BufferID(number), scale: 0))
      }
      return program
    }
  }

  @Test(arguments: ElementType.allCases)
  func elementTypes(_ element: ElementType) throws {
    var program = try Self.empty()
    program.buffers = [
      Buffer(
        name: "", space: .host, element: element, count: 3, capacity: 3,
        constant: Bytes(copying: [UInt8](repeating: 1, count: 3 * element.byteCount)))
    ]
    let bytes = try program.encoded().withUnsafeBytes { Array($0) }
    if element == .f64 {
      #expect(Self.isRefused { _ = try Loaded(bytes) })
    } else {
      #expect(try Loaded(bytes).rebuilt(program.chip).encoded() == program.encoded())
    }
  }
}
