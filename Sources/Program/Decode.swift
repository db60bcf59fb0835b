import Basics
import Chip

extension Program {
  /// Reads a program from the bytes of an ELF file (Specs/program.md) without asking whether it makes
  /// sense: what only `ValidProgram` refuses is let through.
  ///
  /// Payloads stay where they are: in `bytes`. Throws `Diagnostics` for a file that is damaged, of an unknown version or not decodable.
  public init(unvalidated bytes: Bytes, path: String? = nil) throws {
    let file = try ELFFile(bytes: bytes, path: path)
    let notes = try Notes(file: file, path: path)
    try file.checkHeaders(layouts: Self.layouts(chips: notes.chipCount, notes.version))
    var decoder = ProgramDecoder(file: file, path: path)
    self = try decoder.decode(notes)
  }
}

/// Turns the sections of a file into the parts of a program.
struct ProgramDecoder {
  private let file: ELFFile
  private let path: String?
  private let strings: [UInt8]
  var faults: Faults
  /// The chip in whose section each block says that it lies.
  private var blockHomes: [Int] = []

  init(file: ELFFile, path: String?) {
    self.file = file
    self.path = path
    faults = Faults(file: path)
    strings = file.content(of: SectionName.strings)?.copied ?? []
  }

  mutating func decode(_ notes: Notes) throws -> Program {
    let chip = try decodeChip(notes)
    var program = Program(
      network: notes.network, compiler: notes.compiler, chip: chip, chipCount: notes.chipCount)
    program.counterCount = notes.counterCount
    decodePorts(into: &program)
    program.buffers = decodeBuffers()
    program.tiles = decodeTiles(chips: notes.chipCount)
    program.blocks = decodeBlocks(chips: notes.chipCount)
    if program.homes != blockHomes && faults.count == 0 {
      faults.add(SectionName.blocks, "a block does not lie with the first tile that names it")
    }
    program.affines = decodeAffines()
    program.lines = decodeLines(chip)
    if notes.version != program.formatVersion && faults.count == 0 {
      faults.add(
        SectionName.note,
        "the format version is \(notes.version), but its content needs \(program.formatVersion)"
      )
    }
    program.probes = decodeProbes(blocks: program.blocks)
    program.descriptors = decodeDescriptors()
    let offsets = decodeStreams(into: &program)
    decodeSymbols(into: &program, offsets: offsets)
    try faults.throwIfAny()
    return program
  }

  private func content(_ name: String) -> Bytes {
    file.content(of: name) ?? Bytes(copying: [UInt8]())
  }

  /// The records of a section and their number.
  mutating func records(_ name: String, _ size: Int) -> (reader: RecordReader, count: Int) {
    let bytes = content(name)
    let (count, rest) = bytes.count.quotientAndRemainder(dividingBy: size)
    if rest != 0 { faults.add(name, "its size is no multiple of \(size) bytes") }
    return (RecordReader(bytes.copied), count)
  }

  mutating func string(_ offset: UInt32, of section: String) -> String {
    if let string = StringTable.string(at: offset, of: strings) { return string }
    faults.add(section, "there is no UTF-8 string at \(offset) of \(SectionName.strings)")
    return ""
  }

  private func decodeChip(_ notes: Notes) throws -> Chip {
    guard let text = String(validating: content(SectionName.chip).copied, as: UTF8.self) else {
      throw Diagnostics(Diagnostic(file: path, at: .section(SectionName.chip), "is not UTF-8"))
    }
    let name = [path, SectionName.chip].compactMap { $0 }.joined(separator: ":")
    let chip = try Chip(canonicalYAML: text, file: name)
    // Byte by byte: Swift holds names for equal that Unicode calls equivalent.
    guard chip.name.utf8.elementsEqual(notes.chipName.utf8), chip.hash == notes.chipHash else {
      throw Diagnostics(
        Diagnostic(
          file: path, at: .section(SectionName.note),
          "names another chip than \(SectionName.chip) describes"))
    }
    return chip
  }

  private mutating func decodePorts(into program: inout Program) {
    let section = SectionName.ports
    var (dimensions, dimensionCount) = records(SectionName.dimensions, RecordSize.dimension)
    var (ports, count) = records(section, RecordSize.port)
    var next = 0
    for number in 0..<count {
      let name = string(ports.get(), of: section)
      let direction: UInt8 = ports.get()
      let element = ElementType(code: ports.get())
      let isPadded = ports.zeros(2)
      let buffer = BufferID(Int(ports.get() as UInt32))
      let scale = ports.float()
      let first = Int(ports.get() as UInt32)
      let rank = Int(ports.get() as UInt32)
      let samples: UInt32 = ports.get()
      guard let element, isPadded, direction <= 1, direction == 1 || program.outputs.isEmpty else {
        faults.add(section, "port \(number) has an invalid direction, type or reserved byte")
        continue
      }
      guard first == next, rank <= dimensionCount - first else {
        faults.add(section, "the dimensions of port \(number) do not follow those before")
        return
      }
      next += rank
      var port = Port(
        name: name, element: element, shape: [], dimensionNames: [], buffer: buffer, scale: scale,
        samples: samples == Instruction.none ? nil : BufferID(Int(samples)))
      for _ in 0..<rank {
        let size = dimensions.integer(UInt64.self)
        let name: UInt32 = dimensions.get()
        if size == nil || !dimensions.zeros(4) {
          faults.add(SectionName.dimensions, "a dimension of port \(number) is invalid")
        }
        port.shape.append(size ?? 0)
        port.dimensionNames.append(
          name == Instruction.none ? nil : string(name, of: SectionName.dimensions))
      }
      if direction == 0 { program.inputs.append(port) } else { program.outputs.append(port) }
    }
    if next != dimensionCount {
      faults.add(SectionName.dimensions, "some entries belong to no port")
    }
  }

