import Basics

/// Walks through a table of records, little endian.
///
/// The caller has made sure that what it gets is there.
struct RecordReader {
  private let bytes: [UInt8]
  /// The next byte.
  var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next integer of a fixed width.
  mutating func get<T: FixedWidthInteger & BitwiseCopyable>() -> T {
    defer { offset += MemoryLayout<T>.size }
    return bytes.withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }

  /// The next number.
  mutating func float() -> Float { Float(bitPattern: get()) }

  /// The next integer of a fixed width, or `nil` if it does not fit `Int`.
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> Int? {
    Int(exactly: get() as T)
  }

  /// Skips `count` bytes, and tells whether all of them are 0.
  mutating func zeros(_ count: Int) -> Bool {
    defer { offset += count }
    return bytes[offset..<offset + count].allSatisfy { $0 == 0 }
  }
}

extension Bytes {
  /// A copy of the bytes.
  var copied: [UInt8] { withUnsafeBytes { Array($0) } }
}
