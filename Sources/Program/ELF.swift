import Basics

/// The numbers of the ELF64 format that a tile program uses.
enum ELF {
  static let headerSize = 64
  static let sectionHeaderSize = 64
  /// Where every section starts: at a multiple of it.
  static let alignment = 64
  /// The most sections: the numbers from 0xFF00 on are reserved.
  static let maximumSections = 0xFEFF

  enum SectionType: UInt32 { case contents = 1, symbols = 2, strings = 3, note = 7 }

  /// The header up to the field e_entry, equal in all tile programs: little endian, version 1, any
  /// system; relocatable, no machine, version 1.
  static let identification: [UInt8] =
    [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + Array(repeating: 0, count: 9) + [1, 0, 0, 0, 1, 0, 0, 0]

  /// The flags SHF_ALLOC, of what is loaded, and SHF_EXECINSTR, of code.
  static let loaded: UInt64 = 2
  static let executable: UInt64 = 4

  static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
}

/// What a section header says apart from place and size.
struct SectionLayout {
  var name: String
  var type = ELF.SectionType.contents
  var flags: UInt64 = 0
  /// The name of the section that this one refers to.
  var link: String?
  /// The size of a record, 0 if there are none.
  var recordSize = 0
  var alignment = ELF.alignment
}

/// The first section, which follows the header at once.
///
/// Its content: the number of sections n in 4 bytes, a checksum of the headers (ELF header, then
/// section headers), the size of the file in 8 bytes, n checksums, of which those of section 0 and
/// of this section are 0, and a checksum of all of that.
enum ChecksumSection {
  static let name = ".aimc.checksums"
  static let offset = ELF.headerSize
  static func byteCount(sections: Int) -> Int { 20 + 4 * sections }
}

/// The headers of an ELF file and the places of its sections, which follow from the sizes.
struct ELFHeaders {
  /// The ELF header.
  let header: [UInt8]
  /// The section headers.
  let sectionHeaders: [UInt8]
  /// The names of the sections, content of the last one.
  let names: Bytes
  /// The size of the file.
  let byteCount: Int

  /// Lays out sections in order, between the checksums and the table of section names.
  init(layouts middle: [SectionLayout], byteCounts: [Int]) {
    let count = middle.count + 3
    precondition(count <= ELF.maximumSections && byteCounts.count == middle.count)
    let layouts =
      [SectionLayout(name: ChecksumSection.name)] + middle
      + [SectionLayout(name: ".shstrtab", type: .strings)]
    var table = StringTable()
    let nameOffsets = layouts.map { table.offset(of: $0.name) }
    names = table.bytes
    let byteCounts =
      [ChecksumSection.byteCount(sections: count)] + byteCounts + [names.count]

    var headers = RecordWriter()
    headers.zeros(ELF.sectionHeaderSize)
    var end = ELF.headerSize
    for (index, layout) in layouts.enumerated() {
      let offset = ELF.aligned(end)
      let link = layout.link.map { name in 1 + layouts.firstIndex { $0.name == name }! } ?? 0
      let isSymbols = layout.type == .symbols
      headers.put(nameOffsets[index])
      headers.put(layout.type.rawValue)
      headers.put(layout.flags)
      headers.put(UInt64(0))
      headers.put(UInt64(offset))
      headers.put(UInt64(byteCounts[index]))
      headers.put(UInt32(link))
      headers.put(UInt32(isSymbols ? byteCounts[index] / layout.recordSize : 0))
      headers.put(UInt64(layout.alignment))
      headers.put(UInt64(layout.recordSize))
      end = offset + byteCounts[index]
    }
    sectionHeaders = headers.bytes
    byteCount = ELF.aligned(end) + sectionHeaders.count

    var header = RecordWriter()
    for byte in ELF.identification { header.put(byte) }
    header.zeros(16)
    header.put(UInt64(ELF.aligned(end)))
    header.zeros(4)
    header.put(UInt16(ELF.headerSize))
    header.zeros(4)
    header.put(UInt16(ELF.sectionHeaderSize))
    header.put(UInt16(count))
    header.put(UInt16(count - 1))
    self.header = header.bytes
  }
}

/// An ELF file that is ready to be written.
public struct ELFImage: Sendable {
  /// The bytes of the file, in order. Payloads are shared with the program, not copied.
  let pieces: [Bytes]
  /// The size of the file.
  let byteCount: Int

  /// The bytes of the file.
  public var bytes: Bytes {
    Bytes(count: byteCount) { target in
      var offset = 0
      for piece in pieces {
        piece.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + $0.count])
            .copyMemory(from: $0)
        }
        offset += piece.count
      }
    }
  }

  /// Writes the bytes to `file`, passes them to `check` as read back from the file, and completes
  /// the file once `check` returns.
  ///
  /// Payloads go to the file from where they are. A pipe or a device gets nothing before the check. Throws
  /// `Diagnostics` where the file cannot be written, and whatever `check` throws.
  public func write(to file: OutputFile, check: (Bytes) throws -> Void = { _ in }) throws {
    if file.isReadable {
      for piece in pieces { try piece.withUnsafeBytes(file.write) }
      try check(Bytes(file: MappedFile(path: file.path), range: 0..<byteCount))
    } else {
      let bytes = bytes
      try check(bytes)
      try bytes.withUnsafeBytes(file.write)
    }
    try file.complete()
  }

  /// Puts the sections, each of some pieces, between checksums and section names.
  init(layouts: [SectionLayout], contents: [[Bytes]]) {
    let byteCounts = contents.map { $0.reduce(0) { $0 + $1.count } }
    let headers = ELFHeaders(layouts: layouts, byteCounts: byteCounts)
    let contents = contents + [[headers.names]]
    byteCount = headers.byteCount

    var checksums = RecordWriter()
    checksums.put(UInt32(contents.count + 2))
    checksums.put(CRC32C.checksum(Bytes(copying: headers.header + headers.sectionHeaders)))
    checksums.put(UInt64(byteCount))
    checksums.zeros(8)
    let sums = mappedInParallel(contents.count, cost: .max) { section in
      var crc = CRC32C()
      for piece in contents[section] { piece.withUnsafeBytes { crc.add($0) } }
      return crc.value
    }
    for sum in sums { checksums.put(sum) }
    checksums.put(CRC32C.checksum(Bytes(copying: checksums.bytes)))

    let zeros = Bytes(count: ELF.alignment) { _ in }
    var pieces = [Bytes(copying: headers.header)]
    for (section, byteCount) in zip(
      [[Bytes(copying: checksums.bytes)]] + contents,
      [checksums.bytes.count] + byteCounts + [headers.names.count])
    {
      pieces += section
      pieces.append(zeros[0..<ELF.aligned(byteCount) - byteCount])
    }
    pieces.append(Bytes(copying: headers.sectionHeaders))
    self.pieces = pieces.filter { $0.count > 0 }
  }
}
