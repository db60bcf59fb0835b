/// A protobuf message that is being written, field by field.
struct ProtoBytes {
  private(set) var bytes: [UInt8] = []

  private mutating func tag(_ field: Int, _ type: WireReader.WireType) {
    appendVarint(UInt64(field) << 3 | UInt64(type.rawValue), to: &bytes)
  }

  /// Writes an integer; negative ones take ten bytes.
  mutating func put(_ field: Int, _ value: Int) {
    tag(field, .varint)
    appendVarint(UInt64(bitPattern: Int64(value)), to: &bytes)
  }

  /// Writes a number in single precision.
  mutating func put(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Writes a text.
  mutating func put(_ field: Int, _ text: String) { put(field, Array(text.utf8)) }

  /// Writes bytes, as of a message.
  mutating func put(_ field: Int, _ content: [UInt8]) {
    tag(field, .bytes)
    appendVarint(UInt64(content.count), to: &bytes)
    bytes += content
  }

  /// Writes a message that `body` fills.
  mutating func put(_ field: Int, _ body: (inout ProtoBytes) -> Void) {
    var message = ProtoBytes()
    body(&message)
    put(field, message.bytes)
  }
}
