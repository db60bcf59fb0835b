import AIMCLoader
import Basics
import Foundation
import Program
import TestSupport
import Testing

import enum Program.Unit

/// Specs/loader.md, and the C programs that use the loader.
@Suite struct PageTests {
  /// The flags that the page promises, as `.ci/run` has them too.
  private static let flags = [
    "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I",
    Repository.path("Sources/AIMCLoader/include"),
  ]

  /// The errors of the header, in their order.
  private static func names() throws -> [String] {
    let path = Repository.path("Sources/AIMCLoader/include/AIMCLoader.h")
    let header = try String(contentsOfFile: path, encoding: .utf8)
    return header.matches(of: #/\n  (AIMC_OK|AIMC_ERROR_[A-Z0-9]+)/#).map { String($0.1) }
  }

  @Test func errorsAreThoseOfTheHeader() throws {
    let names = try Self.names()
    #expect(names.count == Int(AIMC_ERROR_COLUMNS.rawValue) + 1)
    let rows = try SpecificationPage("loader.md").rows("## Errors")
    #expect(rows.map { $0[0] } == names.map { "`\($0)`" })
    for (number, row) in rows.enumerated() {
      #expect(row[1] == String(cString: aimc_error_text(aimc_error(UInt32(number)))))
    }
    #expect(Set(rows.map { $0[1] }).count == rows.count)
    #expect(String(cString: aimc_error_text(aimc_error(UInt32(names.count)))) == "unknown error")
  }

  /// Builds a C program with the loader.
  private static func built(
    _ source: String, in folder: Folder, _ options: [String] = []
  ) throws -> String {
    let result = folder.file("program")
    let run = try Command(
      program: "cc",
      flags + options + [source, Repository.path("Sources/AIMCLoader/AIMCLoader.c"), "-o", result])
    try #require(run.status == 0, "\(run.messages)")
    return result
  }

  @Test func theExampleOfThePageRuns() throws {
    let folder = try Folder()
    let example = try SpecificationPage("loader.md").blocks("c")[0]
    let binary = try Self.built(folder.write(text: example, "example.c"), in: folder)
    let bytes = try AgreementTests.compiled("network-mlp", [])
    let program = try ValidProgram(bytes: Bytes(copying: bytes)).program
    let run = try Command(program: binary, [folder.write(bytes, "p.aimc")])
    let lines = program.blocks.enumerated().map { number, block in
      let largest = block.conductances.greatestMagnitude * block.gMax
      return "block \(number): \(block.rows.count) x \(block.columns.count), "
        + String(format: "at most %.2f", Double(largest)) + " uS\n"
    }
    #expect(run.status == 0 && run.text == lines.joined(), "\(run.messages)")
  }

  @Test(arguments: [[], ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]])
  func theSamplePrintsWhatIsOnEachCore(_ options: [String]) throws {
    let folder = try Folder()
    let binary = try Self.built(Repository.sample("c/cores.c"), in: folder, options)
    for (model, options) in [("lstm", ["--chip", "tiny", "--chips", "8"]), ("conv-groups", [])] {
      let bytes = try AgreementTests.compiled(model, options)
      let run = try Command(program: binary, [folder.write(bytes, "p.aimc")])
      #expect(run.status == 0, "\(run.messages)")
      #expect(run.text == Self.cores(of: try ValidProgram(bytes: Bytes(copying: bytes)).program))
      let broken = try Command(program: binary, [folder.write(bytes.dropLast(), "p.aimc")])
      #expect(broken.status == 1)
      #expect(
        broken.messages
          == "at byte \(bytes.count - 1): the file has not the size that it should have\n")
    }
    #expect(try Command(program: binary, []).status == 64)
  }

  /// What the sample prints of a program.
  private static func cores(of program: Program) -> String {
    func count(_ isCounted: (Unit) -> Bool) -> Int {
      program.streams.filter { isCounted($0.unit) }.reduce(0) { $0 + $1.code.count }
    }
    var text = ""
    for chip in 0..<program.chipCount {
      let tiles = program.tiles.filter { $0.chip == chip }
      for core in Set(tiles.map(\.core)).sorted() {
        let blocks = tiles.filter { $0.core == core }.map { program.blocks[$0.block.index] }
        var checksum = CRC32C()
        for block in blocks { block.conductances.withUnsafeBytes { checksum.add($0) } }
        let digits = String(checksum.value, radix: 16)
        text += "core \(chip).\(core.index): \(blocks.count) blocks, "
        text += "\(blocks.reduce(0) { $0 + $1.rows.count * $1.columns.count }) conductances, "
        text += "crossbar \(count { $0 == .crossbar(chip: chip, core: core) }) and "
        text += "LDPU \(count { $0 == .ldpu(chip: chip, core: core) }) instructions, "
        text += "checksum 0x\(String(repeating: "0", count: 8 - digits.count))\(digits)\n"
      }
    }
    return text
      + "host \(count { $0.kind == .host }) and GDPU \(count { $0.kind == .gdpu }) instructions\n"
  }

  /// A controller has no library: all that the loader calls are three functions that every compiler asks for.
  @Test func theLoaderNeedsThreeFunctions() throws {
    let folder = try Folder()
    let object = folder.file("loader.o")
    let source = Repository.path("Sources/AIMCLoader/AIMCLoader.c")
    let run = try Command(
      program: "cc", Self.flags + ["-ffreestanding", "-Os", "-c", source, "-o", object])
    #expect(run.status == 0, "\(run.messages)")
    let symbols = try Command(program: "nm", ["--undefined-only", "--format=just-symbols", object])
    let needed = symbols.text.split(separator: "\n").filter { !$0.hasPrefix("_GLOBAL_OFFSET") }
    #expect(needed.sorted() == ["memcmp", "memcpy", "memset"])
  }

  @Test func theLinkNeedsTwoFunctionsMore() throws {
    let folder = try Folder()
    let object = folder.file("link.o")
    let source = Repository.path("Sources/AIMCLoader/AIMCLink.c")
    for compiler in ["cc", "clang"] {
      let run = try Command(
        program: compiler, Self.flags + ["-ffreestanding", "-Os", "-c", source, "-o", object])
      #expect(run.status == 0, "\(run.messages)")
    }
    let symbols = try Command(program: "nm", ["--undefined-only", "--format=just-symbols", object])
    let needed = symbols.text.split(separator: "\n").filter { !$0.hasPrefix("_GLOBAL_OFFSET") }
    #expect(needed.sorted() == ["aimc_crc32c", "memcpy", "memset"])
  }

  @Test func requestsAndAnswersAreThoseOfTheHeader() throws {
    let page = try SpecificationPage("loader.md")
    let requests = try page.rows("### Requests")
    #expect(requests.map { $0[0] } == (1...AIMC_REQUEST_TEST.rawValue).map { "\($0)" })
    let answers = try page.rows("### Answers")
    #expect(answers.map { $0[0] } == (0...AIMC_FAILED.rawValue).map { "\($0)" })
    let texts = (0...AIMC_FAILED.rawValue).map { String(cString: aimc_status_text($0)) }
    #expect(Set(texts).count == answers.count)
    #expect(String(cString: aimc_status_text(AIMC_FAILED.rawValue + 1)) == "unknown status")
  }
}
