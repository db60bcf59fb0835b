import Basics
import Program
import TestSupport
import Testing

/// What is not a whole, undamaged file is reported with the name of the part, and is not run.
@Suite struct DamageTests {
  @Test func everyFlippedBitIsReportedWithItsPart() throws {
    let image = ProgramImage(try smallProgram().encoded())
    for part in image.parts {
      for offset in part.range {
        for bit in 0..<8 {
          var damaged = image.bytes
          damaged[offset] ^= 1 << UInt8(bit)
          let names = sections(try Program.faults(in: damaged))
          guard names != [part.name] else { continue }
          Issue.record("bit \(bit) of byte \(offset) in \(part.name) is reported in \(names)")
        }
      }
    }
  }

  @Test func everyTruncationIsReported() throws {
    let bytes = ProgramImage(try smallProgram().encoded()).bytes
    for count in bytes.indices {
      #expect(try !Program.faults(in: Array(bytes[..<count])).isEmpty, "\(count) bytes")
    }
  }

  @Test func bytesBehindTheEndAreReported() throws {
    let bytes = ProgramImage(try smallProgram().encoded()).bytes
    let faults = try Program.faults(in: bytes + [0])
    #expect(
      faults.map(\.message) == [
        "the file has \(bytes.count + 1) bytes, but should have \(bytes.count)"
      ])
  }

  @Test func damageOfSeveralSectionsIsReportedAtOnce() throws {
    let image = ProgramImage(try smallProgram().encoded())
    var damaged = image.bytes
    damaged[image.range(of: ".aimc.chip").lowerBound] ^= 1
    damaged[image.range(of: ".aimc.conductances.0").lowerBound] ^= 1
    damaged[image.range(of: ".aimc.ports").upperBound] ^= 1
    #expect(
      sections(try Program.faults(in: damaged)) == [
        ".aimc.chip", "padding", ".aimc.conductances.0",
      ])
  }

  @Test(arguments: [
    (3, 0, "the format version is 3.0"), (2, 3, "the format version is 2.3"),
    (2, 1, "the format version is 2.1, but its content needs 2.0"),
    (1, 0, "the format version is 1.0"),
  ])
  func otherVersionsAreRefused(_ major: UInt32, _ minor: UInt32, _ message: String) throws {
    var image = ProgramImage(try smallProgram().encoded())
    let note = image.range(of: ".note.aimc").lowerBound
    image.put(major, at: note + 20)
    image.put(minor, at: note + 24)
    image.seal()
    let faults = try Program.faults(in: image.bytes)
    #expect(faults.map(\.message) == [message])
    #expect(sections(faults) == [".note.aimc"])
  }

  @Test func olderMinorVersionsAreRead() {
    let reader = FormatVersion(major: 3, minor: 2)
    #expect(reader.reads(FormatVersion(major: 3, minor: 0)))
    #expect(reader.reads(FormatVersion(major: 3, minor: 2)))
    #expect(!reader.reads(FormatVersion(major: 3, minor: 3)))
    #expect(!reader.reads(FormatVersion(major: 4, minor: 0)))
    #expect(!reader.reads(FormatVersion(major: 2, minor: 0)))
  }

  @Test func otherFilesAreRefused() throws {
    #expect(sections(try Program.faults(in: [])) == ["header"])
    #expect(sections(try Program.faults(in: Array(repeating: 0, count: 4096))) == ["header"])
    var generator = SplitMix64(seed: 1)
    let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }
    #expect(sections(try Program.faults(in: noise)) == ["header"])
  }

  private func sections(_ faults: [Diagnostic]) -> [String] {
    faults.map {
      if case .section(let name) = $0.location { return name }
      return "no section"
    }
  }
}

extension Program {
  /// What is wrong with the file of these bytes; an error that is none of `Diagnostics` is thrown.
  static func faults(in bytes: [UInt8]) throws -> [Diagnostic] {
    do {
      _ = try ValidProgram(bytes: Bytes(copying: bytes))
      return []
    } catch let faults as Diagnostics {
      #expect(faults.hasErrors)
      return faults.items
    }
  }
}
