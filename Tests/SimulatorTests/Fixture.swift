import Basics
import Chip
import Program
import Simulator

/// A made-up chip: small crossbars, figures that are easy to reckon with.
func smallChip(
  rows: Int = 8, columns: Int = 8, cores: Int = 4, precision: Precision = .f16,
  rounding: ADC.Rounding = .round, countsPerGMax: Double = 127, gdpu: GDPU? = nil
) -> Chip {
  Chip(
    name: "small", summary: "A chip for tests.", source: "made up", assumed: [],
    cores: CoreGrid(rows: 1, columns: cores),
    crossbar: Crossbar(
      rows: rows, columns: columns, devicesPerPolarity: 2, gMax: 20, readVoltage: 0.2,
      lineCurrentLimit: 100, mvmTime: 100, mvmEnergy: 1),
    dac: DAC(bits: 8), adc: ADC(bits: 12, countsPerGMax: countsPerGMax, rounding: rounding),
    ldpu: LDPU(precision: precision, outputBits: 8, clock: 400, energyPerColumn: 1), gdpu: gdpu,
    links: Links(
      topology: .all, maximumNeighbours: 6, maximumCount: nil, clock: 400, energyPerByte: 1),
    host: Host(bandwidth: 1e9, latency: 1000, macRate: 1e9, energyPerMAC: 1, energyPerByte: 1))
}

/// Builds programs by hand.
struct ProgramBuilder {
  var program: Program
  private var code: [Unit: [Instruction]] = [:]

  init(_ chip: Chip = smallChip()) {
    program = Program(network: "test", compiler: "by hand", chip: chip, chipCount: 1)
  }

  /// Adds a memory.
  mutating func buffer(
    _ name: String, _ count: Int, _ element: ElementType = .f32, space: Buffer.Space = .host,
    constant: Bytes? = nil
  ) -> BufferID {
    program.buffers.append(
      Buffer(
        name: name, space: space, element: element, count: count, capacity: count,
        constant: constant))
    return BufferID(program.buffers.count - 1)
  }

  /// Adds a constant.
  mutating func constant<T: Scalar>(_ name: String, _ elements: [T]) -> BufferID {
    buffer(name, elements.count, T.elementType, constant: Bytes(copying: elements))
  }

  /// Adds an input and its memory.
  mutating func input(_ name: String, _ shape: [Int], _ element: ElementType = .f32) -> BufferID {
    let id = buffer(name, shape.reduce(1, *), element)
    program.inputs.append(port(name, shape, id, element))
    return id
  }

  /// Adds an output and its memory.
  mutating func output(_ name: String, _ shape: [Int], _ element: ElementType = .f32) -> BufferID {
    let id = buffer(name, shape.reduce(1, *), element)
    program.outputs.append(port(name, shape, id, element))
    return id
  }

  private func port(_ name: String, _ shape: [Int], _ id: BufferID, _ element: ElementType) -> Port
  {
    Port(
      name: name, element: element, shape: shape, dimensionNames: shape.map { _ in nil },
      buffer: id, scale: 0)
  }

  /// Adds a counter.
  mutating func counter() -> CounterID {
    program.counterCount += 1
    return CounterID(program.counterCount - 1)
  }

  /// Adds a descriptor.
  mutating func walk(_ descriptor: Descriptor) -> UInt32 {
    program.descriptors.append(descriptor)
    return UInt32(program.descriptors.count - 1)
  }

  /// A walk through a dense array of `shape`, whose last `inner` dimensions are one vector.
  mutating func dense(
    _ buffer: BufferID, _ shape: [Int], inner: Int, base: Int = 0, advance: Int = 0,
    counter: CounterID? = nil, amount: Int = 0
  ) -> UInt32 {
    walk(
      denseDescriptor(
        buffer, shape, inner: inner, base: base, advance: advance, counter: counter,
        amount: amount))
  }

