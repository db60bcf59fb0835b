import Basics

/// The names of the sections of a tile program.
enum SectionName {
  static let note = ".note.aimc"
  static let chip = ".aimc.chip"
  static let ports = ".aimc.ports"
  static let dimensions = ".aimc.dimensions"
  static let buffers = ".aimc.buffers"
  static let constants = ".aimc.constants"
  static let blocks = ".aimc.blocks"
  static let scales = ".aimc.scales"
  static let affines = ".aimc.affines"
  static let gains = ".aimc.gains"
  static let descriptors = ".aimc.descriptors"
  static let streams = ".aimc.streams"
  static let hostCode = ".aimc.code.host"
  static func tiles(_ chip: Int) -> String { ".aimc.tiles.\(chip)" }
  static func conductances(_ chip: Int) -> String { ".aimc.conductances.\(chip)" }
  static func code(_ chip: Int) -> String { ".aimc.code.\(chip)" }
  static let probes = ".aimc.probes"
  static let probeVectors = ".aimc.probes.vectors"
  static let probeFigures = ".aimc.probes.figures"
  static let lines = ".aimc.lines"
  static let symbols = ".symtab"
  static let operators = ".aimc.operators"
  static let strings = ".strtab"

  /// The section that holds the code of `unit`.
  static func code(of unit: Unit) -> String { unit.chip.map { code($0) } ?? hostCode }

  /// The number of that section.
  static func codeNumber(of unit: Unit) -> Int {
    unit.chip.map { 17 + 3 * $0 } ?? 14
  }
}

/// The sizes of the records of a tile program, in bytes.
enum RecordSize {
  static let port = 28
  static let dimension = 16
  static let buffer = 48
  static let block = 64
  static let affine = 16
  static let descriptor = 256
  static let stream = 24
  static let instruction = 32
  static let tile = 20
  static let symbol = 24
  static let probe = 32
  static let value = 4
}

/// The kinds of entries of the note section: numbers to which no tool gives a meaning of its own.
enum NoteType: UInt32, CaseIterable {
  case version = 0x101
  case compiler = 0x102
  case network = 0x103
  case chip = 0x104
  case counts = 0x105

  /// The owner of the notes, with its NUL.
  static let owner: [UInt8] = Array("AIMC\0".utf8)
}

extension Program {
  /// The kind of a symbol in the symbol table: local, and of type STT_FUNC.
  static let functionSymbol: UInt8 = 2

  /// The most chips of a program: their sections must stay below the reserved numbers of ELF.
  public static let maximumChips = 16_384

  /// The sections of a program of this version for so many chips in the order in which they lie in a file, between
  /// the checksums and the names of the sections.
  static func layouts(chips: Int, _ version: FormatVersion) -> [SectionLayout] {
    func table(_ name: String, _ recordSize: Int, _ flags: UInt64 = ELF.loaded) -> SectionLayout {
      SectionLayout(name: name, flags: flags, recordSize: recordSize)
    }
    func payload(_ name: String) -> SectionLayout { SectionLayout(name: name, flags: ELF.loaded) }
    func code(_ name: String) -> SectionLayout {
      table(name, RecordSize.instruction, ELF.loaded | ELF.executable)
    }
    var layouts = [
      SectionLayout(name: SectionName.note, type: .note, alignment: 4),
      payload(SectionName.chip),
      table(SectionName.ports, RecordSize.port),
      table(SectionName.dimensions, RecordSize.dimension),
      table(SectionName.buffers, RecordSize.buffer),
      payload(SectionName.constants),
      table(SectionName.blocks, RecordSize.block),
      table(SectionName.scales, RecordSize.value),
      table(SectionName.affines, RecordSize.affine),
      table(SectionName.gains, RecordSize.value),
      table(SectionName.descriptors, RecordSize.descriptor),
      table(SectionName.streams, RecordSize.stream),
      code(SectionName.hostCode),
    ]
    for chip in 0..<chips {
      layouts.append(table(SectionName.tiles(chip), RecordSize.tile))
      layouts.append(payload(SectionName.conductances(chip)))
      layouts.append(code(SectionName.code(chip)))
    }
    layouts.append(table(SectionName.probes, RecordSize.probe))
    layouts.append(payload(SectionName.probeVectors))
    layouts.append(table(SectionName.probeFigures, RecordSize.value))
    if version.hasLines { layouts.append(table(SectionName.lines, RecordSize.value)) }
    layouts.append(
      SectionLayout(
        name: SectionName.symbols, type: .symbols, link: SectionName.strings,
        recordSize: RecordSize.symbol))
    layouts.append(table(SectionName.operators, RecordSize.value, 0))
    layouts.append(SectionLayout(name: SectionName.strings, type: .strings))
    return layouts
  }
}
