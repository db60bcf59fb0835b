import Basics
import Chip

extension Program {
  /// The bytes of the program as an ELF file (Specs/program.md).
  ///
  /// Throws `Diagnostics` where a figure does not fit its field or a payload its description.
  public func encoded() throws -> Bytes { try image().bytes }

  /// The program as an ELF file that is ready to be written.
  ///
  /// Throws `Diagnostics` as `encoded()` does.
  public func image() throws -> ELFImage {
    guard (1...Self.maximumChips).contains(chipCount) else {
      throw Diagnostics(
        Diagnostic(
          .error, "a program for \(chipCount) chips cannot be written",
          supported: "1 to \(Self.maximumChips) chips"))
    }
    var encoder = ProgramEncoder(program: self)
    encoder.encode()
    try encoder.faults.throwIfAny()
    let layouts = Self.layouts(chips: chipCount, formatVersion)
    return ELFImage(layouts: layouts, contents: layouts.map { encoder.contents[$0.name] ?? [] })
  }
}

/// Turns the parts of a program into the contents of the sections of its file.
private struct ProgramEncoder {
  let program: Program
  /// The pieces of each section, by its name.
  private(set) var contents: [String: [Bytes]] = [:]
  private(set) var faults = Faults(file: nil)
  private var strings = StringTable()

  init(program: Program) { self.program = program }

  mutating func encode() {
    encodeNotes()
    contents[SectionName.chip] = [Bytes(copying: Array(program.chip.yaml.utf8))]
    encodePorts()
    encodeBuffers()
    encodeBlocks()
    encodeTiles()
    encodeAffines()
    encodeProbes()
    encodeLines()
    encodeDescriptors()
    encodeSymbols(offsets: encodeCode())
    contents[SectionName.strings] = [strings.bytes]
    for message in strings.faults { faults.add(SectionName.strings, message) }
  }

  /// Makes a section of the records that were written.
  private mutating func add(_ name: String, _ writer: RecordWriter) {
    for message in writer.faults { faults.add(name, message) }
    contents[name] = [Bytes(copying: writer.bytes)]
  }

  private mutating func encodeNotes() {
    var notes = RecordWriter()
    func put(_ type: NoteType, _ content: [UInt8]) {
      notes.put(UInt32(NoteType.owner.count))
      notes.put(content.count, as: UInt32.self, "the size of a note")
      notes.put(type.rawValue)
      for part in [NoteType.owner, content] {
        for byte in part { notes.put(byte) }
        notes.zeros((4 - part.count % 4) % 4)
      }
    }
    var version = RecordWriter()
    version.put(program.formatVersion.major)
    version.put(program.formatVersion.minor)
    put(.version, version.bytes)
    put(.compiler, Array(program.compiler.utf8))
    put(.network, Array(program.network.utf8))
    var chip = RecordWriter()
    chip.put(program.chip.hash)
    put(.chip, chip.bytes + Array(program.chip.name.utf8))
    var counts = RecordWriter()
    counts.put(UInt32(program.chipCount))
    counts.put(program.counterCount, as: UInt32.self, "the number of counters")
    put(.counts, counts.bytes)
    for message in counts.faults { notes.fault(message) }
    add(SectionName.note, notes)
  }

  private mutating func encodePorts() {
    var ports = RecordWriter()
    var dimensions = RecordWriter()
    for (direction, list) in [program.inputs, program.outputs].enumerated() {
      for port in list {
        let first = dimensions.bytes.count / RecordSize.dimension
        ports.put(strings.offset(of: port.name))
        ports.put(UInt8(direction))
        ports.put(port.element.code)
        ports.zeros(2)
        ports.put(port.buffer.rawValue)
        ports.put(port.scale)
        ports.put(first, as: UInt32.self, "the first dimension of \"\(port.name)\"")
        ports.put(port.shape.count, as: UInt32.self, "the rank of \"\(port.name)\"")
        ports.put(port.samples?.rawValue ?? Instruction.none)
        if port.dimensionNames.count != port.shape.count {
          ports.fault(
            "\"\(port.name)\" has \(port.dimensionNames.count) dimension names for \(port.shape.count) dimensions"
          )
        }
        for (size, name) in zip(port.shape, port.dimensionNames) {
          dimensions.put(size, as: UInt64.self, "a dimension of \"\(port.name)\"")
          dimensions.put(name.map { strings.offset(of: $0) } ?? Instruction.none)
          dimensions.zeros(4)
        }
      }
    }
    add(SectionName.ports, ports)
    add(SectionName.dimensions, dimensions)
  }

