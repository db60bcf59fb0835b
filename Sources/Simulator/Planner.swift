import Basics
import Chip
import Program

/// Makes a plan of a program, and collects everything that is wrong with it.
struct Planner {
  /// The most elements that the memories of one inference may have.
  private static let maximumElements = 1 << 31
  private static let maximumCounters = 1 << 26
  private static let maximumFaults = 100
  /// The bytes of a place in the table of a walk, and of a device pair with what is read of it.
  private static let (placeBytes, pairBytes) = (48, 64)

  let program: Program
  let limits: Limits
  let effects: Effects
  /// Whether each tile has devices or converters of its own.
  let hasDevices: Bool
  private(set) var faults = Diagnostics()
  private(set) var memories: [Memory] = []
  private(set) var crossbars: [PlannedCrossbar] = []
  /// The index into `crossbars` of each tile.
  private(set) var crossbarOfTile: [Int?] = []
  /// The `affine` instructions.
  var locals: [PlannedAffine] = []
  private var floatCount = 0
  private var integerCount = 0
  /// How to multiply with blocks of given rows and columns.
  private var products: [[Int]: Product] = [:]
  /// How many places more the tables of walks may hold.
  var tableRoom: Int
  /// Every `mvm` that writes columns, by buffer.
  var columnWriters: [[ColumnWriter]] = []

  /// What an `mvm` writes into a memory of columns.
  struct ColumnWriter {
    let tile: Int
    let reach: Range<Int>
    let countsPerCode: Float
  }

  init(_ program: Program, fidelity: Fidelity, limits: Limits) {
    self.program = program
    self.limits = limits
    tableRoom = min(1 << 27, limits.memory / Self.placeBytes)
    effects = fidelity.effects
    hasDevices =
      fidelity.activeDevices != nil || !fidelity.effects.isDisjoint(with: .ofCircuits)
  }

  /// The plan.
  ///
  /// Throws `Diagnostics` with everything that is wrong with the program.
  mutating func plan() throws -> Plan {
    planMemories()
    checkConverters()
    try faults.throwIfErrors()
    try limits.requireMemory(memoryBytes, for: "its memories")
    checkPorts()
    try limits.requireMemory(replicaBytes, for: "the devices of its replicas")
    planTiles()
    columnWriters = Array(repeating: [], count: memories.count)
    collectColumnWriters()
    try faults.throwIfErrors()
    let streams = planStreams()
    try faults.throwIfErrors()
    let steps = try checkedSteps(of: streams)
    try limits.requireMemory(clockMemory(), for: "the times of its elements")
    return Plan(
      program: program, limits: limits, steps: steps, effects: effects, memories: memories,
      floatCount: floatCount,
      integerCount: integerCount, constants: loadConstants(), crossbars: crossbars,
      crossbarOfTile: crossbarOfTile,
      locals: locals, streams: streams)
  }

  /// Adds a fault of the whole program.
  mutating func add(_ message: String) { add(Diagnostic(.error, message)) }

  /// Adds a fault, unless there are too many to read.
  mutating func add(_ fault: Diagnostic) {
    if faults.items.count < Self.maximumFaults { faults.append(fault) }
  }

  // MARK: Memories

