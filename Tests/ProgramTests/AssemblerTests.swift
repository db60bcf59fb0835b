import Basics
import Chip
import Program
import TestSupport
import Testing

/// What is wrong with a listing is told with line and column, all of it at once.
@Suite struct AssemblerTests {
  @Test func allFaultsAreListed() {
    let listing = """
      aimc 3.0
      network sample
      chip hermos
      bufer x#0 f32[1], host
      buffer x#0 f32[1] host
      buffer y#1 f31[1], host
      buffer z#2 f32[1], hose
      buffer w#3 u8[2], host = [1, 256]
      buffer v#4 f32[1], host = data(crc32c 0x00000000, bytes 4)
      buffer u#6 f32[2], host
      tile 0, core 0, block 0, at 0, 0
      affine 0
        axis 1, stride 1
      descriptor @0 q#1
        axis 1, stride 1
        outer 1, axis 0
        inner 1, axis 0, step 1
        outer 1, axis 0, step 1
        outer 1, axis 0, step 1 ~
      unit host
        frobnicate @0
        map @0, @0
        map.sec @0, @0
        copy @0 @0
        copy @0, q@0
        loop -1
        jump L7
        fill @0, velue = 1
        end 3
      L1:
      L1:
      unit gpu 0.0
      unit host 1
      network "sämple
      network "\\x"
      node "a" B, covers 9223372036854775807
        end / 2
        fill @0, value = 1e99
      """
    let faults = #expect(throws: Diagnostics.self) {
      try Program(assembly: listing, file: "bad.s")
    }
    let lines = (faults?.items ?? []).map { "\($0)".replacing("bad.s:", with: "") }
    #expect(lines.joined(separator: "\n") == expectedFaults)
  }

  private static let mapFunctions = MapFunction.allCases.map { "map.\($0)" }
    .joined(separator: ", ")

  private let expectedFaults = """
    1:6: error: version 3.0 is not known; aimcc knows 2.2
    2:9: error: expected the name of the network, not "sample"
    3:6: error: there is no preset "hermos"; there are \(Chip.presetNames.joined(separator: ", "))
    4:1: error: "bufer" cannot stand here
    5:19: error: expected ",", not "host"
    6:12: error: there is no element type "f31"; there are f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64, bool, bf16, f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz, f8e8m0, f4e2m1, i4, u4, i2, u2
    7:20: error: a buffer is in host, columns, link or gdpu
    8:30: error: this is not a value of type u8
    9:27: error: nothing is given that holds this data
    10:10: error: the next number is 5
    11:14: error: expected a core, such as 0.5, not "0"
    13:3: error: "axis" cannot stand here
    14:15: error: buffer #1 is "y"
    16:18: error: expected ",", not the end of the line
    18:1: error: an outer loop follows an inner one
    19:27: error: unexpected character
    21:3: error: there is no instruction "frobnicate"
    22:3: error: expected one of: \(Self.mapFunctions)
    23:3: error: expected one of: \(Self.mapFunctions)
    24:11: error: expected ",", not "@"
    25:12: error: descriptor @0 walks through "x"
    26:8: error: expected a count within 0 and 4294967295, not "-1"
    28:12: error: fill has no "velue"
    29:7: error: expected an immediate or a flag, not "3"
    31:1: error: the label "L1" appears twice in this unit
    27:8: error: there is no label "L7" in this unit
    32:6: error: a unit is host, crossbar, ldpu or gdpu
    33:11: error: expected the end of the line, not "1"
    34:9: error: this string does not end
    35:10: error: an escape is \\", \\\\ or \\u{…}
    37:7: error: a comment begins with //
    38:20: error: expected a number, not "1e99"
    """

  @Test func escapesAndCommentsAreRead() throws {
    let program = try Program(
      assembly: "chip tiny // the smallest\n\tnetwork \"\\\"\\\\\\u{e9}é//\" // a name\r\n\n// end")
    #expect(program.network == "\"\\éé//")
    #expect(program.chipCount == 1)
  }

  @Test func labelsMayHaveAnyNameAndComeLater() throws {
    let program = try Program(
      assembly: "chip tiny\nunit host\n  jump done\nhere:\n  jump here\ndone:\n  end")
    #expect(program.streams[0].code.map(\.operands) == [[2], [1], []])
    #expect(program.assembly().contains("  jump L2\nL1:\n  jump L1\nL2:\n  end\n"))
  }

  @Test func presetThatHasChangedIsRefused() {
    let faults = #expect(throws: Diagnostics.self) {
      try Program(assembly: "chip tiny, crc32c 0x00000000")
    }
    #expect(
      faults.map { "\($0)".split(separator: "\n")[0] }
        == "1:19: error: the preset \"tiny\" has changed: its checksum differs")
  }

  @Test func faultsOfAChipAreFaultsOfTheListing() {
    let faults = #expect(throws: Diagnostics.self) {
      try Program(
        assembly: "chip yaml\n  extends: tiny\n  name: x\n  cores:\n    rovs: 3\n", file: "a.s")
    }
    #expect(faults?.items.first?.file == "a.s: chip yaml")
    #expect(faults?.items.contains { $0.message.contains("rovs") } == true, "\(faults as Any)")
  }

  /// Whatever stands in a listing, the assembler stays in control.
  @Test func mutatedListingsAreAssembledOrRefused() throws {
    var generator = SplitMix64(seed: 3)
    let texts = try [smallListing, sampleProgram().assembly()].map { Array($0.utf8) }
    let characters = Array("0123456789.-<=[]@#:,\"\\ \n/einaxo\u{0}\u{ff}".utf8)
    var accepted = 0
    for _ in 0..<2000 {
      var text = texts.randomElement(using: &generator)!
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<text.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text.remove(at: place)
        case 1: text.insert(characters.randomElement(using: &generator)!, at: place)
        case 2: text.insert(contentsOf: Array("99999999999999999999".utf8), at: place)
        default: text[place] = characters.randomElement(using: &generator)!
        }
      }
      do {
        let program = try Program(assembly: String(decoding: text, as: UTF8.self))
        #expect(!program.assembly().isEmpty)
        _ = try? ValidProgram(program)
        accepted += 1
      } catch let faults as Diagnostics {
        #expect(faults.hasErrors)
      }
    }
    #expect((50..<1500).contains(accepted), "mutations are neither all harmless nor all fatal")
  }
}
