import Basics
import Program
import TestSupport
import Testing

/// Files whose checksums are right and whose content is not: the reader stays in control.
@Suite struct MutationTests {
  private static let numbers: [UInt64] = [
    0, 1, 2, 7, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
    1 << 40, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
  ]

  @Test func mutatedFilesAreReadOrRefused() throws {
    var generator = SplitMix64(seed: 2)
    let images = try [smallProgram(), sampleProgram()].map { ProgramImage(try $0.encoded()) }
    var accepted = 0
    for _ in 0..<2000 {
      var image = images.randomElement(using: &generator)!
      let parts = image.parts.filter { $0.name != ".aimc.checksums" && !$0.range.isEmpty }
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        Self.mutate(&image, parts.randomElement(using: &generator)!.range, &generator)
      }
      image.seal()
      try Self.checkLeniently(image.content)
      if try Self.isAccepted(image.content) { accepted += 1 }
    }
    #expect((10..<1000).contains(accepted), "mutations are neither all harmless nor all fatal")
  }

  private static func mutate(
    _ image: inout ProgramImage, _ range: Range<Int>, _ generator: inout SplitMix64
  ) {
    let offset = range.randomElement(using: &generator)!
    let number = numbers.randomElement(using: &generator)!
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: image.bytes[offset] = UInt8.random(in: 0...255, using: &generator)
    case 1: image.bytes[offset] = UInt8(truncatingIfNeeded: number)
    case 2 where offset & ~3 >= range.lowerBound && offset | 3 < range.upperBound:
      image.put(UInt32(truncatingIfNeeded: number), at: offset & ~3)
    case 3 where offset & ~7 >= range.lowerBound && offset | 7 < range.upperBound:
      image.put(number, at: offset & ~7)
    default: image.bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    }
  }

  /// Lists and writes again what can be read at all, whether it makes sense or not.
  private static func checkLeniently(_ content: Bytes) throws {
    do {
      let program = try Program(unvalidated: content)
      let listing = program.assembly()
      #expect(!listing.isEmpty)
      _ = try program.encoded()
    } catch let faults as Diagnostics {
      #expect(faults.hasErrors)
    }
  }

  /// Whether a file is accepted; what is accepted keeps its bytes and its text.
  private static func isAccepted(_ content: Bytes) throws -> Bool {
    let program: Program
    do {
      program = try ValidProgram(bytes: content).program
    } catch let faults as Diagnostics {
      #expect(faults.hasErrors)
      return false
    }
    let bytes = try program.encoded()
    #expect(try ValidProgram(bytes: bytes).program.encoded() == bytes)
    let listing = program.assembly()
    #expect(try Program(assembly: listing).encoded() == bytes)
    return true
  }
}