  private mutating func encodeBuffers() {
    var buffers = RecordWriter()
    var constants = PayloadWriter()
    for (index, buffer) in program.buffers.enumerated() {
      let fields = buffer.space.fields
      buffers.put(strings.offset(of: buffer.name))
      buffers.put(fields.kind)
      buffers.put(buffer.element.code)
      buffers.put(UInt8(buffer.constant == nil ? 0 : 1))
      buffers.zeros(1)
      buffers.put(fields.chip, as: UInt32.self, "the chip of buffer \(index)")
      buffers.put(fields.source)
      buffers.put(fields.target)
      buffers.zeros(4)
      buffers.put(buffer.count, as: UInt64.self, "the count of buffer \(index)")
      buffers.put(buffer.capacity, as: UInt64.self, "the capacity of buffer \(index)")
      buffers.put(UInt64(buffer.constant == nil ? 0 : constants.byteCount))
      if let constant = buffer.constant {
        constants.add(constant)
        if constant.count != product([buffer.count, buffer.element.byteCount]) {
          buffers.fault("the constant of buffer \(index) differs from the buffer in size")
        }
      }
    }
    add(SectionName.buffers, buffers)
    contents[SectionName.constants] = constants.pieces
  }

  private mutating func encodeBlocks() {
    var blocks = RecordWriter()
    var scales = RecordWriter()
    var payloads = Array(repeating: PayloadWriter(), count: program.chipCount)
    for (index, (block, home)) in zip(program.blocks, program.homes).enumerated() {
      blocks.put(strings.offset(of: block.node))
      for bound in [block.rows.lowerBound, block.rows.upperBound] {
        blocks.put(bound, as: UInt32.self, "a row of block \(index)")
      }
      for bound in [block.columns.lowerBound, block.columns.upperBound] {
        blocks.put(bound, as: UInt32.self, "a column of block \(index)")
      }
      blocks.put(block.residual?.width ?? 0, as: UInt32.self, "the residuals of block \(index)")
      blocks.put(block.devicesPerPolarity, as: UInt32.self, "the devices of block \(index)")
      blocks.put(block.gMax)
      blocks.put(UInt32(home))
      blocks.put(block.decoding.count, as: UInt32.self, "the decoding of block \(index)")
      blocks.put(UInt64(payloads[home].byteCount))
      blocks.put(
        block.residual?.firstColumn ?? 0, as: UInt32.self, "the residuals of block \(index)")
      blocks.put(block.residual?.share ?? 0)
      blocks.put(UInt32(block.isCut ? 1 : 0))
      blocks.put(UInt32(0))
      payloads[home].add(block.conductances)
      for value in block.columnScale + block.decoding { scales.put(value) }
      if block.conductances.count != product([block.rows.count, block.columns.count, 4])
        || block.columnScale.count != block.columns.count
      {
        blocks.fault(
          "block \(index) has more or fewer conductances or scales than its rows and columns")
      }
    }
    add(SectionName.blocks, blocks)
    add(SectionName.scales, scales)
    for (chip, payload) in payloads.enumerated() {
      contents[SectionName.conductances(chip)] = payload.pieces
    }
  }

  private mutating func encodeTiles() {
    var tables = Array(repeating: RecordWriter(), count: program.chipCount)
    for (index, tile) in program.tiles.enumerated() {
      guard tables.indices.contains(tile.chip) else {
        faults.add(nil, "tile \(index) is on chip \(tile.chip), which does not exist")
        continue
      }
      tables[tile.chip].put(index, as: UInt32.self, "the number of a tile")
      tables[tile.chip].put(tile.core.rawValue)
      tables[tile.chip].put(tile.block.rawValue)
      tables[tile.chip].put(tile.firstRow, as: UInt32.self, "the first row of tile \(index)")
      tables[tile.chip].put(tile.firstColumn, as: UInt32.self, "the first column of tile \(index)")
    }
    for (chip, table) in tables.enumerated() { add(SectionName.tiles(chip), table) }
  }

  private mutating func encodeLines() {
    var table = RecordWriter()
    for lines in program.lines {
      let crossbar = program.chip.crossbar
      let name = "core \(lines.chip).\(lines.core.index)"
      table.put(lines.chip, as: UInt32.self, "the chip of the lines of \(name)")
      table.put(lines.core.rawValue)
      for line in lines.rows + lines.columns {
        table.put(line, as: UInt32.self, "a line of \(name)")
      }
      if lines.rows.count != crossbar.rows || lines.columns.count != crossbar.columns {
        table.fault("\(name) has more or fewer lines than the crossbar")
      }
    }
    add(SectionName.lines, table)
  }

