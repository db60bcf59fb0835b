import Basics

/// The bytes of a program file, and where its parts are: read without any code of the module that reads and
/// writes programs.
public struct ProgramImage: Sendable {
  /// The whole file.
  public var bytes: [UInt8]
  /// The parts of the file in order: `header`, sections by name, `padding`.
  public private(set) var parts: [(name: String, range: Range<Int>)] = []
  /// The fields of the section headers, in order, and where the sections are.
  public private(set) var headers:
    [(name: String, flags: UInt64, recordSize: Int, range: Range<Int>)] = []

  /// Finds the parts of a file, which must be whole.
  public init(_ content: Bytes) { self.init(content.withUnsafeBytes { Array($0) }) }

  /// Finds the parts of a file, which must be whole.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
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
          Int(integer(at: header + 56, as: UInt64.self)), parts.last!.range
        ))
    }
    if table > parts.last!.range.upperBound {
      parts.append(("padding", parts.last!.range.upperBound..<table))
    }
    parts.append(("header", table..<bytes.count))
  }

  /// The whole file, as readers take it.
  public var content: Bytes { Bytes(copying: bytes) }

  /// The place of a section.
  public func range(of name: String) -> Range<Int> { parts.first { $0.name == name }!.range }

  /// The place of section `number`, of which 1 is that of the checksums.
  public func range(ofSection number: Int) -> Range<Int> { headers[number - 1].range }

  /// The number at `offset`, in little-endian order.
  public func integer<T: FixedWidthInteger>(at offset: Int, as _: T.Type) -> T {
    var value: T = 0
    for index in (0..<MemoryLayout<T>.size).reversed() {
      value = value << 8 | T(truncatingIfNeeded: bytes[offset + index])
    }
    return value
  }

  /// Puts a number there.
  public mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    put(UInt64(truncatingIfNeeded: value), MemoryLayout<T>.size, at: offset)
  }

  /// Puts the lowest `size` bytes of a number at `offset`.
  public mutating func put(_ number: UInt64, _ size: Int, at offset: Int) {
    for index in 0..<size {
      bytes[offset + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
    }
  }

  /// Puts the lowest `size` bytes of a number `offset` bytes behind the start of section `section`.
  public mutating func put(_ number: UInt64, _ size: Int, at offset: Int, of section: Int) {
    put(number, size, at: range(ofSection: section).lowerBound + offset)
  }

  /// Makes all checksums those of the content as it is, however wrong it is otherwise; that of the chip in its
  /// note too.
  public mutating func seal() {
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

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.checksum($0) }
  }
}