  private mutating func planMemories() {
    guard program.counterCount >= 0, program.counterCount <= Self.maximumCounters else {
      add("the program has \(program.counterCount) counters")
      return
    }
    // Arenas of constants, which are stored once, and of what each lane has for itself.
    var constantFloats = 0
    var constantIntegers = 0
    for (index, buffer) in program.buffers.enumerated() {
      let name = "buffer \"\(buffer.name)\""
      guard buffer.element != .f64 else {
        add(
          Diagnostic(
            .error, "\(name) has elements of type f64", supported: "f32, f16, integers and bool",
            help: "convert the network to f32"))
        continue
      }
      guard buffer.count >= 0, buffer.count <= Self.maximumElements else {
        add("\(name) has \(buffer.count) elements")
        continue
      }
      if let constant = buffer.constant,
        constant.count != buffer.count * buffer.element.byteCount
      {
        add("\(name) has \(buffer.count) elements and a content of \(constant.count) bytes")
      }
      var isColumns = false
      if case .columns = buffer.space { isColumns = true }
      if isColumns && buffer.element != .f32 {
        add("\(name) holds columns as \(buffer.element)")
      }
      let isShared = buffer.constant != nil
      let planes = isColumns && effects.hasPolarities ? 2 : 1
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
          planes: planes, isShared: isShared, isColumns: isColumns))
      if floatCount + integerCount + constantFloats + constantIntegers > Self.maximumElements {
        add("the memories have more than 2³¹ elements together")
        return
      }
    }
  }

  /// The bytes of the memories of one lane, and of constants as they are kept.
  private var memoryBytes: Int {
    memories.reduce(0) { $0 + $1.count * $1.planes * ($1.isFloating ? 4 : 8) }
  }

  /// The bytes of what tiles hold that hold the block of another tile.
  private var replicaBytes: Int {
    guard hasDevices else { return 0 }
    var sum = SizeSum()
    var isHeld = [Bool](repeating: false, count: program.blocks.count)
    for tile in program.tiles where isHeld.indices.contains(tile.block.index) {
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
    for stream in streams {
      var times = [1]
      for instruction in stream.code {
        sum.add(instruction.steps, times[times.count - 1])
        switch instruction.operation {
        case .loop(let count, _):
          times.append(times[times.count - 1].saturatingProduct(count))
        case .next: times.removeLast()
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

  // MARK: Ports

  private mutating func checkPorts() {
    for (kind, ports) in [("input", program.inputs), ("output", program.outputs)] {
      for port in ports {
        let name = "\(kind) \"\(port.name)\""
        guard program.buffers.indices.contains(port.buffer.index) else {
          add("\(name) names no buffer")
          continue
        }
        let buffer = program.buffers[port.buffer.index]
        var count: Int? = 1
        for size in port.shape {
          let product = count?.multipliedReportingOverflow(by: size)
          count = size < 0 || product?.overflow != false ? nil : product?.partialValue
        }
        if count != buffer.count || port.element != buffer.element || buffer.space != .host {
          add(
            "\(name), \(port.element) \(port.shape), does not fit buffer \"\(buffer.name)\", "
              + "\(buffer.element) [\(buffer.count)]")
        }
        if kind == "input" && buffer.constant != nil {
          add("\(name) would change the constant \"\(buffer.name)\"")
        }
      }
    }
  }

  // MARK: Tiles

  private mutating func checkConverters() {
    let chip = program.chip
    if !(2...16).contains(chip.dac.bits) || !(1...20).contains(chip.adc.bits)
      || !(2...16).contains(chip.ldpu.outputBits)
    {
      add(
        Diagnostic(
          .error,
          "chip \"\(chip.name)\" has converters of \(chip.dac.bits) and \(chip.adc.bits) bits "
            + "and results of \(chip.ldpu.outputBits)",
          supported: "inputs and results of 2 to 16 bits, counts of 1 to 20 bits"))
    }
    if !(chip.adc.countsPerGMax > 0 && chip.adc.countsPerGMax.isFinite)
      || !(chip.crossbar.gMax > 0 && chip.crossbar.gMax.isFinite)
    {
      add("chip \"\(chip.name)\" gives no positive g_max and counts per g_max")
    }
  }

  private mutating func planTiles() {
    let chip = program.chip
    var crossbarOfBlock: [Int?] = Array(repeating: nil, count: program.blocks.count)
    for (index, tile) in program.tiles.enumerated() {
      crossbarOfTile.append(nil)
      guard program.blocks.indices.contains(tile.block.index) else {
        add("tile \(index) names no block")
        continue
      }
      guard tile.chip >= 0, tile.chip < program.chipCount, tile.core.index < chip.cores.count
      else {
        add("tile \(index) lies on chip \(tile.chip), core \(tile.core.index): there is none")
        continue
      }
      let block = program.blocks[tile.block.index]
      guard block.rows.lowerBound >= 0, block.columns.lowerBound >= 0 else {
        add(Diagnostic(node: block.node, "block \(tile.block.index) begins before the matrix"))
        continue
      }
      guard tile.firstRow >= 0, tile.firstRow <= chip.crossbar.rows - block.rows.count,
        tile.firstColumn >= 0, tile.firstColumn <= chip.crossbar.columns - block.columns.count
      else {
        add(
          Diagnostic(
            node: block.node,
            "tile \(index), \(block.rows.count) × \(block.columns.count) at word line "
              + "\(tile.firstRow), bit line \(tile.firstColumn), leaves the crossbar of "
              + "\(chip.crossbar.rows) × \(chip.crossbar.columns)"))
        continue
      }
      // Without devices, the tiles of a block are alike and share their conductances.
      if hasDevices || crossbarOfBlock[tile.block.index] == nil {
        do throws(PlanFault) {
          crossbars.append(
            PlannedCrossbar(
              tile: tile, countsPerCode: countsPerCode(tile: index),
              product: product(rows: block.rows.count, columns: block.columns.count),
              rows: block.rows.count, columns: block.columns.count,
              targets: try ProgrammedBlock.targets(of: block), decoding: block.decoding,
              gMax: block.gMax))
          crossbarOfBlock[tile.block.index] = crossbars.count - 1
        } catch {
          add(Diagnostic(node: block.node, "block \(tile.block.index): \(error.message)"))
          continue
        }
      }
      crossbarOfTile[index] = crossbarOfBlock[tile.block.index]
    }
  }

  /// How to multiply with blocks of this size.
  mutating func product(rows: Int, columns: Int) -> Product {
    let size = [rows, columns]
    if let known = products[size] { return known }
    let product = Product(rows: rows, columns: columns)
    products[size] = product
    return product
  }

  /// The counts that g = 1 of a tile gives for each step of its input.
  func countsPerCode(tile: Int) -> Float {
    let chip = program.chip
    let block = program.blocks[program.tiles[tile].block.index]
    return Float(
      chip.adc.countsPerGMax / Double(chip.dac.maximumCode)
        * (Double(block.gMax) / chip.crossbar.gMax))
  }
}
