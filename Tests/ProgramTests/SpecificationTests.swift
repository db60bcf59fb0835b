import Basics
import Chip
import Foundation
import Program
import TestSupport
import Testing

/// The tables and examples of Specs/program.md and Specs/isa.md are those of the code.
///
/// `AIMCC_BLESS=1 swift test` writes the table of opcodes and the dump of the example anew.
@Suite(.serialized) struct SpecificationTests {
  @Test func opcodeTableIsThatOfTheCode() throws {
    var page = try SpecificationPage("isa.md")
    var table = "| number | mnemonic | units | operands | immediates | functions | flags | |\n"
    table += "|---|---|---|---|---|---|---|---|\n"
    for (opcode, row) in Opcode.table {
      let columns = [
        "0x" + (opcode.rawValue < 16 ? "0" : "") + String(opcode.rawValue, radix: 16),
        "[`\(row.mnemonic)`](#\(row.mnemonic))", units(row.units),
        row.operands.map { "\($0)" }.joined(separator: ", "),
        row.immediates.joined(separator: ", "), row.functions.joined(separator: ", "),
        row.flags.map { "\($0.name) (\($0.flag.rawValue))" }.joined(separator: ", "), row.summary,
      ]
      table += "| \(columns.joined(separator: " | ")) |\n"
    }
    try page.expect("\n" + table, between: "<!-- opcodes -->\n", and: "\n<!-- end of opcodes -->")
  }

  private func units(_ units: Opcode.Units) -> String {
    if units == .all { return "all" }
    let names: [(Opcode.Units, String)] = [
      (.host, "host"), (.crossbar, "crossbar"), (.ldpu, "ldpu"), (.gdpu, "gdpu"),
    ]
    return names.filter { units.contains($0.0) }.map(\.1).joined(separator: ", ")
  }

  @Test func everyOpcodeIsDescribed() throws {
    let headings = try SpecificationPage("isa.md").text.split(separator: "\n").filter {
      $0.hasPrefix("### ")
    }
    for (_, row) in Opcode.table {
      #expect(headings.contains("### \(row.mnemonic)"), "no section \(row.mnemonic)")
    }
  }

  @Test(arguments: ["isa.md", "program.md"])
  func listingsAssembleAndAreValid(_ name: String) throws {
    let listings = try SpecificationPage(name).blocks("asm")
    #expect(!listings.isEmpty)
    for listing in listings {
      let program = try Program(assembly: listing, file: name)
      _ = try ValidProgram(program, file: name)
      #expect(text(program) == listing)
      #expect(try ValidProgram(bytes: program.encoded()).program == program)
    }
  }

  @Test func dumpIsThatOfTheListing() throws {
    var page = try SpecificationPage("program.md")
    let listing = try #require(page.blocks("asm").first)
    let bytes = try Program(assembly: listing).encoded()
    try page.expect(dump(bytes), between: "```hexdump\n", and: "```\n")
    let dumped = try #require(Self.bytes(of: page.blocks("hexdump")[0]))
    #expect(text(try ValidProgram(bytes: Bytes(copying: dumped)).program) == listing)
  }