  private mutating func decodeBuffers() -> [Buffer] {
    let section = SectionName.buffers
    var (reader, count) = records(section, RecordSize.buffer)
    var constants = PayloadReader(content(SectionName.constants))
    var buffers: [Buffer] = []
    for number in 0..<count {
      let name = string(reader.get(), of: section)
      let kind: UInt8 = reader.get()
      let element = ElementType(code: reader.get())
      let constant: UInt8 = reader.get()
      var isPadded = reader.zeros(1)
      let (chip, source, target): (UInt32, UInt32, UInt32) =
        (reader.get(), reader.get(), reader.get())
      let space = Buffer.Space(kind: kind, chip: chip, source: source, target: target)
      isPadded = reader.zeros(4) && isPadded
      let size = reader.integer(UInt64.self)
      let capacity = reader.integer(UInt64.self)
      let offset = reader.integer(UInt64.self)
      guard let space, let element, isPadded, constant <= 1, let size, let capacity, let offset
      else {
        faults.add(section, "buffer \(number) has an invalid field")
        continue
      }
      var buffer = Buffer(
        name: name, space: space, element: element, count: size, capacity: capacity)
      if constant == 1 {
        guard
          let bytes = product([size, element.byteCount]).flatMap({
            constants.next(count: $0, at: offset)
          })
        else {
          faults.add(section, "the constant of buffer \(number) does not follow the one before")
          break
        }
        buffer.constant = bytes
      } else if offset != 0 {
        faults.add(section, "buffer \(number) has a place for a constant, but is not constant")
      }
      buffers.append(buffer)
    }
    if !constants.isAtEnd { faults.add(SectionName.constants, "some entries belong to no buffer") }
    return buffers
  }

  private mutating func decodeTiles(chips: Int) -> [Tile] {
    var numbered: [(number: Int, tile: Tile)] = []
    for chip in 0..<chips {
      var (reader, count) = records(SectionName.tiles(chip), RecordSize.tile)
      var last = -1
      for _ in 0..<count {
        let fields = (0..<5).map { _ in Int(reader.get() as UInt32) }
        if fields[0] <= last {
          faults.add(SectionName.tiles(chip), "tile \(fields[0]) is not in ascending order")
        }
        last = fields[0]
        let tile = Tile(
          chip: chip, core: CoreID(fields[1]), block: BlockID(fields[2]), firstRow: fields[3],
          firstColumn: fields[4])
        numbered.append((fields[0], tile))
      }
    }
    numbered.sort { $0.number < $1.number }
    for (index, entry) in numbered.enumerated() where entry.number != index {
      faults.add(SectionName.tiles(entry.tile.chip), "the tiles are not numbered from 0 on")
      break
    }
    return numbered.map(\.tile)
  }

  private mutating func decodeLines(_ chip: Chip) -> [CoreLines] {
    let section = SectionName.lines
    let (rows, columns) = (chip.crossbar.rows, chip.crossbar.columns)
    let (values, count) = records(section, RecordSize.value)
    var reader = values
    guard count.isMultiple(of: 2 + rows + columns) else {
      faults.add(section, "its size is no multiple of the lines of a core")
      return []
    }
    return (0..<count / (2 + rows + columns)).map { _ in
      CoreLines(
        chip: Int(reader.get() as UInt32), core: CoreID(Int(reader.get() as UInt32)),
        rows: (0..<rows).map { _ in Int(reader.get() as UInt32) },
        columns: (0..<columns).map { _ in Int(reader.get() as UInt32) })
    }
  }

