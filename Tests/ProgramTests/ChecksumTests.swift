import Basics
import Testing

struct ChecksumTests {
  private func checksum(_ bytes: UnsafeRawBufferPointer, byTables: Bool) -> UInt32 {
    var crc = CRC32C(byTables: byTables)
    crc.add(bytes)
    return crc.value
  }

  /// RFC 3720, appendix B.4, and the check value of the catalogues.
  @Test(
    arguments: [
      (Array(repeating: 0, count: 32), 0x8A91_36AA),
      (Array(repeating: 255, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func knownChecksums(_ bytes: [UInt8], _ expected: UInt32) {
    for byTables in [false, true] {
      #expect(bytes.withUnsafeBytes { checksum($0, byTables: byTables) } == expected)
    }
  }

  /// The instruction of the processor and the tables agree on all lengths at all places.
  @Test func bothWaysAgree() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 0x9E37_79B9 >> 7) }
    bytes.withUnsafeBytes { bytes in
      for start in 0..<17 {
        for end in start...bytes.count {
          let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
          #expect(checksum(part, byTables: false) == checksum(part, byTables: true))
        }
      }
    }
  }
}
