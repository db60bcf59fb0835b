import Basics
import Chip
import Program

/// Makes a plan of a program.
struct Planner {
  /// The bytes of a device pair with what is read of it.
  private static let pairBytes = 64

  let flow: StreamFlow
  let program: Program
  let limits: Limits
  let effects: Effects
  /// Whether each tile has devices or converters of its own.
  private let hasDevices: Bool
  private(set) var memories: [Memory] = []
  private(set) var crossbars: [PlannedCrossbar] = []
  /// The index into `crossbars` of each tile.
  private(set) var crossbarOfTile: [Int] = []
  /// The `affine` instructions.
  var locals: [PlannedAffine] = []
  let columnWriters: ColumnWriters
  private var floatCount = 0
  private var integerCount = 0
  /// The bytes of the tables of walks.
  var tables = SizeSum()

  init(_ program: ValidProgram, fidelity: Fidelity, limits: Limits) {
    flow = StreamFlow(program)
    self.program = program.program
    self.limits = limits
    effects = fidelity.effects
    hasDevices =
      fidelity.activeDevices != nil || !fidelity.effects.isDisjoint(with: .ofCircuits)
    columnWriters = ColumnWriters(program.program)
  }

  /// The plan.
  ///
  /// Throws `Diagnostics` if the program takes more than `limits` allow.
  mutating func plan() throws -> Plan {
    try planMemories()
    try limits.requireMemory(replicaBytes, for: "the devices of its replicas")
    planTiles()
    let (streams, steps) = try checkedStreams()
    return Plan(
      flow: flow, limits: limits, steps: steps, effects: effects, memories: memories,
      floatCount: floatCount, integerCount: integerCount, constants: loadConstants(),
      crossbars: crossbars, crossbarOfTile: crossbarOfTile, locals: locals, streams: streams)
  }

  /// Throws `Diagnostics` if an inference takes more than `limits` allow; crossbars stay as they are.
  mutating func checkClock() throws {
    try planMemories()
    crossbarOfTile = program.tiles.map { _ in 0 }
    _ = try checkedStreams()
  }

  /// The streams, and the steps of an inference.
  private mutating func checkedStreams() throws -> (streams: [PlannedStream], steps: Int) {
    let streams = try planStreams()
    let steps = try checkedSteps(of: streams)
    try limits.requireMemory(clockMemory(), for: "the times of its elements")
    return (streams, steps)
  }

  // MARK: Memories

  private func planes(of buffer: Buffer) -> Int {
    if case .columns = buffer.space, effects.hasPolarities { 2 } else { 1 }
  }

  private mutating func planMemories() throws {
    try limits.requireMemory(memoryBytes, for: "its memories")
    // Arenas of constants, which are stored once, and of what each lane has for itself.
    var constantFloats = 0
    var constantIntegers = 0
    let vectorSizes = program.vectorSizes()
    for (index, buffer) in program.buffers.enumerated() {
      let isShared = buffer.constant != nil
      let planes = planes(of: buffer)
      let size = buffer.count * planes
      let offset: Int
      switch (isShared, buffer.element.isFloatingPoint) {
      case (true, true): (offset, constantFloats) = (constantFloats, constantFloats + size)
      case (true, false): (offset, constantIntegers) = (constantIntegers, constantIntegers + size)
      case (false, true): (offset, floatCount) = (floatCount, floatCount + size)
      case (false, false): (offset, integerCount) = (integerCount, integerCount + size)
      }
      memories.append(
        Memory(
          id: BufferID(index), element: buffer.element, count: buffer.count, offset: offset,
          planes: planes, isShared: isShared, vectorSize: vectorSizes[index]))
    }
  }

  /// The bytes of the memories of one lane, and of constants as they are kept.
  private var memoryBytes: Int {
    var sum = SizeSum()
    for buffer in program.buffers {
      sum.add(buffer.count, planes(of: buffer), buffer.element.isFloatingPoint ? 4 : 8)
    }
    return sum.bytes
  }

  /// The bytes of what tiles hold that hold the block of another tile.
  private var replicaBytes: Int {
    guard hasDevices else { return 0 }
    var sum = SizeSum()
    var isHeld = [Bool](repeating: false, count: program.blocks.count)
    for tile in program.tiles {
      let block = program.blocks[tile.block.index]
      if isHeld[tile.block.index] {
        sum.add(block.rows.count, block.columns.count, Self.pairBytes)
      }
      isHeld[tile.block.index] = true
    }
    return sum.bytes
  }

  /// The steps of an inference; where jumps may leave some out, the most that there are if none goes back.
  ///
  /// Throws `Diagnostics` if they are more than there may be, and no jump leaves any out.
  private func checkedSteps(of streams: [PlannedStream]) throws -> Int {
    var sum = SizeSum()
    var jumps = false
    for (stream, steps) in zip(streams, flow.streams) {
      for (instruction, step) in zip(stream.code, steps) {
        sum.add(instruction.steps, step.times)
        switch step.move {
        case .jump, .branch: jumps = true
        default: break
        }
      }
    }
    if !jumps { try limits.requireSteps(sum.bytes) }
    return sum.bytes
  }

  private func loadConstants() -> Constants {
    let shared = memories.filter(\.isShared)
    let constants = Constants(
      floatCount: shared.filter(\.isFloating).reduce(0) { $0 + $1.count },
      integerCount: shared.filter { !$0.isFloating }.reduce(0) { $0 + $1.count })
    for memory in shared {
      if let bytes = program.buffers[memory.id.index].constant {
        constants.load(bytes, into: memory)
      }
    }
    return constants
  }

  // MARK: Tiles

  private mutating func planTiles() {
    var crossbarOfBlock: [Int?] = Array(repeating: nil, count: program.blocks.count)
    for tile in program.tiles {
      // Without devices, the tiles of a block are alike and share their conductances.
      if !hasDevices, let known = crossbarOfBlock[tile.block.index] {
        crossbarOfTile.append(known)
        continue
      }
      let block = program.blocks[tile.block.index]
      crossbarOfBlock[tile.block.index] = crossbars.count
      crossbarOfTile.append(crossbars.count)
      crossbars.append(
        PlannedCrossbar(
          tile: tile, lines: program.blockLines(of: tile), countsPerCode: countsPerCode(of: block),
          rows: block.rows.count, columns: block.columns.count,
          targets: ProgrammedBlock.targets(of: block), decoding: block.decoding,
          gMax: block.gMax))
    }
  }

  /// The counts that g = 1 of a block gives for each step of its input.
  func countsPerCode(of block: ConductanceBlock) -> Float {
    let chip = program.chip
    return Float(
      chip.adc.countsPerGMax / Double(chip.dac.maximumCode)
        * (Double(block.gMax) / chip.crossbar.gMax))
  }
}
