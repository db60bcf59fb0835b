import Basics
import Chip
import Testing

/// Files that are made to crash, hang or flood: each is refused with a diagnostic.
@Suite(.timeLimit(.minutes(5))) struct HostileTests {
  private let advice =
    "'&' or '*' before a word: anchors and aliases are not supported "
    + "(write the value out; in a comment or a text, put a space after the character)"

  @Test func aliasesAreRefusedBeforeTheyMultiply() {
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1...60 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    #expect(faults(of: bomb) == ["1: \(advice)"])
    // As a key it would be hashed while parsing.
    #expect(faults(of: "name: x\n? *a\n: 1\n") == ["2: \(advice)"])
    for text in [
      "[*a]", "{*a : b}", "{b:*a}", "[?*a]", "&a b", "[x,*a]", "!t *a", "\"q\"*a", "-*a",
    ] {
      #expect(faults(of: "name: \(text)\n") == ["1: \(advice)"], "\(text)")
    }
    #expect(faults(of: "extends: tiny\nname: a\nsummary: R&D & co * 2, 3*4\n") == ["accepted as a"])
  }

  @Test(arguments: [45, 1000, 100_000]) func deepNestingIsRefused(depth: Int) {
    func text(_ piece: String) -> String { String(repeating: piece, count: depth) }
    for yaml in [
      "a: " + text("["), "a: " + text("[") + text("]"), text("{a: "), text("[\n"),
      text("{a: ") + "1" + text("}"), text("[\"]\"\n,"), text("[# ]\n"), text("[ '\n]\n',\n"),
      text("['[", ) + "a", "[x]: " + text("- [x] [\n"), text("]["),
    ] {
      #expect(
        faults(of: yaml).first?.contains("brackets are nested too deeply") == true,
        "\(yaml.prefix(40))")
    }
    for yaml in ["a:\n  " + text("- ") + "a\n", text("? ") + "a\n", text(" ") + "a: 1\n"] {
      #expect(
        faults(of: yaml).first?.contains("is indented by more than 40 columns") == true)
    }
  }

  @Test func ordinaryBracketsAndIndentationPass() {
    var yaml = "\u{FEFF}extends: tiny\r\nname: a\r\nsummary: \"a [b] {c}\"\r\n"
    yaml += String(repeating: " ", count: 100) + "\n# it's [a\n"
    yaml += String(repeating: "# [a] {b}\n", count: 100)
    yaml += String(repeating: "# a [\n", count: 100)
    yaml += "links: {topology: {partial-sum: {0: [1, 2], 1: [gdpu 0]}}}  # [it\n"
    yaml += "gdpu: {\n  count: 1\n}\n"
    #expect(faults(of: yaml) == ["accepted as a"])
  }

  @Test(arguments: ["\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"])
  func onlyNewlinesBreakLines(character: String) {
    #expect(
      faults(of: "name: a\nsummary: b\(character)c\n") == [
        "2: holds a byte order mark, or a line break other than a newline (write newlines)"
      ])
  }

  @Test func hugeScalarsAreRefused() {
    let digits = String(repeating: "9", count: 1_000_000)
    #expect(faults(of: "extends: tiny\nname: a\nsummary: b\ndac: {bits: \(digits)}\n").count == 1)
    #expect(
      faults(of: "extends: tiny\nname: a\nsummary: b\nhost: {latency: \(digits)}\n").count == 1)
    #expect(faults(of: "extends: tiny\nname: \(digits)\nsummary: b\n").count == 1)
    #expect(faults(of: "extends: \(digits)\n").count == 1)
    #expect(faults(of: digits + ": 1\n").count == 1)
    #expect(faults { try Chip.named("tiny", settings: ["adc.bits=\(digits)"]) }.count == 1)
    #expect(faults { try Chip.named("tiny", settings: ["\(digits)=1"]) }.count == 1)
    for item in faults(of: "extends: tiny\nname: \(digits)\nsummary: b\n") {
      #expect(item.utf8.count < 300)
    }
  }

  @Test func largeFilesAreRefused() {
    let large = String(repeating: "# filling\n", count: 220_000)
    #expect(faults(of: large) == ["is larger than 2 MiB, the limit of a chip file"])
  }

  @Test func manyFaultsAreCutShort() {
    let keys = (0..<100_000).map { "k\($0): 1\n" }.joined()
    let found = faults(of: "extends: tiny\n" + keys)
    #expect(found.count == 101)
    #expect(found.contains("there are more faults, which are not listed"))
    let links = (0..<100_000).map { "\($0)" }.joined(separator: ", ")
    #expect(
      faults(
        of: "extends: tiny\nname: a\nsummary: b\nlinks: {topology: {circuit: {0: [\(links)]}}}\n"
      ).count == 101)
  }

  @Test func manyLinksAreRead() throws {
    let pairs = (0..<65_536).map { "      \($0): [\($0 + 1)]\n" }.joined()
    let yaml =
      "extends: flat-256\nname: a\nsummary: b\ncores: {rows: 1000, columns: 1000}\n"
      + "links:\n  topology:\n    partial-sum:\n"
    let chip = try Chip(yaml: yaml + pairs)
    #expect(chip.links.carriesPartialSums(from: CoreID(65_535), to: CoreID(65_536)))
    #expect(!chip.links.carriesPartialSums(from: CoreID(65_536), to: CoreID(65_535)))
    #expect(try Chip(yaml: chip.yaml) == chip)
    #expect(
      faults(of: yaml + pairs + "      70000: [1]\n") == [
        "7: 65537 links are listed, more than the 65536 there can be"
      ])
  }

  /// Whatever happens to the bytes of a preset, it is read or refused.
  @Test func damagedTextsNeverCrash() throws {
    var state: UInt64 = 7
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let original = Array(try Chip.named("tiny").yaml.utf8)
    let marks = Array("[]{}:,-?#&*!|>'\"%@` \n\t\\0~\u{85}\u{feff}".utf8)
    var accepted = 0
    for _ in 0..<4000 {
      var bytes = original
      for _ in 0...random(6) {
        let place = random(bytes.count)
        switch random(4) {
        case 0: bytes[place] = marks[random(marks.count)]
        case 1: bytes.insert(marks[random(marks.count)], at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + random(12)))
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
        }
        if bytes.isEmpty { bytes = original }
      }
      do {
        let chip = try Chip(yaml: String(decoding: bytes, as: UTF8.self))
        #expect(try Chip(yaml: chip.yaml) == chip)
        accepted += 1
      } catch let faults as Diagnostics {
        #expect(faults.hasErrors)
      }
    }
    #expect(accepted < 4000)
  }
}
