import Basics

/// The bytes of a program file, and where its parts are: read without any code of the module that reads and
/// writes programs.
struct SectionedFile: Sendable {
  /// The whole file.
  var bytes: [UInt8]
  /// The parts of the file in order: `header`, sections by name, `padding`.
  private(set) var parts: [(name: String, range: Range<Int>)] = []
  /// The fields of the section headers, by name.
  private(set) var headers: [(name: String, flags: UInt64, recordSize: Int)] = []

  private static let checksums = ".aimc.checksums"

  /// Finds the parts of a sound file.
  init(_ content: Bytes) {
    bytes = content.withUnsafeBytes { Array($0) }
    let table = Int(integer(at: 40, as: UInt64.self))
    let count = (bytes.count - table) / 64
    let names = Int(integer(at: table + 64 * (count - 1) + 24, as: UInt64.self))
    parts = [("header", 0..<64)]
    for number in 1..<count {
      let header = table + 64 * number
      let start = Int(integer(at: header + 24, as: UInt64.self))
      let size = Int(integer(at: header + 32, as: UInt64.self))
      let name = names + Int(integer(at: header, as: UInt32.self))
      let end = bytes[name...].firstIndex(of: 0)!
      if start > parts.last!.range.upperBound {
        parts.append(("padding", parts.last!.range.upperBound..<start))
      }
      parts.append((String(decoding: bytes[name..<end], as: UTF8.self), start..<start + size))
      headers.append(
        (
          parts.last!.name, integer(at: header + 8, as: UInt64.self),
          Int(integer(at: header + 56, as: UInt64.self))
        ))
    }
    if table > parts.last!.range.upperBound {
      parts.append(("padding", parts.last!.range.upperBound..<table))
    }
    parts.append(("header", table..<bytes.count))
  }

  /// The place of a section.
  func range(of name: String) -> Range<Int> { parts.first { $0.name == name }!.range }

  /// The places of the sections that a checksum covers, with the sizes of their records.
  var sections: [(range: Range<Int>, recordSize: Int)] {
    headers.dropFirst().map { (range(of: $0.name), $0.recordSize) }
  }

  /// The number at `offset`, in little-endian order.
  func integer<T: FixedWidthInteger>(at offset: Int, as _: T.Type) -> T {
    var value: T = 0
    for index in (0..<MemoryLayout<T>.size).reversed() {
      value = value << 8 | T(truncatingIfNeeded: bytes[offset + index])
    }
    return value
  }

  /// Puts a number there.
  mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    Self.put(value, at: offset, of: &bytes)
  }

  /// Makes all checksums those of the content as it is, however wrong it is otherwise; that of the chip in its
  /// note too.
  mutating func seal() {
    let count = Int(integer(at: 64, as: UInt32.self))
    let table = bytes.count - 64 * count
    if let place = noteOfChip {
      put(Self.checksum(bytes[range(of: ".aimc.chip")]), at: place)
    }
    for number in 2..<count {
      let start = Int(exactly: integer(at: table + 64 * number + 24, as: UInt64.self)) ?? .max
      let size = Int(exactly: integer(at: table + 64 * number + 32, as: UInt64.self)) ?? .max
      guard start <= bytes.count, size <= bytes.count - start else { continue }
      put(Self.checksum(bytes[start..<start + size]), at: 80 + 4 * number)
    }
    put(Self.checksum(bytes[..<64] + bytes[table...]), at: 68)
    put(Self.checksum(bytes[64..<80 + 4 * count]), at: 80 + 4 * count)
  }

  /// Where the note of the chip holds the checksum of its description.
  private var noteOfChip: Int? {
    range(of: ".note.aimc").dropLast(24).first { place in
      place % 4 == 0 && bytes[place..<place + 4].elementsEqual([4, 1, 0, 0])
        && bytes[place + 4..<place + 9].elementsEqual(Array("AIMC".utf8) + [0])
    }.map { $0 + 12 }
  }

  /// The contents of the sections between the checksums and the names of the sections.
  var contents: [[UInt8]] {
    headers.dropFirst().dropLast().map { Array(bytes[range(of: $0.name)]) }
  }

  /// A file with the same sections of other contents, laid out by their sizes, and with their checksums.
  func replacing(_ contents: [[UInt8]]) -> SectionedFile {
    let names = headers.last!.name
    let contents =
      [Array(bytes[range(of: Self.checksums)])] + contents + [Array(bytes[range(of: names)])]
    precondition(contents.count == headers.count)
    func padded(_ bytes: [UInt8]) -> [UInt8] {
      bytes + Array(repeating: 0, count: (64 - bytes.count % 64) % 64)
    }
    var image = self
    var table = Array(bytes[parts.last!.range])
    image.bytes = Array(bytes[..<64])
    for (number, content) in contents.enumerated() {
      let header = 64 * (number + 1)
      Self.put(UInt64(image.bytes.count), at: header + 24, of: &table)
      Self.put(UInt64(content.count), at: header + 32, of: &table)
      if headers[number].name == ".symtab" {
        Self.put(UInt32(content.count / headers[number].recordSize), at: header + 44, of: &table)
      }
      image.bytes += padded(content)
    }
    Self.put(UInt64(image.bytes.count), at: 40, of: &image.bytes)
    image.bytes += table
    Self.put(UInt64(image.bytes.count), at: 72, of: &image.bytes)
    image = SectionedFile(image.content)
    image.seal()
    return image
  }

  private static func put<T: FixedWidthInteger>(
    _ value: T, at offset: Int, of bytes: inout [UInt8]
  ) {
    for index in 0..<MemoryLayout<T>.size {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
    }
  }

  /// The whole file, as readers take it.
  var content: Bytes { Bytes(copying: bytes) }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.checksum($0) }
  }
}
