/// The bytes of a protobuf message, put together field by field.
struct WireBytes {
  var bytes: [UInt8] = []

  /// Creates a message by letting `build` add to it.
  init(_ build: (inout WireBytes) -> Void = { _ in }) { build(&self) }

  /// Adds a bare variable-length integer.
  mutating func raw(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Adds the head of a field.
  mutating func tag(_ number: UInt64, wireType: UInt64) { raw(number << 3 | wireType) }

  /// Adds a field that holds a variable-length integer.
  mutating func int(_ number: UInt64, _ value: Int64) {
    tag(number, wireType: 0)
    raw(UInt64(bitPattern: value))
  }

  /// Adds a field that holds a 32-bit float.
  mutating func float(_ number: UInt64, _ value: Float) {
    tag(number, wireType: 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Adds a field that holds bytes.
  mutating func data(_ number: UInt64, _ value: [UInt8]) {
    tag(number, wireType: 2)
    raw(UInt64(value.count))
    bytes += value
  }

  /// Adds a field that holds a string.
  mutating func string(_ number: UInt64, _ value: String) { data(number, Array(value.utf8)) }

  /// Adds a field that holds a message.
  mutating func message(_ number: UInt64, _ build: (inout WireBytes) -> Void) {
    data(number, WireBytes(build).bytes)
  }

  /// Adds a packed list of variable-length integers.
  mutating func ints(_ number: UInt64, _ values: [Int64]) {
    data(number, WireBytes { for value in values { $0.raw(UInt64(bitPattern: value)) } }.bytes)
  }

  /// Adds a packed list of elements as they are in memory.
  mutating func packed<T: BitwiseCopyable>(_ number: UInt64, _ values: [T]) {
    data(number, values.withUnsafeBytes { Array($0) })
  }
}
