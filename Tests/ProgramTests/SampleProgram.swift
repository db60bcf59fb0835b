import Basics
import Chip
import Program

/// A program that uses each part of the format, on two chips of the preset `tiny`.
///
/// A matrix of 4×3 is on chip 0, its copy on chip 1; core 0.0 sends partial sums to core 0.1.
func sampleProgram() throws -> Program {
  var program = Program(
    network: "sample", compiler: "aimcc test", chip: try Chip.named("tiny"), chipCount: 2)
  program.buffers = [
    Buffer(name: "x", space: .host, element: .f32, count: 8, capacity: 8),
    Buffer(
      name: "columns a", space: .columns(chip: 0, core: CoreID(0)), element: .f32, count: 6,
      capacity: 3),
    Buffer(
      name: "partial",
      space: .link(chip: 0, source: CoreID(0), target: CoreID(1)), element: .f32, count: 6,
      capacity: 3),
    Buffer(
      name: "columns b", space: .columns(chip: 0, core: CoreID(1)), element: .f32, count: 6,
      capacity: 6),
    Buffer(name: "y", space: .host, element: .f32, count: 6, capacity: 6),
    Buffer(
      name: "bias", space: .host, element: .f32, count: 3, capacity: 3,
      constant: Bytes(copying: [0.5, -1, 2] as [Float])),
    Buffer(
      name: "numbers", space: .host, element: .i64, count: 2, capacity: 2,
      constant: Bytes(copying: [1, 0] as [Int64])),
    Buffer(name: "zählung\u{301}", space: .host, element: .bool, count: 1, capacity: 1),
  ]
  program.inputs = [
    Port(
      name: "x", element: .f32, shape: [1, 2, 4], dimensionNames: ["batch", nil, ""],
      buffer: BufferID(0), scale: 0.25)
  ]
  program.outputs = [
    Port(
      name: "y", element: .f32, shape: [2, 3], dimensionNames: [nil, nil], buffer: BufferID(4),
      scale: 0)
  ]
  program.counterCount = 3
  let conductances: [Float] = [1, -1, 0.5, 0, -0.0, 0.25, 0.125, -0.75, 1, 0.1, 0.2, 0.3]
  program.blocks = [
    ConductanceBlock(
      node: "dense", rows: 0..<4, columns: 0..<3, gMax: 20, devicesPerPolarity: 1,
      columnScale: [0.5, 1, 2], conductances: Bytes(copying: conductances)),
    ConductanceBlock(
      node: "dense", rows: 4..<8, columns: 0..<3, gMax: 20, devicesPerPolarity: 1,
      columnScale: [0.5, 1, 2], conductances: Bytes(copying: conductances.map { -$0 })),
  ]
  program.tiles = [
    Tile(chip: 1, core: CoreID(2), block: BlockID(1), firstRow: 3, firstColumn: 5),
    Tile(chip: 0, core: CoreID(0), block: BlockID(0), firstRow: 0, firstColumn: 0),
    Tile(chip: 0, core: CoreID(1), block: BlockID(1), firstRow: 0, firstColumn: 0),
  ]
  program.affines = [
    Affine(gain: [0.5, 0.25, 1], offset: [0, 0, 0]), Affine(gain: [1, 1, 1], offset: [1, -2, 3]),
  ]
  program.descriptors = sampleDescriptors()
  program.streams = sampleStreams()
  program.symbols = [
    Symbol(stream: 0, instructions: 0..<7, node: "tail", op: "Relu"),
    Symbol(stream: 0, instructions: 1..<3, node: "gather/0", op: "Gather"),
    Symbol(stream: 1, instructions: 0..<1, node: "dense", op: "Gemm"),
  ]
  return program
}

/// The lines of core 0.1 of a chip, the last first.
func reversedLines(of chip: Chip) -> CoreLines {
  CoreLines(
    chip: 0, core: CoreID(1), rows: (0..<chip.crossbar.rows).reversed(),
    columns: (0..<chip.crossbar.columns).reversed())
}

