import Basics

/// An ELF file of a tile program, of which every byte has been checked against its checksum.
struct ELFFile {
  /// The sections, by their number less 1.
  private(set) var sections: [(name: String, content: Bytes)] = []
  private var indices: [String: Int] = [:]

  private let bytes: Bytes
  private let path: String?
  private var checksums: [UInt32] = []
  /// What is wrong with the file.
  private var faults: Faults

  /// Finds the sections of a file and checks all checksums and all padding.
  ///
  /// Throws `Diagnostics` that name each section that is damaged, `header` for the headers and
  /// `padding` for the bytes between sections.
  init(bytes: Bytes, path: String?) throws {
    self.bytes = bytes
    self.path = path
    faults = Faults(file: path)
    try readIdentification()
    let headerChecksum = try readChecksums()
    let headers = try readHeaders(checksum: headerChecksum)
    try readSections(headers)
  }

  /// The content of the section `name`, or `nil` if there is none.
  func content(of name: String) -> Bytes? { indices[name].map { sections[$0].content } }

  /// Throws unless the headers are those that `layouts` and the sizes of the sections ask for.
  func checkHeaders(layouts: [SectionLayout]) throws {
    let names = sections.map(\.name)
    let expected = [ChecksumSection.name] + layouts.map(\.name) + [".shstrtab"]
    guard names == expected else {
      let unknown = names.first { !expected.contains($0) }
      let missing = expected.first { !names.contains($0) }
      throw failure(
        "header",
        unknown.map { "there is a section \"\($0)\", which is unknown" }
          ?? missing.map { "there is no section \"\($0)\"" } ?? "the sections are out of order")
    }
    let middle = sections.dropFirst().dropLast()
    let headers = ELFHeaders(layouts: layouts, byteCounts: middle.map(\.content.count))
    let actual = bytes.withUnsafeBytes { Array($0[0..<ELF.headerSize]) }
    let start = bytes.count - headers.sectionHeaders.count
    let actualSections = bytes.withUnsafeBytes { start < 0 ? [] : Array($0[start...]) }
    guard actual == headers.header, actualSections == headers.sectionHeaders,
      sections.last!.content == headers.names
    else { throw failure("header", "a field of a header has a wrong value") }
  }

  private func failure(_ section: String, _ message: String) -> Diagnostics {
    Diagnostics(Diagnostic(file: path, at: .section(section), message))
  }

  private func load(_ range: Range<Int>) -> [UInt8] {
    bytes.withUnsafeBytes { Array($0[range]) }
  }

  private func readIdentification() throws {
    guard bytes.count >= ELF.headerSize else {
      throw failure("header", "the file ends after \(bytes.count) bytes")
    }
    guard load(0..<ELF.identification.count) == ELF.identification else {
      throw failure("header", "this is not the header of a tile program")
    }
  }

  /// Reads the first section; returns the checksum of the headers.
  private mutating func readChecksums() throws -> UInt32 {
    let damaged = failure(ChecksumSection.name, "is damaged: its checksum does not match")
    let start = ChecksumSection.offset
    guard bytes.count >= start + ChecksumSection.byteCount(sections: 0) else {
      throw failure(ChecksumSection.name, "the file ends after \(bytes.count) bytes")
    }
    var reader = RecordReader(load(start..<start + 16))
    let count = Int(reader.get() as UInt32)
    let headerChecksum: UInt32 = reader.get()
    let fileSize: UInt64 = reader.get()
    guard (1...ELF.maximumSections).contains(count) else { throw damaged }
    let end = start + ChecksumSection.byteCount(sections: count)
    guard end <= bytes.count else {
      throw failure(
        ChecksumSection.name,
        "the file ends after \(bytes.count) bytes, or the number of sections is damaged")
    }
    let content = load(start..<end)
    reader = RecordReader(content)
    reader.offset = content.count - 4
    guard CRC32C.checksum(Bytes(copying: Array(content.dropLast(4)))) == reader.get() else {
      throw damaged
    }
    guard fileSize == UInt64(bytes.count) else {
      throw Diagnostics(
        Diagnostic(
          file: path, at: .byteOffset(bytes.count),
          "the file has \(bytes.count) bytes, but should have \(fileSize)"))
    }
    reader.offset = 16
    checksums = (0..<count).map { _ in reader.get() }
    return headerChecksum
  }

  /// Reads the section headers, which end the file.
  private func readHeaders(checksum: UInt32) throws -> [UInt8] {
    let damaged = failure("header", "is damaged: the checksum of the headers does not match")
    let start = bytes.count - checksums.count * ELF.sectionHeaderSize
    guard start >= ELF.headerSize else { throw damaged }
    let header = load(0..<ELF.headerSize)
    let sectionHeaders = load(start..<bytes.count)
    guard CRC32C.checksum(Bytes(copying: header + sectionHeaders)) == checksum else {
      throw damaged
    }
    return sectionHeaders
  }

  /// Finds the sections and checks them and what lies between them.
  private mutating func readSections(_ headers: [UInt8]) throws {
    let count = checksums.count
    var reader = RecordReader(headers)
    var places: [(name: UInt32, range: Range<Int>)] = []
    var end = ELF.headerSize
    let limit = bytes.count - headers.count
    for number in 1..<count {
      reader.offset = number * ELF.sectionHeaderSize
      let name: UInt32 = reader.get()
      reader.offset += 20
      let offset = reader.integer(UInt64.self)
      let size = reader.integer(UInt64.self)
      guard let offset, let size, offset == ELF.aligned(end), offset <= limit,
        size <= limit - offset
      else { throw failure("header", "section \(number) does not lie behind the one before it") }
      places.append((name, offset..<offset + size))
      end = offset + size
    }
    guard let last = places.last, ELF.aligned(end) == limit else {
      throw failure("header", "the section headers do not follow the last section")
    }
    let sums = mappedInParallel(places.count, cost: .max) { [bytes] in
      CRC32C.checksum(bytes[places[$0].range])
    }
    guard sums.last == checksums[count - 1] else {
      throw failure(".shstrtab", "is damaged: its checksum does not match")
    }
    let names = load(last.range)
    for (index, place) in places.enumerated() {
      let name = StringTable.string(at: place.name, of: names) ?? "\(index + 1)"
      if indices[name] == nil { indices[name] = index }
      sections.append((name, bytes[place.range]))
      if index > 0 && sums[index] != checksums[index + 1] {
        faults.add(name, "is damaged: its checksum does not match")
      }
      let next = index + 1 < places.count ? places[index + 1].range.lowerBound : limit
      let isPadded = bytes.withUnsafeBytes {
        $0[place.range.upperBound..<next].allSatisfy { $0 == 0 }
      }
      if !isPadded { faults.add("padding", "behind section \(name) is not 0") }
    }
    guard checksums[0] == 0, checksums.count < 2 || checksums[1] == 0 else {
      throw failure(ChecksumSection.name, "sums up itself")
    }
    try faults.throwIfAny()
  }
}