  private mutating func decodeBlocks(chips: Int) -> [ConductanceBlock] {
    let section = SectionName.blocks
    var (reader, count) = records(section, RecordSize.block)
    var (scales, scaleCount) = records(SectionName.scales, RecordSize.value)
    var payloads = (0..<chips).map { PayloadReader(content(SectionName.conductances($0))) }
    var blocks: [ConductanceBlock] = []
    for number in 0..<count {
      let node = string(reader.get(), of: section)
      let bounds = (0..<4).map { _ in Int(reader.get() as UInt32) }
      let width = Int(reader.get() as UInt32)
      let devices = Int(reader.get() as UInt32)
      let gMax = reader.float()
      let home = Int(reader.get() as UInt32)
      let points = Int(reader.get() as UInt32)
      let offset = reader.integer(UInt64.self)
      let residual = ConductanceBlock.Residual(
        firstColumn: Int(reader.get() as UInt32), width: width, share: reader.float())
      let isCut: UInt32 = reader.get()
      let reserved: UInt32 = reader.get()
      guard let offset, isCut <= 1, reserved == 0, home < chips, bounds[0] <= bounds[1],
        bounds[2] <= bounds[3],
        width > 0 || residual.firstColumn == 0 && residual.share.bitPattern == 0
      else {
        faults.add(section, "block \(number) has an invalid field")
        return blocks
      }
      let (rows, columns) = (bounds[0]..<bounds[1], bounds[2]..<bounds[3])
      guard columns.count + points <= scaleCount,
        let conductances = product([rows.count, columns.count, 4]).flatMap({
          payloads[home].next(count: $0, at: offset)
        })
      else {
        faults.add(section, "scales or conductances of block \(number) do not follow those before")
        return blocks
      }
      scaleCount -= columns.count + points
      let columnScale = columns.map { _ in scales.float() }
      let decoding = (0..<points).map { _ in scales.float() }
      blockHomes.append(home)
      blocks.append(
        ConductanceBlock(
          node: node, rows: rows, columns: columns, gMax: gMax, devicesPerPolarity: devices,
          columnScale: columnScale, isCut: isCut == 1, decoding: decoding,
          residual: width > 0 ? residual : nil, conductances: conductances))
    }
    if scaleCount != 0 { faults.add(SectionName.scales, "some entries belong to no block") }
    for (chip, payload) in payloads.enumerated() where !payload.isAtEnd {
      faults.add(SectionName.conductances(chip), "some entries belong to no block")
    }
    return blocks
  }

  private mutating func decodeProbes(blocks: [ConductanceBlock]) -> [Probe] {
    let section = SectionName.probes
    var (reader, count) = records(section, RecordSize.probe)
    var (figures, figureCount) = records(SectionName.probeFigures, RecordSize.value)
    var vectors = PayloadReader(content(SectionName.probeVectors))
    var probes: [Probe] = []
    for number in 0..<count {
      let block = Int(reader.get() as UInt32)
      let routine = Probe.Routine(rawValue: reader.get())
      let hasPlaces: UInt8 = reader.get()
      let isPadded = reader.zeros(2)
      let place = reader.integer(UInt64.self)
      let size = reader.integer(UInt64.self)
      let figure = reader.integer(UInt64.self)
      guard let routine, isPadded, hasPlaces <= 1, let place, let size,
        blocks.indices.contains(block),
        figure == figures.offset, 2 * blocks[block].columns.count <= figureCount,
        let codes = vectors.next(count: size, at: place),
        let places = hasPlaces == 0
          ? Bytes.none
          : vectors.next(
            count: size / max(2 * blocks[block].rows.count, 1) * 8, at: ELF.aligned(place + size))
      else {
        faults.add(section, "probe \(number) has an invalid field")
        return probes
      }
      let columns = blocks[block].columns
      figureCount -= 2 * columns.count
      let mean = columns.map { _ in figures.float() }
      probes.append(
        Probe(
          block: BlockID(block), routine: routine, codes: codes, places: places, mean: mean,
          spread: columns.map { _ in figures.float() }))
    }
    if figureCount != 0 { faults.add(SectionName.probeFigures, "some entries belong to no probe") }
    if !vectors.isAtEnd { faults.add(SectionName.probeVectors, "some entries belong to no probe") }
    return probes
  }

  private mutating func decodeAffines() -> [Affine] {
    let section = SectionName.affines
    var (reader, count) = records(section, RecordSize.affine)
    var (values, valueCount) = records(SectionName.gains, RecordSize.value)
    var affines: [Affine] = []
    for number in 0..<count {
      let offset = reader.integer(UInt64.self)
      let columns = Int(reader.get() as UInt32)
      let flags = reader.get() as UInt32
      let lists = 2 + flags.nonzeroBitCount
      guard flags <= 3, offset == values.offset, lists * columns <= valueCount else {
        faults.add(section, "the values of affine \(number) do not follow those before")
        return affines
      }
      valueCount -= lists * columns
      func list(_ isThere: Bool = true) -> [Float] {
        isThere ? (0..<columns).map { _ in values.float() } : []
      }
      affines.append(
        Affine(
          gain: list(), offset: list(), steps: list(flags & 1 != 0),
          partialSteps: list(flags & 2 != 0)))
    }
    if valueCount != 0 {
      faults.add(SectionName.gains, "some entries belong to no affine function")
    }
    return affines
  }
}
