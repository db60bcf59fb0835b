// Elements shorter than a byte lie packed in files, the first in the lowest bits of a byte, and one a
// byte in memory.

extension ElementType {
  /// The number of bytes that `count` elements take in a file.
  public func packedByteCount(_ count: Int) -> Int {
    isPacked ? (count + 8 / bitCount - 1) / (8 / bitCount) : count * byteCount
  }

  /// The byte that holds the element of a packed type with the bits `code`, of which the higher ones
  /// do not count; of any other type `code` itself.
  public func extended(_ code: UInt8) -> UInt8 {
    guard isPacked else { return code }
    let unused = UInt8(8 - bitCount)
    let shifted = code << unused
    return isSignedInteger
      ? UInt8(bitPattern: Int8(bitPattern: shifted) >> Int8(unused)) : shifted >> unused
  }

  /// Whether `bits` is the bit pattern of an element in memory.
  public func hasElement(_ bits: UInt64) -> Bool {
    guard byteCount < 8 else { return true }
    guard bits >> UInt64(byteCount * 8) == 0 else { return false }
    return !isPacked || extended(UInt8(bits)) == UInt8(bits)
  }
}

extension Tensor {
  /// Creates a tensor of a packed type from the `packed` bytes of a file, which must be enough.
  public init(type: ElementType, shape: [Int], unpacking packed: UnsafeRawBufferPointer) {
    let count = shape.reduce(1, *)
    precondition(type.isPacked && packed.count >= type.packedByteCount(count))
    let perByte = 8 / type.bitCount
    let bytes = Bytes(count: count) { target in
      for index in 0..<count {
        target[index] = type.extended(
          packed[index / perByte] >> UInt8(index % perByte * type.bitCount))
      }
    }
    self.init(type: type, shape: shape, bytes: bytes)
  }

  /// The elements as they lie in a file: packed if the type is, else `bytes`.
  public var fileBytes: Bytes {
    guard type.isPacked else { return bytes }
    let perByte = 8 / type.bitCount
    let mask = UInt8(1) << UInt8(type.bitCount) - 1
    return Bytes(count: type.packedByteCount(count)) { target in
      bytes.withUnsafeBytes { source in
        for index in 0..<source.count {
          target[index / perByte] |=
            (source[index] & mask) << UInt8(index % perByte * type.bitCount)
        }
      }
    }
  }

  /// Whether every element of a packed type is a byte that stands for one.
  public var hasSoundElements: Bool {
    guard type.isPacked else { return true }
    return bytes.withUnsafeBytes { $0.allSatisfy { type.extended($0) == $0 } }
  }
}