/// Two vectors of `width` elements.
private func matrix(
  _ buffer: Int, width: Int, counter: Int? = nil, amount: Int = 0, base: Int = 0
) -> Descriptor {
  Descriptor(
    buffer: BufferID(buffer), counter: counter.map { CounterID($0) }, amount: amount, base: base,
    axes: [.init(extent: 2, stride: width), .init(extent: width, stride: 1)],
    loops: [.init(count: 2, axis: 0, step: 1), .init(count: width, axis: 1, step: 1)],
    innerLoops: 1)
}

private func sampleDescriptors() -> [Descriptor] {
  let bias = Descriptor(
    buffer: BufferID(5), axes: [.init(extent: 3, stride: 1)],
    loops: [.init(count: 2, axis: 0, step: 0), .init(count: 3, axis: 0, step: 1)], innerLoops: 1)
  let rows = Descriptor(
    buffer: BufferID(4), advance: 3, axes: [.init(extent: 3, stride: 1)],
    loops: [.init(count: 3, axis: 0, step: 1)], innerLoops: 1)
  let padded = Descriptor(
    buffer: BufferID(4),
    axes: [.init(origin: -1, extent: 2, stride: 3), .init(origin: 2, extent: 3, stride: 1)],
    loops: [
      .init(count: 4, axis: 0, step: 1), .init(count: 3, axis: 1, step: -1),
      .init(count: 1, axis: 1, step: 0),
    ],
    innerLoops: 2, vectors: 1..<3, elements: 0..<3, fill: -.infinity)
  let numbers = Descriptor(
    buffer: BufferID(6), axes: [.init(extent: 2, stride: 1)],
    loops: [.init(count: 2, axis: 0, step: 1)], innerLoops: 1)
  let truth = Descriptor(buffer: BufferID(7), axes: [], loops: [], innerLoops: 0)
  return [
    matrix(0, width: 4), matrix(1, width: 3, counter: 0, amount: 6),
    matrix(2, width: 3, counter: 1, amount: 2), matrix(3, width: 3, counter: 2, amount: 6),
    matrix(4, width: 3), bias, rows, padded, numbers, truth,
  ]
}

private func sampleStreams() -> [Stream] {
  [
    Stream(
      unit: .host,
      code: [
        Instruction(.loop, operands: [2]),
        Instruction(
          .map, function: MapFunction.clip.rawValue, operands: [6, 6], immediates: [0, 6]),
        Instruction(.branch, function: 1, operands: [4, 9]),
        Instruction(.map, function: MapFunction.exp.rawValue, operands: [6, 6]),
        Instruction(.next),
        Instruction(.zip, function: ZipFunction.add.rawValue, operands: [4, 4, 5]),
        Instruction(.gather, operands: [4, 7, 8]),
        Instruction(.fill, operands: [9], immediates: [-0.0]),
        Instruction(.jump, operands: [9]),
        Instruction(.end),
      ]),
    Stream(
      unit: .crossbar(chip: 0, core: CoreID(0)),
      code: [
        Instruction(.mvm, operands: [1, 0, 1], immediates: [0.1]), Instruction(.end),
      ]),
    Stream(
      unit: .crossbar(chip: 0, core: CoreID(1)),
      code: [
        Instruction(.mvm, operands: [3, 0, 2], immediates: [0.3]), Instruction(.end),
      ]),
    Stream(
      unit: .ldpu(chip: 0, core: CoreID(0)),
      code: [
        Instruction(
          .affine, operands: [2, 1, Instruction.none, 0], immediates: [0.01, 0]),
        Instruction(.end),
      ]),
    Stream(
      unit: .ldpu(chip: 0, core: CoreID(1)),
      code: [
        Instruction(.wait, operands: [2]),
        Instruction(
          .affine, flags: [.reluBefore, .reluAfter], operands: [4, 3, 2, 1],
          immediates: [0.02, 0.01]),
        Instruction(.end),
      ]),
    Stream(unit: .gdpu(chip: 1, slice: 1), code: [Instruction(.end)]),
  ]
}