  /// The listing without the checksum of the preset, which changes with it.
  private func text(_ program: Program) -> String {
    program.assembly().replacing(#/(chip tiny), crc32c 0x[0-9a-f]{8}/#) { $0.1 }
  }

  /// Lines of 16 bytes with offset and text, as `hexdump -C` prints them.
  private func dump(_ bytes: Bytes) -> String {
    let all = bytes.withUnsafeBytes { Array($0) }
    var text = ""
    var last: ArraySlice<UInt8>?
    var isSqueezed = false
    for offset in stride(from: 0, to: all.count, by: 16) {
      let line = all[offset..<min(offset + 16, all.count)]
      if let last, last.elementsEqual(line), line.count == 16 {
        text += isSqueezed ? "" : "*\n"
        isSqueezed = true
        continue
      }
      last = line
      isSqueezed = false
      let digits = line.map { hexadecimal(Int($0), digits: 2) }
      let halves =
        digits.prefix(8).joined(separator: " ") + "  "
        + digits.dropFirst(8).joined(separator: " ")
      let characters = String(
        decoding: line.map { (32..<127).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
      text += hexadecimal(offset, digits: 8) + "  "
      text += halves.padding(toLength: 48, withPad: " ", startingAt: 0) + "  |\(characters)|\n"
    }
    return text + hexadecimal(all.count, digits: 8) + "\n"
  }

  private func hexadecimal(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }

  /// The bytes of a dump.
  private static func bytes(of dump: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var last: [UInt8] = []
    for line in dump.split(separator: "\n") where line != "*" {
      guard let offset = Int(line.prefix(8), radix: 16) else { return nil }
      while bytes.count < offset { bytes += last }
      let digits = line.dropFirst(8).prefix { $0 != "|" }.split(separator: " ")
      last = digits.compactMap { UInt8($0, radix: 16) }
      guard last.count == digits.count else { return nil }
      bytes += last
    }
    return bytes
  }

  /// The table of sections has the names, the record sizes and the flags that a file has.
  @Test func sectionsAreThoseOfAFile() throws {
    let rows = try SpecificationPage("program.md").rows("## Sections")
    var program = try sampleProgram()
    program.lines = [reversedLines(of: program.chip)]
    let image = ProgramImage(try program.encoded())
    let headers = image.headers.filter { !$0.name.hasSuffix(".1") }
    #expect(rows.count == headers.count)
    for (row, header) in zip(rows, headers) {
      let name = row[0].replacing("`", with: "").replacing(".N", with: ".0")
      #expect(name == header.name)
      #expect(row[1] == (header.recordSize == 0 ? "" : "\(header.recordSize)"), "\(name)")
      #expect(row[2] == ["", "", "A", "", "", "", "AX"][Int(header.flags)], "\(name)")
    }
  }

  /// The fields of each record follow each other, and are as long as the record.
  @Test func recordsAreAsLongAsTheirFields() throws {
    let page = try SpecificationPage("program.md")
    let image = ProgramImage(try sampleProgram().encoded())
    let tables = image.headers.filter { $0.recordSize > 4 && !$0.name.hasSuffix(".1") }
    #expect(tables.count == 12)
    for table in tables where !table.name.hasPrefix(".aimc.code.") {
      let name = table.name.replacing(".0", with: ".N")
      var end = 0
      for row in try page.rows("### `\(name)`") {
        #expect(Int(row[0]) == end, "\(name): \(row)")
        let size = try #require(Int(row[1]), "\(name): \(row)")
        end += size
      }
      #expect(end == table.recordSize, "\(name)")
    }
  }

  @Test func elementTypesHaveTheirNumbers() throws {
    let rows = try SpecificationPage("program.md").rows("### Element types")
    #expect(rows.count == ElementType.allCases.count)
    for row in rows {
      let element = try #require(ElementType(rawValue: row[1]))
      var program = Program(
        network: "", compiler: "", chip: try Chip.named("tiny"), chipCount: 1)
      program.buffers = [Buffer(name: "", space: .host, element: element, count: 0, capacity: 0)]
      let image = ProgramImage(try program.encoded())
      #expect(Int(row[0]) == Int(image.bytes[image.range(of: ".aimc.buffers").lowerBound + 5]))
      #expect(Int(row[2]) == element.byteCount)
    }
  }
}

extension SpecificationPage {
  /// Expects `content` between two marks, or writes it there if the run is to bless.
  fileprivate mutating func expect(_ content: String, between start: String, and end: String) throws
  {
    let from = try #require(text.range(of: start), "\(path) has no \(start)").upperBound
    let to = try #require(text.range(of: end, range: from..<text.endIndex)).lowerBound
    if ProcessInfo.processInfo.environment["AIMCC_BLESS"] == "1" {
      text.replaceSubrange(from..<to, with: content)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(text.contains(start + content + end), "\(path) is not what the code says")
  }
}
