/// A cursor over protobuf wire format (protobuf.dev, "Encoding") that never leaves its limit.
struct WireReader {
  /// Why the bytes at the cursor are not what they should be.
  enum Fault: Error {
    case truncatedVarint
    case overlongVarint
    case badFieldNumber
    case group
    case badWireType(UInt8)
    case truncatedValue(needed: UInt64, left: Int)

    /// The fault in words.
    var message: String {
      switch self {
      case .truncatedVarint: "a variable-length integer does not end before its message does"
      case .overlongVarint: "a variable-length integer does not fit in 64 bits"
      case .badFieldNumber: "a field number is 0 or does not fit in 29 bits"
      case .group: "a group begins or ends here; ONNX has none"
      case .badWireType(let type): "wire type \(type) does not exist"
      case .truncatedValue(let needed, let left):
        "a value of \(needed) bytes does not fit in the \(left) that its message has left"
      }
    }
  }

  /// How a value is delimited.
  enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
  }

  /// One field as it lies in the file.
  struct Field {
    /// The field number.
    var number: UInt32
    /// How the value is delimited.
    var type: WireType
    /// The bytes of the value, without a length prefix.
    var value: Range<Int>
  }

  /// All the bytes.
  let bytes: UnsafeRawBufferPointer

  /// The offset of the next byte to read.
  var position: Int

  /// The offset at which reading stops.
  var end: Int

  /// Reads a variable-length integer.
  mutating func varint() throws(Fault) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < end else { throw .truncatedVarint }
      let byte = bytes[position]
      position += 1
      if shift == 63 && byte > 1 { throw .overlongVarint }
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    throw .overlongVarint
  }

  /// Reads the head of a field and steps over its value.
  mutating func field() throws(Fault) -> Field {
    let tag = try varint()
    guard let number = UInt32(exactly: tag >> 3), 1..<(1 << 29) ~= number else {
      throw .badFieldNumber
    }
    let code = UInt8(tag & 7)
    guard let type = WireType(rawValue: code) else {
      throw code == 3 || code == 4 ? .group : .badWireType(code)
    }
    let length: UInt64
    switch type {
    case .fixed32: length = 4
    case .fixed64: length = 8
    case .bytes: length = try varint()
    case .varint:
      let start = position
      _ = try varint()
      return Field(number: number, type: type, value: start..<position)
    }
    guard length <= UInt64(end - position) else {
      throw .truncatedValue(needed: length, left: end - position)
    }
    let start = position
    position += Int(length)
    return Field(number: number, type: type, value: start..<position)
  }
}

/// Appends `value` as a variable-length integer.
func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
  var rest = value
  while rest >= 0x80 {
    bytes.append(UInt8(rest & 0x7F) | 0x80)
    rest >>= 7
  }
  bytes.append(UInt8(rest))
}
