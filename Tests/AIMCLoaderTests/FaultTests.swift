import AIMCLoader
import Basics
import Foundation
import Program
import TestSupport
import Testing

/// What is wrong is told by its number, and where it is.
@Suite struct FaultTests {
  /// The example of Specs/program.md.
  private static func example() throws -> ProgramImage {
    let listing = try SpecificationPage("program.md").blocks("asm")[0]
    return ProgramImage(try Program(assembly: listing).encoded().withUnsafeBytes { Array($0) })
  }

  /// What the loader finds; the reader of aimcc must refuse the same bytes.
  private static func fault(in bytes: [UInt8]) -> LoaderFault? {
    let isRefused = (try? ValidProgram(bytes: Bytes(copying: bytes))) == nil
    do {
      _ = try Loaded(bytes)
      #expect(!isRefused)
      return nil
    } catch {
      #expect(isRefused)
      return error
    }
  }

  private struct Change {
    var section: Int
    var offset: Int
    var size: Int
    var number: UInt64
    var error: aimc_error
    /// Where the fault is told, from the start of the section on.
    var place = 0

    init(
      _ section: Int, _ offset: Int, _ size: Int, _ number: UInt64, _ error: aimc_error,
      at place: Int = 0
    ) {
      (self.section, self.offset, self.size, self.number) = (section, offset, size, number)
      (self.error, self.place) = (error, place)
    }
  }

  /// Sections by number: 2 notes, 4 ports, 5 dimensions, 6 memories, 8 blocks, 9 scales, 10 and 11 affine functions,
  /// 12 descriptors, 13 streams, 14 host code, 15 tiles, 16 conductances, 17 code of the chip, 21 symbols.
  private static let changes: [Change] = [
    Change(2, 8, 4, 0x102, AIMC_ERROR_NOTE), Change(2, 20, 4, 3, AIMC_ERROR_VERSION, at: 20),
    Change(4, 4, 1, 2, AIMC_ERROR_PORT), Change(4, 0, 4, 0xFFFF, AIMC_ERROR_NAME),
    Change(4, 28, 4, 0xFFFF, AIMC_ERROR_NAME, at: 28), Change(5, 12, 4, 1, AIMC_ERROR_DIMENSION),
    Change(6, 5, 1, 3, AIMC_ERROR_BUFFER),
    Change(6, 4 * 48 + 40, 8, 64, AIMC_ERROR_CONSTANT, at: 4 * 48),
    Change(8, 60, 4, 1, AIMC_ERROR_BLOCK), Change(8, 32, 4, 1, AIMC_ERROR_BLOCK),
    Change(9, 0, 4, 0x7F80_0000, AIMC_ERROR_SCALE), Change(10, 12, 4, 4, AIMC_ERROR_AFFINE),
    Change(11, 4, 4, 0x7FC0_0000, AIMC_ERROR_AFFINE, at: 4),
    Change(12, 53, 1, 9, AIMC_ERROR_DESCRIPTOR, at: 52),
    Change(12, 160, 4, 1, AIMC_ERROR_DESCRIPTOR, at: 64),
    Change(13, 24, 4, 0, AIMC_ERROR_STREAM, at: 24), Change(14, 0, 1, 0xFF, AIMC_ERROR_OPCODE),
    Change(14, 1, 1, 17, AIMC_ERROR_OPCODE), Change(14, 32, 1, 5, AIMC_ERROR_END, at: 32),
    Change(14, 8, 4, 99, AIMC_ERROR_OPERAND), Change(15, 0, 4, 1, AIMC_ERROR_TILE),
    Change(15, 12, 4, 15, AIMC_ERROR_TILE),
    Change(16, 4, 4, 0x3F80_0001, AIMC_ERROR_CONDUCTANCE, at: 4),
    Change(17, 20, 4, 0, AIMC_ERROR_IMMEDIATE, at: 20), Change(17, 12, 4, 7, AIMC_ERROR_OPERAND),
    Change(17, 4, 4, 0, AIMC_ERROR_PLACE), Change(21, 24 + 16, 8, 33, AIMC_ERROR_SYMBOL, at: 24),
    Change(21, 24 + 8, 8, 1 << 63, AIMC_ERROR_SYMBOL, at: 24),
  ]

  @Test(arguments: changes.indices)
  func changedFieldsHaveTheirErrors(_ number: Int) throws {
    let change = Self.changes[number]
    var image = try Self.example()
    image.put(change.number, change.size, at: change.offset, of: change.section)
    image.seal()
    let fault = try #require(Self.fault(in: image.bytes))
    #expect(fault.error == change.error, "\(fault.text)")
    #expect(Int(fault.offset) == image.range(ofSection: change.section).lowerBound + change.place)
  }

