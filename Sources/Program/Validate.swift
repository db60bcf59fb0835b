import Basics
import Chip

/// Checks the parts of a program.
struct Validator {
  /// The most elements of a memory, and of a walk through one.
  static let maximumCount = 1 << 40
  /// The most loops of a stream that are in each other.
  static let maximumDepth = 64
  /// The most columns that one for the errors of others corrects.
  static let maximumCopies = 1024

  let program: Program
  var faults: Faults
  /// Whether each buffer holds an input of the network.
  var isInput: [Bool]
  /// What is known of each descriptor; `nil` if it is faulty.
  var shapes: [DescriptorShape?] = []
  /// The counters that some instruction waits for, and those that some instruction advances.
  var awaited: Set<CounterID> = []
  var advanced: Set<CounterID> = []

  init(program: Program, file: String?) {
    self.program = program
    faults = Faults(file: file)
    isInput = Array(repeating: false, count: program.buffers.count)
  }

  mutating func validate() {
    guard (1...Program.maximumChips).contains(program.chipCount) else {
      faults.add(
        at: .section(SectionName.note), "the number of chips is \(program.chipCount)",
        supported: "1 to \(Program.maximumChips)")
      return
    }
    for fault in program.chip.faults { faults.add(SectionName.chip, fault) }
    // Everything else is measured by the figures of the chip.
    if faults.count > 0 { return }
    validateNames()
    validateBuffers()
    validatePorts()
    // Everything about blocks counts their rows and columns.
    if !validateRangesOfBlocks() { return }
    validateBlocks()
    validateTiles()
    validateLines()
    validateResiduals()
    validateAffines()
    validateProbes()
    validateDescriptors()
    validateStreams()
    validateCounters()
    validateSymbols()
    if faults.count > 0 { return }
    validatePlaces()
    validateColumns()
  }

  /// Whether the program has the core of the chip.
  func hasCore(_ chip: Int, _ core: CoreID) -> Bool {
    (0..<program.chipCount).contains(chip) && core.index < program.chip.cores.count
  }

  /// Whether the program has the GDPU slice of the chip.
  func hasSlice(_ chip: Int, _ slice: Int) -> Bool {
    (0..<program.chipCount).contains(chip) && (0..<(program.chip.gdpu?.count ?? 0)) ~= slice
  }

  /// Checks that names can end with a NUL.
  private mutating func validateNames() {
    let ports = (program.inputs + program.outputs).flatMap {
      [$0.name] + $0.dimensionNames.compactMap { $0 }
    }
    for (section, names) in [
      (SectionName.ports, ports), (SectionName.buffers, program.buffers.map(\.name)),
      (SectionName.blocks, program.blocks.map(\.node)),
      (SectionName.symbols, program.symbols.flatMap { [$0.node, $0.op] }),
    ] where names.contains(where: { $0.utf8.contains(0) }) {
      faults.add(section, "a name holds a NUL character")
    }
  }

  private mutating func validateBuffers() {
    let section = SectionName.buffers
    for (number, buffer) in program.buffers.enumerated() {
      func fault(_ message: String) {
        faults.add(section, "buffer \(number) (\"\(buffer.name)\") \(message)")
      }
      if !(0...Self.maximumCount).contains(buffer.count) {
        fault("has \(buffer.count) elements")
      } else if !(min(buffer.count, 1)...buffer.count).contains(buffer.capacity) {
        fault("has room for \(buffer.capacity) of \(buffer.count) elements")
      }
      if buffer.element == .f64 {
        faults.add(
          at: .section(section), "buffer \(number) (\"\(buffer.name)\") has elements of type f64",
          supported: "f32, shorter types of floating point, integers and bool",
          help: "convert the network to f32")
      }
      if let constant = buffer.constant {
        if buffer.space != .host { fault("is constant, but not in the host") }
        if constant.count != product([buffer.count, buffer.element.byteCount]) {
          fault("has a constant of the wrong size")
        }
      }
      switch buffer.space {
      case .host: break
      case .columns(let chip, let core):
        if !hasCore(chip, core) { fault("is in core \(chip).\(core.index), which does not exist") }
        if buffer.element != .f32 { fault("holds columns of type \(buffer.element)") }
      case .link(let chip, let source, let target):
        if !hasCore(chip, source) || !hasCore(chip, target) {
          fault("is in a link between cores that do not exist")
        } else if !program.chip.links.carriesPartialSums(from: source, to: target) {
          fault(
            "is in a link from core \(source.index) to \(target.index), which the chip does not have"
          )
        }
      case .gdpu(let chip, let slice):
        if !hasSlice(chip, slice) { fault("is in gdpu \(chip).\(slice), which does not exist") }
      }
    }
  }

