import CChecksum

/// The CRC-32C checksum (polynomial 0x1EDC6F41, reflected, as in iSCSI: RFC 3720, appendix B.4).
public struct CRC32C: Sendable {
  private var state: UInt32 = ~0
  private let byTables: Bool

  /// Creates the checksum of nothing, to be computed by tables where the processor has no instruction for it,
  /// or if they are asked for.
  public init(byTables: Bool = false) { self.byTables = byTables || !has_crc32c() }

  /// The checksum of everything added so far.
  public var value: UInt32 { ~state }

  /// Adds `bytes`.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    state =
      byTables
      ? Self.state(state, after: bytes) : crc32c_after(state, bytes.baseAddress, bytes.count)
  }

  private static func state(_ state: UInt32, after bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = state
    var offset = 0
    tables.withUnsafeBufferPointer { table in
      while offset + 16 <= bytes.count {
        let low = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
        let high = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self).littleEndian
        let start = low ^ UInt64(crc)
        crc = 0
        for byte in 0..<8 {
          crc ^= table[(15 &- byte) &* 256 &+ Int(start >> (8 &* byte) & 255)]
          crc ^= table[(7 &- byte) &* 256 &+ Int(high >> (8 &* byte) & 255)]
        }
        offset += 16
      }
      while offset < bytes.count {
        crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[offset])) & 255)]
        offset += 1
      }
    }
    return crc
  }

  /// The checksum of `bytes`.
  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = CRC32C()
    crc.add(bytes)
    return crc.value
  }

  /// The checksum of `bytes`.
  public static func checksum(_ bytes: Bytes) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0) }
  }

  /// Sixteen tables of 256: table k advances a byte over k zero bytes more.
  private static let tables: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
      table[byte] = crc
    }
    for byte in 256..<table.count {
      let previous = table[byte - 256]
      table[byte] = previous >> 8 ^ table[Int(previous & 255)]
    }
    return table
  }()
}
