import Basics
import Chip

extension Program {
  /// Assembles a listing (Specs/isa.md) without validating the program.
  ///
  /// Lists that the listing holds as `data(…)` come from `payloads`, by size and checksum. Throws
  /// `Diagnostics` with all faults, each with line and column in `file`.
  public init(assembly text: String, file: String? = nil, payloads: [Bytes] = []) throws {
    var assembler = Assembler(file: file, payloads: payloads)
    self = try assembler.assemble(text)
  }
}

/// Builds a program line by line.
struct Assembler {
  var faults: Faults
  /// The parts that have been assembled.
  var inputs: [Port] = []
  var outputs: [Port] = []
  var buffers: [Buffer] = []
  var blocks: [ConductanceBlock] = []
  var tiles: [Tile] = []
  var lines: [CoreLines] = []
  var affines: [Affine] = []
  var probes: [Probe] = []
  var descriptors: [Descriptor] = []
  var streams: [Stream] = []
  var symbols: [Symbol] = []
  /// What the indented lines go on with.
  var context = Context.none
  /// The labels of the last stream, and the operands that wait for one.
  var labels: [String: UInt32] = [:]
  var jumps: [Jump] = []
  /// The ranges that the first line of the last descriptor gives.
  var vectors: Range<Int>?
  var elements: Range<Int>?
  /// The number of the line, from 1 on.
  private(set) var lineNumber = 0

  private let payloads: [Payload: Bytes]
  private let file: String?
  private var network = ""
  private var compiler = ""
  private var chip: Chip?
  private var chipCount = 1
  private var counterCount = 0

  enum Context { case none, block, lines, affine, probe, descriptor, unit }

  /// An operand that names a label.
  struct Jump {
    var instruction: Int
    var operand: Int
    var label: String
    var line: Int
    var column: Int
  }

  private struct Payload: Hashable {
    var checksum: UInt32
    var byteCount: Int
  }

  init(file: String?, payloads: [Bytes]) {
    self.file = file
    faults = Faults(file: file)
    var found: [Payload: Bytes] = [:]
    for bytes in payloads {
      let key = Payload(checksum: CRC32C.checksum(bytes), byteCount: bytes.count)
      if found[key] == nil { found[key] = bytes }
    }
    self.payloads = found
  }

  mutating func assemble(_ text: String) throws -> Program {
    let bytes = Array(text.utf8)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var number = 0
    while number < lines.count {
      lineNumber = number + 1
      do throws(AssemblyFault) {
        var line = try AssemblyLine(lines[number])
        if line.next == .word("chip"), line.afterNext == .word("yaml") {
          let end = lines[(number + 1)...].firstIndex { !$0.starts(with: "  ".utf8) }
          let yaml = lines[number + 1..<(end ?? lines.count)]
          readChip(yaml: Array(yaml))
          number += yaml.count
        } else if !line.isEmpty {
          try read(&line)
        }
      } catch {
        add(error)
      }
      number += 1
    }
    finishDescriptor()
    finishUnit()
    if chip == nil && faults.count == 0 { faults.add(at: .line(1, column: 1), "there is no chip") }
    guard let chip, faults.count == 0 else { throw faults.diagnostics }
    var program = Program(
      network: network, compiler: compiler, chip: chip, chipCount: chipCount)
    program.inputs = inputs
    program.outputs = outputs
    program.buffers = buffers
    program.counterCount = counterCount
    program.blocks = blocks
    program.tiles = tiles
    program.lines = self.lines
    program.affines = affines
    program.probes = probes
    program.descriptors = descriptors
    program.streams = streams
    program.symbols = symbols
    return program
  }

  mutating func add(_ fault: AssemblyFault, line: Int? = nil) {
    faults.add(at: .line(line ?? lineNumber, column: fault.column), fault.message)
  }

  private mutating func readChip(yaml lines: [ArraySlice<UInt8>]) {
    let text = lines.map { String(decoding: $0.dropFirst(2), as: UTF8.self) + "\n" }.joined()
    do {
      chip = try Chip(yaml: text, file: "\(file.map { "\($0): " } ?? "")chip yaml")
    } catch let error as Diagnostics {
      faults.add(error)
    } catch {
      faults.add(at: .line(lineNumber, column: 1), "\(error)")
    }
  }

