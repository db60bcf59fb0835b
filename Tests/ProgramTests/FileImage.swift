import Basics

/// The bytes of a program file, and where its parts are: read without any code of the module.
struct FileImage {
  var bytes: [UInt8]
  /// The parts of the file in order: `header`, sections by name, `padding`.
  private(set) var parts: [(name: String, range: Range<Int>)] = []
  /// The fields of the section headers, by name.
  private(set) var headers: [(name: String, flags: UInt64, recordSize: Int)] = []

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

  func integer<T: FixedWidthInteger>(at offset: Int, as _: T.Type) -> T {
    var value: T = 0
    for index in (0..<MemoryLayout<T>.size).reversed() {
      value = value << 8 | T(truncatingIfNeeded: bytes[offset + index])
    }
    return value
  }

  mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    for index in 0..<MemoryLayout<T>.size {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
    }
  }

  /// Makes all checksums those of the content as it is, however wrong it is otherwise.
  mutating func seal() {
    let count = Int(integer(at: 64, as: UInt32.self))
    let table = bytes.count - 64 * count
    for number in 2..<count {
      let start = Int(exactly: integer(at: table + 64 * number + 24, as: UInt64.self)) ?? .max
      let size = Int(exactly: integer(at: table + 64 * number + 32, as: UInt64.self)) ?? .max
      guard start <= bytes.count, size <= bytes.count - start else { continue }
      put(Self.checksum(bytes[start..<start + size]), at: 80 + 4 * number)
    }
    put(Self.checksum(bytes[..<64] + bytes[table...]), at: 68)
    put(Self.checksum(bytes[64..<80 + 4 * count]), at: 80 + 4 * count)
  }

  var content: Bytes { Bytes(copying: bytes) }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.checksum($0) }
  }
}