  private mutating func validatePorts() {
    for (direction, ports) in [("input", program.inputs), ("output", program.outputs)] {
      var names: Set<String> = []
      for port in ports {
        func fault(_ message: String) {
          faults.add(SectionName.ports, "\(direction) \"\(port.name)\" \(message)")
        }
        if !names.insert(port.name).inserted { fault("appears twice") }
        if port.dimensionNames.count != port.shape.count {
          fault(
            "has \(port.dimensionNames.count) dimension names for \(port.shape.count) dimensions")
        }
        if !(port.scale >= 0 && port.scale.isFinite) { fault("has the scale \(port.scale)") }
        guard program.buffers.indices.contains(port.buffer.index) else {
          fault("is in buffer \(port.buffer.index), but the program has \(program.buffers.count)")
          continue
        }
        if let samples = port.samples,
          direction == "output" || !program.holdsSamples(samples, of: port)
        {
          fault("has no samples in buffer \(samples.index)")
        }
        let buffer = program.buffers[port.buffer.index]
        if buffer.space != .host { fault("is not in a buffer of the host") }
        if buffer.element != port.element { fault("is in a buffer of type \(buffer.element)") }
        if product(port.shape) != buffer.count { fault("differs from its buffer in size") }
        if direction == "input" {
          if buffer.constant != nil { fault("is in a constant buffer") }
          if isInput[port.buffer.index] { fault("is in the buffer of another input") }
          isInput[port.buffer.index] = true
        }
      }
    }
  }

  private mutating func validateRangesOfBlocks() -> Bool {
    let before = faults.count
    for (number, block) in program.blocks.enumerated() {
      for range in [block.rows, block.columns]
      where range.lowerBound < 0 || range.upperBound > Int(UInt32.max) {
        faults.add(
          SectionName.blocks,
          "block \(number) (\"\(block.node)\") holds \(range) of the matrix of a layer, which has up to 2^32"
        )
      }
    }
    return faults.count == before
  }

  private mutating func validateBlocks() {
    let crossbar = program.chip.crossbar
    for (number, block) in program.blocks.enumerated() {
      func fault(_ message: String) {
        faults.add(SectionName.blocks, "block \(number) (\"\(block.node)\") \(message)")
      }
      let (rows, columns) = (block.rows.count, block.columns.count)
      guard (1...crossbar.rows).contains(rows), (1...crossbar.columns).contains(columns) else {
        fault("of \(rows)×\(columns) does not fit \(crossbar.rows)×\(crossbar.columns)")
        continue
      }
      if !(block.gMax > 0 && Double(block.gMax) <= Double(Float(crossbar.gMax))) {
        fault("has the g_max \(block.gMax), which is not within 0 and \(crossbar.gMax)")
      }
      if !(1...crossbar.devicesPerPolarity).contains(block.devicesPerPolarity) {
        fault("has \(block.devicesPerPolarity) devices on each side of a pair")
      }
      if block.columnScale.count != columns || !block.columnScale.allSatisfy(\.isFinite) {
        fault("has column scales that are missing or not finite")
      }
      if !block.decoding.isDecoding {
        fault("has a decoding that does not rise from 0 to 1 in at least one step")
      }
      if block.conductances.count != product([rows, columns, 4]) {
        fault("has more or fewer conductances than its rows and columns")
      } else if !(block.conductances.greatestMagnitude <= 1) {
        fault("has a conductance that is not within -1 and 1")
      }
    }
  }