  /// Reads a line that begins with a keyword.
  private mutating func read(_ line: inout AssemblyLine) throws(AssemblyFault) {
    let start = line.column
    if context == .unit, case .word = line.next, line.afterNext == .mark(":") {
      return try readLabel(&line)
    }
    let keyword = try line.word("a keyword")
    if !["axis", "outer", "inner"].contains(keyword) { finishDescriptor() }
    switch keyword {
    case "aimc": try readVersion(&line)
    case "network": network = try line.string("the name of the network")
    case "compiler": compiler = try line.string("the name of the compiler")
    case "chip": try readPreset(&line)
    case "chips": chipCount = try line.index("the number of chips")
    case "counters": counterCount = try line.index("the number of counters")
    case "input": inputs.append(try port(&line))
    case "output": outputs.append(try port(&line))
    case "buffer": try readBuffer(&line)
    case "block": try readBlock(&line)
    case "scales" where context == .block: try readScales(&line)
    case "decoding" where context == .block: try readDecoding(&line)
    case "residuals" where context == .block: try readResiduals(&line)
    case "conductances" where context == .block: try readConductances(&line)
    case "tile": try readTile(&line)
    case "lines": try readLines(&line)
    case "word" where context == .lines: try readOrder(&line, \.rows)
    case "bit" where context == .lines: try readOrder(&line, \.columns)
    case "affine" where context != .unit: try readAffine(&line)
    case "gains" where context == .affine: try readGains(&line)
    case "offsets" where context == .affine: try readOffsets(&line)
    case "steps" where context == .affine: try readSteps(&line, \.steps)
    case "partial-steps" where context == .affine: try readSteps(&line, \.partialSteps)
    case "probe" where context != .unit: try readProbe(&line)
    case "codes" where context == .probe: try readCodes(&line)
    case "places" where context == .probe: try readPlaces(&line)
    case "means" where context == .probe: try readMeans(&line)
    case "spreads" where context == .probe: try readSpreads(&line)
    case "descriptor": try readDescriptor(&line)
    case "axis" where context == .descriptor: try readAxis(&line)
    case "outer" where context == .descriptor: try readLoop(&line, isInner: false)
    case "inner" where context == .descriptor: try readLoop(&line, isInner: true)
    case "unit": try readUnit(&line)
    case "node" where context == .unit: try readSymbol(&line)
    case _ where context == .unit: try readInstruction(keyword, at: start, &line)
    default: throw line.fault("\"\(keyword)\" cannot stand here", at: start)
    }
    try line.end()
  }

  private mutating func readVersion(_ line: inout AssemblyLine) throws(AssemblyFault) {
    let start = line.column
    let (major, minor) = try line.place("the version")
    let version = FormatVersion(major: UInt32(major), minor: UInt32(minor))
    guard FormatVersion.current.reads(version) else {
      throw line.fault(
        "version \(version) is not known; aimcc knows \(FormatVersion.current)", at: start)
    }
  }

  private mutating func readPreset(_ line: inout AssemblyLine) throws(AssemblyFault) {
    let start = line.column
    let name = try line.name("the name of a preset, or \"yaml\"")
    let preset: Chip
    do {
      preset = try Chip.named(name)
    } catch {
      let known = Chip.presetNames.joined(separator: ", ")
      throw line.fault("there is no preset \"\(name)\"; there are \(known)", at: start)
    }
    if line.take(",") {
      try line.expectWord("crc32c")
      let start = line.column
      guard try line.checksum() == preset.hash else {
        throw line.fault("the preset \"\(name)\" has changed: its checksum differs", at: start)
      }
    }
    chip = preset
  }

  /// A list of elements, or a reference to one that another program holds.
  mutating func payload(
    _ line: inout AssemblyLine, _ element: ElementType
  ) throws(AssemblyFault) -> Bytes {
    let start = line.column
    if line.takeWord("data") {
      try line.expect("(")
      try line.expectWord("crc32c")
      let checksum = try line.checksum()
      try line.expect(",")
      try line.expectWord("bytes")
      let byteCount = try line.integer("a number of bytes")
      try line.expect(")")
      guard let bytes = payloads[Payload(checksum: checksum, byteCount: byteCount)] else {
        throw line.fault("nothing is given that holds this data", at: start)
      }
      return bytes
    }
    let (texts, columns) = try line.list()
    switch AssemblyText.bytes(texts, of: element) {
    case .success(let bytes): return bytes
    case .failure(let invalid):
      throw line.fault("this is not a value of type \(element)", at: columns[invalid.index])
    }
  }

  /// As `payload`, in f32.
  mutating func floats(_ line: inout AssemblyLine) throws(AssemblyFault) -> [Float] {
    let start = line.column
    let bytes = try payload(&line, .f32)
    guard bytes.count % 4 == 0 else { throw line.fault("this is not a list of f32", at: start) }
    return Tensor(type: .f32, shape: [bytes.count / 4], bytes: bytes).elements(of: Float.self)
  }
}

extension Program {
  /// Everything that assembly refers to by size and checksum, with lists of up to `limit` elements in full.
  public func payloads(above limit: Int = 0) -> [Bytes] {
    payloads.filter { $0.bytes.count / $0.element.byteCount > limit }.map(\.bytes)
  }

  /// Everything that assembly may refer to.
  private var payloads: [(bytes: Bytes, element: ElementType)] {
    buffers.compactMap { buffer in buffer.constant.map { ($0, buffer.element) } }
      + blocks.flatMap { block in
        [block.conductances, Bytes(copying: block.columnScale), Bytes(copying: block.decoding)]
          .map { ($0, .f32) }
      }
      + lines.flatMap { core in
        [core.bytes(core.rows), core.bytes(core.columns)].map { ($0, .u32) }
      }
      + probes.flatMap { probe in
        [(probe.codes, .i16), (probe.places, .u32)]
          + [probe.mean, probe.spread].map { (Bytes(copying: $0), .f32) }
      }
      + affines.flatMap { affine in
        [affine.gain, affine.offset, affine.steps, affine.partialSteps]
          .map { (Bytes(copying: $0), .f32) }
      }
  }
}