  /// Adds a block and a tile that holds it.
  mutating func tile(
    _ conductances: [Float], rows: Int, columns: Int, core: Int = 0, gMax: Float = 20
  ) -> UInt32 {
    program.blocks.append(
      ConductanceBlock(
        node: "layer", rows: 0..<rows, columns: 0..<columns, gMax: gMax,
        devicesPerPolarity: 2, columnScale: Array(repeating: 1, count: columns),
        conductances: Bytes(copying: conductances)))
    return tile(of: program.blocks.count - 1, core: core)
  }

  /// Adds a tile that holds a block once more.
  mutating func tile(of block: Int, core: Int) -> UInt32 {
    program.tiles.append(
      Tile(chip: 0, core: CoreID(core), block: BlockID(block), firstRow: 0, firstColumn: 0))
    return UInt32(program.tiles.count - 1)
  }

  /// Adds the memory of the columns of a core.
  mutating func columns(_ count: Int, core: Int = 0) -> BufferID {
    buffer("columns \(core)", count, space: .columns(chip: 0, core: CoreID(core)))
  }

  /// Adds an affine function.
  mutating func affine(
    gain: [Float], offset: [Float], steps: [Float] = [], partialSteps: [Float] = []
  ) -> UInt32 {
    program.affines.append(
      Affine(gain: gain, offset: offset, steps: steps, partialSteps: partialSteps))
    return UInt32(program.affines.count - 1)
  }

  /// Adds an instruction to the stream of `unit`.
  mutating func add(
    _ opcode: Opcode, on unit: Unit = .host, function: UInt8 = 0, flags: Instruction.Flags = [],
    _ operands: UInt32..., immediates: [Float] = []
  ) {
    code[unit, default: []].append(
      Instruction(
        opcode, function: function, flags: flags, operands: operands, immediates: immediates))
  }

  /// The program: every stream ended, and its code ascribed to a node.
  func finished() -> Program {
    var result = program
    for (unit, instructions) in code.sorted(by: { $0.key < $1.key }) {
      result.symbols.append(
        Symbol(
          stream: result.streams.count, instructions: 0..<instructions.count,
          node: "node of stream \(result.streams.count)", op: "Test"))
      result.streams.append(Stream(unit: unit, code: instructions + [Instruction(.end)]))
    }
    return result
  }
}

extension Simulation {
  /// A simulation of a program that is checked first.
  init(_ program: Program, fidelity: Fidelity, limits: Limits = .none) throws {
    try self.init(ValidProgram(program), fidelity: fidelity, limits: limits)
  }
}

extension ProgrammedChip {
  /// A chip with a program that is checked first.
  init(_ program: Program, fidelity: Fidelity) throws {
    try self.init(ValidProgram(program), fidelity: fidelity)
  }
}

extension Timing {
  /// The times of a program that is checked first.
  init(of program: Program, host: Bool) throws {
    try self.init(of: ValidProgram(program), host: host, limits: .none)
  }
}

/// The host, or the first slice of the global digital units.
func digitalUnit(isGlobal: Bool) -> Unit { isGlobal ? .gdpu(chip: 0, slice: 0) : .host }

/// A walk through a dense array of `shape`, whose last `inner` dimensions are one vector.
func denseDescriptor(
  _ buffer: BufferID, _ shape: [Int], inner: Int, base: Int = 0, advance: Int = 0,
  counter: CounterID? = nil, amount: Int = 0
) -> Descriptor {
  var axes: [Descriptor.Axis] = []
  var stride = 1
  for size in shape.reversed() {
    axes.insert(Descriptor.Axis(extent: size, stride: stride), at: 0)
    stride *= size
  }
  return Descriptor(
    buffer: buffer, counter: counter, amount: amount, base: base, advance: advance, axes: axes,
    loops: shape.enumerated().map { Descriptor.Loop(count: $1, axis: $0, step: 1) },
    innerLoops: inner)
}