  private mutating func validateTiles() {
    let crossbar = program.chip.crossbar
    var placed: [(tile: Tile, number: Int, rows: Range<Int>, columns: Range<Int>)] = []
    for (number, tile) in program.tiles.enumerated() {
      func fault(_ message: String) {
        faults.add(SectionName.tiles(tile.chip), "tile \(number) \(message)")
      }
      guard hasCore(tile.chip, tile.core) else {
        fault("is on core \(tile.chip).\(tile.core.index), which does not exist")
        continue
      }
      guard program.blocks.indices.contains(tile.block.index) else {
        fault("refers to block \(tile.block.index), but the program has \(program.blocks.count)")
        continue
      }
      let block = program.blocks[tile.block.index]
      guard tile.firstRow >= 0, tile.firstColumn >= 0,
        block.rows.count <= crossbar.rows, tile.firstRow <= crossbar.rows - block.rows.count,
        block.columns.count <= crossbar.columns,
        tile.firstColumn <= crossbar.columns - block.columns.count
      else {
        fault("does not lie inside the crossbar of \(crossbar.rows)×\(crossbar.columns)")
        continue
      }
      placed.append(
        (
          tile, number, tile.firstRow..<tile.firstRow + block.rows.count,
          tile.firstColumn..<tile.firstColumn + block.columns.count
        ))
    }
    placed.sort {
      ($0.tile.chip, $0.tile.core, $0.rows.lowerBound, $0.number)
        < ($1.tile.chip, $1.tile.core, $1.rows.lowerBound, $1.number)
    }
    for (index, a) in placed.enumerated() {
      for b in placed[(index + 1)...] {
        guard a.tile.chip == b.tile.chip, a.tile.core == b.tile.core,
          b.rows.lowerBound < a.rows.upperBound
        else { break }
        guard a.columns.overlaps(b.columns) else { continue }
        faults.add(
          SectionName.tiles(a.tile.chip),
          "tiles \(a.number) and \(b.number) overlap on core \(a.tile.chip).\(a.tile.core.index)")
      }
      if faults.count > Faults.limit { return }
    }
  }

