import Basics

extension ProgramImage {
  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 7, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 1 << 27, 1 << 28, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 1 << 32, 1 << 40, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max,
  ]
  private static let floats: [Float] = [
    0, -1, 1e-38, 1e38, .infinity, .nan, .leastNonzeroMagnitude,
  ]

  /// Changes one thing in a section other than that of the checksums: a byte, a field, a record, or a digit of the
  /// chip's description.
  public mutating func mutate(_ generator: inout SplitMix64) {
    let sections = headers.dropFirst().filter { !$0.range.isEmpty }
    let section = sections.randomElement(using: &generator)!
    let (range, record) = (section.range, max(section.recordSize, 1))
    let offset = range.randomElement(using: &generator)!
    let (word, long) = (offset & ~3, offset & ~7)
    let number = Self.numbers.randomElement(using: &generator)!
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: bytes[offset] = UInt8.random(in: 0...255, using: &generator)
    case 1: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2, 3: put(number, 4, at: word, in: range)
    case 4: put(number, 8, at: long, in: range)
    case 5:
      let value = Self.floats.randomElement(using: &generator)!
      put(UInt64(value.bitPattern), 4, at: word, in: range)
    case 6:
      // A little more or less.
      let change = UInt8.random(in: 1...4, using: &generator)
      bytes[offset] =
        Bool.random(using: &generator) ? bytes[offset] &+ change : bytes[offset] &- change
    case 7 where record > 1:
      // One record becomes another.
      let count = range.count / record
      let (from, to) = (
        Int.random(in: 0..<count, using: &generator), Int.random(in: 0..<count, using: &generator)
      )
      for i in 0..<record {
        bytes[range.lowerBound + to * record + i] = bytes[range.lowerBound + from * record + i]
      }
    default:
      let other = range.randomElement(using: &generator)!
      bytes[offset] = bytes[other]
    }
  }

  private mutating func put(_ number: UInt64, _ size: Int, at offset: Int, in range: Range<Int>) {
    guard offset >= range.lowerBound, offset + size <= range.upperBound else { return }
    put(number, size, at: offset)
  }
}
