import Basics
import Chip
import Program

/// Builds valid programs that differ in everything that the format allows to differ.
public struct RandomProgram {
  private var generator: SplitMix64
  private var program: Program
  private var hostCode: [Instruction] = []
  private var units: [(unit: Unit, code: [Instruction])] = []

  /// A program of some layers on crossbars and some host code.
  public static func make(seed: Int) throws -> Program {
    var maker = try RandomProgram(seed: seed)
    maker.build()
    return maker.program
  }

  private init(seed: Int) throws {
    generator = SplitMix64(seed: UInt64(seed))
    let chip = try Chip.named(["tiny", "flat-64"].randomElement(using: &generator)!)
    program = Program(
      network: "network \(seed) \"ü\\\u{7}\"", compiler: "aimcc test", chip: chip,
      chipCount: Int.random(in: 1...3, using: &generator))
  }

  private mutating func integer(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func number() -> Float {
    Float(bitPattern: UInt32.random(in: 0x3000_0000...0x4F00_0000, using: &generator))
      * (Bool.random(using: &generator) ? 1 : -1)
  }

  private mutating func name() -> String {
    let names = ["x", "conv.1", "a/b", "", "ümläut", "\"quoted\"", "tile", "none", "0", "a b\n"]
    return names.randomElement(using: &generator)!
  }

  private mutating func buffer(
    _ count: Int, _ space: Buffer.Space = .host, _ element: ElementType = .f32,
    constant: Bytes? = nil
  ) -> BufferID {
    program.buffers.append(
      Buffer(
        name: name(), space: space, element: element, count: count,
        capacity: integer(1...count), constant: constant))
    return BufferID(program.buffers.count - 1)
  }

  /// Adds a descriptor, with a counter that it advances, or waits for, or with none.
  private mutating func add(_ descriptor: Descriptor, counter: CounterID? = nil) -> UInt32 {
    var descriptor = descriptor
    descriptor.counter = counter
    descriptor.amount = counter == nil ? 0 : integer(1...5)
    program.descriptors.append(descriptor)
    return UInt32(program.descriptors.count - 1)
  }

  private mutating func counter() -> CounterID {
    program.counterCount += 1
    return CounterID(program.counterCount - 1)
  }

  /// A dense walk through `vectors` × `elements` of a buffer of that size.
  private func dense(_ buffer: BufferID, _ vectors: Int, _ elements: Int) -> Descriptor {
    Descriptor(
      buffer: buffer,
      axes: [.init(extent: vectors, stride: elements), .init(extent: elements, stride: 1)],
      loops: [.init(count: vectors, axis: 0, step: 1), .init(count: elements, axis: 1, step: 1)],
      innerLoops: 1)
  }

  /// A walk of `vectors` × `elements` in a new buffer: padded, strided, reversed, cut out.
  private mutating func wild(_ vectors: Int, _ elements: Int) -> Descriptor {
    let extent = integer(1...6)
    let (pitch, base) = (integer(1...4), integer(0...3))
    let axes = [
      Descriptor.Axis(origin: integer(-3...3), extent: extent, stride: pitch),
      Descriptor.Axis(origin: elements, extent: elements, stride: 1),
    ]
    let skipped = integer(0...2)
    var descriptor = Descriptor(
      buffer: buffer(base + extent * pitch + elements), base: base, axes: axes,
      loops: [
        .init(count: vectors + skipped, axis: 0, step: integer(-2...2)),
        .init(count: 1, axis: 0, step: integer(-9...9)),
        .init(count: elements, axis: 1, step: -1),
      ],
      innerLoops: 1, fill: [0, -.infinity, .nan, -0.0, 1.5].randomElement(using: &generator)!)
    descriptor.vectors = skipped..<skipped + vectors
    return descriptor
  }

  private mutating func build() {
    let size = integer(1...9)
    let input = buffer(size, .host, .i32)
    program.inputs = [
      Port(
        name: "in", element: .i32, shape: [size], dimensionNames: [name()], buffer: input,
        scale: 0)
    ]
    if Bool.random(using: &generator) {
      let count = size * integer(1...3)
      program.inputs[0].samples = BufferID(program.buffers.count)
      program.buffers.append(
        Buffer(
          name: name(), space: .host, element: .i32, count: count, capacity: count,
          constant: Bytes(copying: (0..<count).map { Int32($0) })))
    }
    let cores = (0..<program.chipCount * program.chip.cores.count).shuffled(using: &generator)
    for core in cores.prefix(integer(0...4)) { addLayer(core) }
    for _ in 0..<integer(0...6) { addHostCode() }
    if Bool.random(using: &generator) { addLines(cores.prefix(integer(0...3)).sorted()) }
    let output = buffer(2, .host, .bool)
    program.outputs = [
      Port(
        name: name(), element: .bool, shape: [1, 2], dimensionNames: [nil, name()], buffer: output,
        scale: 1)
    ]
    finish()
  }

  /// Gives some cores lines in an order of their own.
  private mutating func addLines(_ cores: [Int]) {
    let crossbar = program.chip.crossbar
    for place in cores {
      let (chip, core) = place.quotientAndRemainder(dividingBy: program.chip.cores.count)
      program.lines.append(
        CoreLines(
          chip: chip, core: CoreID(core),
          rows: (0..<crossbar.rows).shuffled(using: &generator),
          columns: (0..<crossbar.columns).shuffled(using: &generator)))
    }
  }

  private mutating func addLayer(_ place: Int) {
    let (chip, index) = place.quotientAndRemainder(dividingBy: program.chip.cores.count)
    let core = CoreID(index)
    let crossbar = program.chip.crossbar
    let rows = integer(1...min(crossbar.rows, 9))
    let columns = integer(1...min(crossbar.columns, 8))
    let (row, column) = (integer(0...40), integer(0...40))
    let conductances = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) }
    program.blocks.append(
      ConductanceBlock(
        node: name(), rows: row..<row + rows, columns: column..<column + columns,
        gMax: 10, devicesPerPolarity: 1, columnScale: (0..<columns).map { _ in number() },
        isCut: Bool.random(using: &generator),
        decoding: [[], [0, 1], [0, 0.25, 0.25, 1]].randomElement(using: &generator)!,
        conductances: Bytes(copying: conductances)))
    if columns.isMultiple(of: 2), Bool.random(using: &generator) {
      let width = columns / 2
      var block = program.blocks.removeLast()
      block.columns = 0..<columns
      block.residual = .init(firstColumn: width, width: width, share: 0.75)
      block.conductances = Bytes(
        copying: conductances.enumerated().map { $0 % columns < width ? $1 : 0 })
      program.blocks.append(block)
    }
    let vectors = integer(1...5)
    if Bool.random(using: &generator) {
      let codes = (0..<rows * integer(1...3)).map { _ in Int16(integer(-127...127)) }
      let places = (0..<(program.sampleCount > 0 ? codes.count / rows : 0)).flatMap {
        [UInt32($0 % program.sampleCount), UInt32(integer(0...vectors - 1))]
      }
      program.probes.append(
        Probe(
          block: BlockID(program.blocks.count - 1),
          routine: Probe.Routine.allCases.randomElement(using: &generator)!,
          codes: Bytes(copying: codes), places: Bytes(copying: places),
          mean: (0..<columns).map { _ in number() },
          spread: (0..<columns).map { _ in abs(number()) }))
    }
    program.tiles.append(
      Tile(
        chip: chip, core: core, block: BlockID(program.blocks.count - 1),
        firstRow: integer(0...crossbar.rows - rows),
        firstColumn: integer(0...crossbar.columns - columns)))
    program.affines.append(
      Affine(
        gain: (0..<columns).map { _ in number() }, offset: (0..<columns).map { _ in number() },
        steps: integer(0...1) == 0 ? [] : (0..<columns).map { _ in abs(number()) + 1 }))
    let line = buffer(vectors * columns, .columns(chip: chip, core: core))
    let (hasColumns, hasResult) = (counter(), counter())
    let source = add(wild(vectors, rows))
    let target = add(dense(line, vectors, columns), counter: hasColumns)
    let back = add(dense(line, vectors, columns), counter: hasColumns)
    let result = add(wild(vectors, columns), counter: hasResult)
    units.append(
      (
        .crossbar(chip: chip, core: core),
        [
          Instruction(
            .mvm, operands: [target, source, UInt32(program.tiles.count - 1)],
            immediates: [abs(number())])
        ]
      ))
    let flags = Instruction.Flags(rawValue: UInt16(integer(0...3)))
    units.append(
      (
        .ldpu(chip: chip, core: core),
        [
          Instruction(.wait, operands: [back]),
          Instruction(
            .affine, flags: flags,
            operands: [result, back, Instruction.none, UInt32(program.affines.count - 1)],
            immediates: [abs(number()), 0]),
        ]
      ))
  }

  private mutating func addHostCode() {
    let (vectors, elements) = (integer(1...4), integer(1...4))
    let result = add(wild(vectors, elements))
    let a = add(wild(vectors, elements))
    let b = add(wild(vectors, elements))
    let truth = add(Descriptor(buffer: buffer(1), axes: [], loops: [], innerLoops: 0))
    let flat = add(wild(vectors, 1))
    let start = UInt32(hostCode.count)
    switch integer(0...9) {
    case 0:
      hostCode += [
        Instruction(.branch, function: UInt8(integer(0...1)), operands: [start + 2, truth]),
        Instruction(.copy, operands: [result, a]),
      ]
    case 1:
      let functions = ZipFunction.allCases.filter { !$0.isComparison && !$0.isBitwise }
      let function = functions.randomElement(using: &generator)!
      hostCode += [
        Instruction(.loop, operands: [UInt32(integer(1...9))]),
        Instruction(.zip, function: function.rawValue, operands: [result, a, b]),
        Instruction(.jump, operands: [start + 3]), Instruction(.next),
      ]
    case 2:
      let function = MapFunction.allCases.randomElement(using: &generator)!
      hostCode.append(
        Instruction(
          .map, function: function.rawValue, operands: [result, a],
          immediates: [number(), -.infinity]))
    case 3: hostCode.append(Instruction(.contract, operands: [flat, a, b]))
    case 4:
      let function = ReduceFunction.allCases.randomElement(using: &generator)!
      hostCode.append(Instruction(.reduce, function: function.rawValue, operands: [flat, a]))
    case 5: hostCode.append(Instruction(.fill, operands: [result], immediates: [number()]))
    case 6:
      let truths = buffer(vectors * elements, .host, .bool)
      let mask = add(dense(truths, vectors, elements))
      hostCode += [
        Instruction(.zip, function: ZipFunction.less.rawValue, operands: [mask, a, b]),
        Instruction(.select, operands: [result, mask, a, b]),
      ]
    case 7:
      let positions = buffer(vectors * elements, .host, .i32)
      let function = SortFunction.allCases.randomElement(using: &generator)!
      hostCode.append(
        Instruction(
          .sort, function: function.rawValue,
          operands: [add(dense(positions, vectors, elements)), a]))
    case 8:
      let numbers = (0..<vectors).map { _ in Int64(integer(0...vectors - 1)) }
      let index = buffer(vectors, .host, .i64, constant: Bytes(copying: numbers))
      let function = ScatterFunction.allCases.randomElement(using: &generator)!
      hostCode.append(
        Instruction(
          .scatter, function: function.rawValue,
          operands: [result, a, add(dense(index, vectors, 1))]))
    default:
      let numbers = (0..<vectors).map { _ in Int64(integer(0...vectors - 1)) }
      let index = buffer(vectors, .host, .i64, constant: Bytes(copying: numbers))
      hostCode.append(
        Instruction(.gather, operands: [result, a, add(dense(index, vectors, 1))]))
    }
    if Bool.random(using: &generator) {
      program.symbols.append(
        Symbol(stream: 0, instructions: Int(start)..<hostCode.count, node: name(), op: name()))
    }
  }

  private mutating func finish() {
    units.sort { $0.unit < $1.unit }
    program.streams = [Stream(unit: .host, code: hostCode + [Instruction(.end)])]
    for (unit, code) in units {
      program.symbols.append(
        Symbol(
          stream: program.streams.count, instructions: 0..<code.count, node: name(), op: "Conv"))
      program.streams.append(Stream(unit: unit, code: code + [Instruction(.end)]))
    }
  }
}
