import Basics

/// The bytes of a program file, and where its sections are.
public struct ProgramImage: Sendable {
  /// The bytes.
  public private(set) var bytes: [UInt8]
  /// The sections that hold something, with the size of their records; not the checksums.
  private let sections: [(range: Range<Int>, record: Int)]

  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 7, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 1 << 27, 1 << 28, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 1 << 32, 1 << 40, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max,
  ]
  private static let floats: [Float] = [
    0, -1, 1e-38, 1e38, .infinity, .nan, .leastNonzeroMagnitude,
  ]

  /// Takes apart the bytes of a program file, which must be whole.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let table = Self.integer(bytes, 40)
    sections = (2..<(bytes.count - table) / 64).compactMap { number in
      let header = table + 64 * number
      let (start, size) = (Self.integer(bytes, header + 24), Self.integer(bytes, header + 32))
      return size == 0
        ? nil : (start..<start + size, max(Self.integer(bytes, header + 56), 1))
    }
  }

  private static func integer(_ bytes: [UInt8], _ offset: Int) -> Int {
    (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
  }

  /// Changes one thing: a byte, a field, a record, or a digit of the chip's description.
  public mutating func mutate(_ generator: inout SplitMix64) {
    let (range, record) = sections.randomElement(using: &generator)!
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
    for i in 0..<size { bytes[offset + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i)) }
  }

  /// The place of section `number`.
  public func section(_ number: Int) -> Range<Int> {
    let header = Self.integer(bytes, 40) + 64 * number
    let start = Self.integer(bytes, header + 24)
    return start..<start + Self.integer(bytes, header + 32)
  }

  /// Writes the lowest `size` bytes of a number, `offset` bytes behind the start of section `section`.
  public mutating func put(_ number: UInt64, _ size: Int, at offset: Int, of section: Int) {
    put(number, size, at: self.section(section).lowerBound + offset, in: bytes.indices)
  }

  /// Makes all checksums those of the content as it is, that of the chip in its note too.
  public mutating func seal() {
    let table = Self.integer(bytes, 40)
    let count = (bytes.count - table) / 64
    func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      UInt64(bytes.withUnsafeBytes { CRC32C.checksum($0) })
    }
    let all = 0..<bytes.count
    if let place = noteOfChip(section(2)) {
      put(checksum(bytes[section(3)]), 4, at: place, in: all)
    }
    for number in 2..<count {
      put(checksum(bytes[section(number)]), 4, at: 80 + 4 * number, in: all)
    }
    put(checksum(bytes[..<64] + bytes[table...]), 4, at: 68, in: all)
    put(checksum(bytes[64..<80 + 4 * count]), 4, at: 80 + 4 * count, in: all)
  }

  /// Where the note of the chip holds the checksum of its description.
  private func noteOfChip(_ notes: Range<Int>) -> Int? {
    notes.dropLast(24).first { place in
      place % 4 == 0 && bytes[place..<place + 4].elementsEqual([4, 1, 0, 0])
        && bytes[place + 4..<place + 9].elementsEqual(Array("AIMC".utf8) + [0])
    }.map { $0 + 12 }
  }
}