  /// Rules that hold between fields: what follows from a change is told where it breaks a rule.
  @Test(arguments: [
    (12, 16, 8, UInt64(5), AIMC_ERROR_REACH, 17), (12, 44, 4, 1, AIMC_ERROR_EXTENT, 17),
    (12, 2 * 256 + 4, 4, 0, AIMC_ERROR_COUNTER, 12), (6, 2 * 48 + 5, 1, 6, AIMC_ERROR_TYPE, 14),
    (2, 24, 4, 1, AIMC_ERROR_VERSION, 10),
  ])
  func changesBreakRulesElsewhere(
    _ section: Int, _ offset: Int, _ size: Int, _ number: UInt64, _ error: aimc_error, _ place: Int
  ) throws {
    var image = try Self.example()
    image.put(number, size, at: offset, of: section)
    image.seal()
    let fault = try #require(Self.fault(in: image.bytes))
    #expect(fault.error == error, "\(fault.text)")
    #expect(Int(fault.offset) == image.range(ofSection: place).lowerBound)
  }

  @Test func everyFlippedBitIsFound() throws {
    let bytes = try Self.example().bytes
    for offset in bytes.indices {
      var damaged = bytes
      damaged[offset] ^= 1 << UInt8(offset % 8)
      #expect(throws: LoaderFault.self, "byte \(offset)") { try Loaded(damaged) }
    }
  }

  @Test func everyTruncationIsFound() throws {
    let bytes = try Self.example().bytes
    for count in bytes.indices {
      #expect(throws: LoaderFault.self, "\(count) bytes") { try Loaded(Array(bytes[..<count])) }
    }
    #expect(throws: LoaderFault.self) { try Loaded(bytes + [0]) }
  }

  @Test func figuresOfTheChipAreChecked() throws {
    let image = try Self.example()
    let text = String(decoding: image.bytes[image.range(ofSection: 3)], as: UTF8.self)
    for (figure, others) in [
      ("g-max: 20.7", ["g-max: -0.7", "g-max: 2e.7", "g-max: 2077", "g-max: 0.00", "g-mox: 20.7"]),
      ("  rows: 2\n", ["  rows: 0\n", "  rows: x\n", "  raws: 2\n"]),
      ("\"tiny\"", ["\"Tiny\"", "'tiny'"]), ("bits: 8", ["bits: 1"]),
      ("[0, 3]", ["[3, 0]", "[0, 4]", "[0; 3]"]),
      ("gdpu 1", ["gdpu 2", "gdqu 1"]),
    ] {
      for other in others {
        let changed = text.replacingOccurrences(of: figure, with: other)
        #expect(changed != text && changed.utf8.count == text.utf8.count, "\(figure)")
        var image = image
        for (offset, byte) in changed.utf8.enumerated() {
          image.put(UInt64(byte), 1, at: offset, of: 3)
        }
        image.seal()
        let fault = try #require(Self.fault(in: image.bytes), "\(other)")
        #expect(fault.error == AIMC_ERROR_CHIP, "\(other): \(fault.text)")
      }
    }
  }

  @Test func memoryMayBeTooSmall() throws {
    let bytes = try Self.example().bytes
    _ = try Loaded(bytes, lacking: 0)
    let fault = #expect(throws: LoaderFault.self) { try Loaded(bytes, lacking: 1) }
    #expect(fault?.error == AIMC_ERROR_MEMORY)
  }

  @Test func everyReadMayFail() throws {
    let bytes = try Self.example().bytes
    let calls = try Loaded(bytes, bufferSize: 256).calls
    #expect(calls > 100)
    for limit in 0..<calls {
      let fault = #expect(throws: LoaderFault.self) {
        try Loaded(bytes, bufferSize: 256, calls: limit)
      }
      #expect(fault?.error == AIMC_ERROR_READ, "after \(limit): \(fault?.text ?? "")")
    }
  }

  @Test func argumentsAreChecked() throws {
    var program = aimc_program()
    var source = aimc_source()
    #expect(aimc_open(&program, &source) == AIMC_ERROR_ARGUMENT)
    #expect(aimc_open(nil, &source) == AIMC_ERROR_ARGUMENT)
    var memory: [UInt64] = [0]
    #expect(aimc_check(&program, &memory, 8) == AIMC_ERROR_ARGUMENT)
    var port = aimc_port()
    #expect(aimc_port_at(&program, 0, &port) == AIMC_ERROR_UNCHECKED)
    let fault = #expect(throws: LoaderFault.self) {
      try Loaded(try Self.example().bytes, bufferSize: Int(AIMC_MINIMUM_BUFFER) - 1)
    }
    #expect(fault?.error == AIMC_ERROR_ARGUMENT)
  }
}