  private mutating func validateProbes() {
    let counts = Set(program.inputs.map { program.sampleCount(of: $0) })
    if counts.count > 1 {
      faults.add(SectionName.ports, "inputs have different numbers of samples")
    }
    var last = -1
    for (number, probe) in program.probes.enumerated() {
      func fault(_ message: String) {
        faults.add(SectionName.probes, "probe \(number) \(message)")
      }
      guard program.blocks.indices.contains(probe.block.index) else {
        fault("refers to block \(probe.block.index), but the program has \(program.blocks.count)")
        continue
      }
      if probe.block.index <= last { fault("is out of order: the blocks of probes ascend") }
      last = probe.block.index
      let block = program.blocks[probe.block.index]
      let size = 2 * block.rows.count
      if size == 0 || probe.codes.count == 0 || !probe.codes.count.isMultiple(of: size) {
        fault("has \(probe.codes.count) bytes of vectors of \(size)")
        continue
      }
      if !probe.hasPlacesOfVectors(program) { fault("lacks the place of a vector") }
      if probe.mean.count != block.columns.count || probe.spread.count != block.columns.count
        || !probe.mean.allSatisfy(\.isFinite)
        || !probe.spread.allSatisfy({ $0 >= 0 && $0.isFinite })
      {
        fault("has means or spreads that are missing, negative or not finite")
      }
      let limit = program.chip.dac.maximumCode
      let isInRange = probe.codes.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 2).allSatisfy { offset in
          let code = Int16(
            littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
          return Int(code.magnitude) <= limit
        }
      }
      if !isInRange { fault("has a code beyond \(limit)") }
      if probe.samplePlaces.contains(where: { $0.sample >= counts.first ?? 0 }) {
        fault("refers to samples that the program does not have")
      }
    }
  }

  /// Checks that the vectors of probes with places are among those that the layer multiplies; all
  /// descriptors and operands must be sound.
  private mutating func validatePlaces() {
    guard program.probes.contains(where: { $0.places.count > 0 }) else { return }
    var vectors = [Int](repeating: 0, count: program.blocks.count)
    for instruction in program.streams.lazy.flatMap(\.code) where instruction.opcode == .mvm {
      let block = program.tiles[Int(instruction.operands[2])].block.index
      let source = program.descriptors[Int(instruction.operands[1])]
      vectors[block] = max(vectors[block], source.vectorsOfLoops ?? .max)
    }
    for (number, probe) in program.probes.enumerated() {
      let count = vectors[probe.block.index]
      if let place = probe.samplePlaces.first(where: { $0.vector >= count }) {
        faults.add(
          SectionName.probes,
          "probe \(number) refers to vector \(place.vector), but its block multiplies \(count)")
      }
    }
  }

  private mutating func validateAffines() {
    for (number, affine) in program.affines.enumerated() {
      let values = affine.gain + affine.offset
      if affine.gain.isEmpty || affine.gain.count != affine.offset.count
        || !values.allSatisfy(\.isFinite)
      {
        faults.add(
          SectionName.affines, "affine \(number) has no values, or some missing or not finite")
      }
      for steps in [affine.steps, affine.partialSteps]
      where !steps.isEmpty
        && (steps.count != affine.gain.count || !steps.allSatisfy { $0 > 0 && $0.isFinite })
      {
        faults.add(
          SectionName.affines, "affine \(number) has steps that are missing or not above 0")
      }
    }
  }

  private mutating func validateDescriptors() {
    for (number, descriptor) in program.descriptors.enumerated() {
      do throws(DescriptorShape.Fault) {
        guard program.buffers.indices.contains(descriptor.buffer.index) else {
          throw DescriptorShape.Fault(
            "refers to buffer \(descriptor.buffer.index), but the program has \(program.buffers.count)"
          )
        }
        if let counter = descriptor.counter {
          guard counter.index < program.counterCount else {
            throw DescriptorShape.Fault(
              "refers to counter \(counter.index), but the program has \(program.counterCount)")
          }
        }
        shapes.append(try DescriptorShape(descriptor))
      } catch {
        faults.add(SectionName.descriptors, "descriptor \(number) \(error.message)")
        shapes.append(nil)
      }
    }
  }

  private mutating func validateCounters() {
    let section = SectionName.note
    guard (0...program.descriptors.count).contains(program.counterCount) else {
      faults.add(
        section,
        "there are \(program.counterCount) counters, more than the \(program.descriptors.count) descriptors"
      )
      return
    }
    for number in 0..<program.counterCount {
      let counter = CounterID(number)
      if !advanced.contains(counter) {
        let what = awaited.contains(counter) ? "waited for, but never advanced" : "never used"
        faults.add(section, "counter \(number) is \(what)")
      }
    }
  }

  private mutating func validateSymbols() {
    var last = (stream: 0, first: 0)
    for (number, symbol) in program.symbols.enumerated() {
      let range = symbol.instructions
      guard program.streams.indices.contains(symbol.stream), !range.isEmpty,
        program.streams[symbol.stream].code.indices.contains(range)
      else {
        faults.add(SectionName.symbols, "symbol \(number) (\"\(symbol.node)\") covers no code")
        continue
      }
      let place = (stream: symbol.stream, first: range.lowerBound)
      if place < last {
        faults.add(SectionName.symbols, "symbol \(number) is not in ascending order of code")
      }
      last = place
    }
  }
}

extension [Float] {
  /// Whether these are the points of a decoding: none, or at least two that do not fall, from 0 to 1.
  fileprivate var isDecoding: Bool {
    if isEmpty { return true }
    return count > 1 && first == 0 && last == 1 && zip(self, dropFirst()).allSatisfy { $0 <= $1 }
  }
}