  private mutating func encodeAffines() {
    var affines = RecordWriter()
    var gains = RecordWriter()
    for (index, affine) in program.affines.enumerated() {
      affines.put(UInt64(gains.bytes.count))
      affines.put(affine.gain.count, as: UInt32.self, "the columns of affine \(index)")
      let steps = [affine.steps, affine.partialSteps]
      affines.put(UInt32(steps[0].isEmpty ? 0 : 1) | UInt32(steps[1].isEmpty ? 0 : 2))
      for value in affine.gain + affine.offset + steps[0] + steps[1] { gains.put(value) }
      if affine.gain.count != affine.offset.count {
        affines.fault("affine \(index) has more or fewer offsets than gains")
      }
      if steps.contains(where: { !$0.isEmpty && $0.count != affine.gain.count }) {
        affines.fault("affine \(index) has more or fewer steps than gains")
      }
    }
    add(SectionName.affines, affines)
    add(SectionName.gains, gains)
  }

  private mutating func encodeProbes() {
    var probes = RecordWriter()
    var vectors = PayloadWriter()
    var figures = RecordWriter()
    for (index, probe) in program.probes.enumerated() {
      probes.put(probe.block.rawValue)
      probes.put(probe.routine.rawValue)
      probes.put(UInt8(probe.places.count == 0 ? 0 : 1))
      probes.zeros(2)
      probes.put(UInt64(vectors.byteCount))
      probes.put(UInt64(probe.codes.count))
      probes.put(UInt64(figures.bytes.count))
      vectors.add(probe.codes)
      if probe.places.count > 0 { vectors.add(probe.places) }
      for value in probe.mean + probe.spread { figures.put(value) }
      let columns =
        program.blocks.indices.contains(probe.block.index)
        ? program.blocks[probe.block.index].columns.count : -1
      if probe.mean.count != columns || probe.spread.count != columns {
        probes.fault("probe \(index) lacks the mean or the spread of a column of its block")
      }
      if !probe.hasPlacesOfVectors(program) {
        probes.fault("probe \(index) lacks the place of a vector")
      }
    }
    add(SectionName.probes, probes)
    contents[SectionName.probeVectors] = vectors.pieces
    add(SectionName.probeFigures, figures)
  }

  private mutating func encodeDescriptors() {
    var descriptors = RecordWriter()
    for (index, descriptor) in program.descriptors.enumerated() {
      descriptor.encode(to: &descriptors, number: index)
    }
    add(SectionName.descriptors, descriptors)
  }

  /// Encodes the streams; returns where the code of each lies in its section.
  private mutating func encodeCode() -> [Int] {
    var streams = RecordWriter()
    var offsets: [Int] = []
    // The code of the host, then that of each chip.
    var code = Array(repeating: RecordWriter(), count: 1 + program.chipCount)
    for stream in program.streams {
      let section = stream.unit.chip.map { $0 + 1 } ?? 0
      guard code.indices.contains(section) else {
        faults.add(nil, "\(stream.unit) is on a chip that does not exist")
        offsets.append(0)
        continue
      }
      let offset = code[section].bytes.count
      offsets.append(offset)
      streams.put(stream.unit.kindCode)
      streams.put(stream.unit.chip ?? 0, as: UInt32.self, "the chip of \(stream.unit)")
      streams.put(stream.unit.index, as: UInt32.self, "the slice of \(stream.unit)")
      streams.put(stream.code.count, as: UInt32.self, "the length of \(stream.unit)")
      streams.put(UInt64(offset))
      for instruction in stream.code { instruction.encode(to: &code[section]) }
    }
    add(SectionName.streams, streams)
    add(SectionName.hostCode, code[0])
    for chip in 0..<program.chipCount { add(SectionName.code(chip), code[chip + 1]) }
    return offsets
  }

  private mutating func encodeSymbols(offsets: [Int]) {
    var symbols = RecordWriter()
    var operators = RecordWriter()
    symbols.zeros(RecordSize.symbol)
    operators.put(UInt32(0))
    for symbol in program.symbols {
      let range = symbol.instructions
      guard program.streams.indices.contains(symbol.stream), !range.isEmpty,
        program.streams[symbol.stream].code.indices.contains(range)
      else {
        symbols.fault("the symbol of \"\(symbol.node)\" covers no code of a stream")
        continue
      }
      let section = SectionName.codeNumber(of: program.streams[symbol.stream].unit)
      let start = offsets[symbol.stream] + range.lowerBound * RecordSize.instruction
      symbols.put(strings.offset(of: symbol.node))
      symbols.put(Program.functionSymbol)
      symbols.zeros(1)
      symbols.put(section, as: UInt16.self, "the section of \"\(symbol.node)\"")
      symbols.put(UInt64(start))
      symbols.put(UInt64(range.count * RecordSize.instruction))
      operators.put(strings.offset(of: symbol.op))
    }
    add(SectionName.symbols, symbols)
    add(SectionName.operators, operators)
  }
}
