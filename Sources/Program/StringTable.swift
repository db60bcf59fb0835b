import Basics

/// A table of strings that each end with a NUL; offset 0 holds the empty one.
struct StringTable {
  private var content: [UInt8] = [0]
  /// By the bytes: Swift holds strings for equal that Unicode calls equivalent.
  private var offsets: [[UInt8]: UInt32] = [[]: 0]
  /// Why strings could not be added.
  private(set) var faults: [String] = []

  /// The offset of `string`, which is added if it is new.
  mutating func offset(of string: String) -> UInt32 {
    let bytes = Array(string.utf8)
    if let offset = offsets[bytes] { return offset }
    guard !bytes.contains(0), let offset = UInt32(exactly: content.count) else {
      faults.append(
        bytes.contains(0) ? "a name holds a NUL character" : "the names take more than 4 GiB")
      return 0
    }
    offsets[bytes] = offset
    content.append(contentsOf: bytes)
    content.append(0)
    return offset
  }

  /// The table.
  var bytes: Bytes { Bytes(copying: content) }

  /// The string at `offset` of a table in a file; `nil` if it does not end or is not UTF-8.
  static func string(at offset: UInt32, of table: [UInt8]) -> String? {
    guard offset < table.count, let end = table[Int(offset)...].firstIndex(of: 0) else {
      return nil
    }
    return String(validating: table[Int(offset)..<end], as: UTF8.self)
  }
}
