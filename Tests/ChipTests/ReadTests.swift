import Chip
import Testing

/// What is wrong with a chip file, and on which line.
@Suite struct ReadTests {
  @Test func allFaultsAreReportedAtOnceWithTheirLines() {
    let yaml = """
      extends: hermes
      name: bad name
      summary: several mistakes
      crossbar:
        rows: -3
        colums: 256
        g-max: lots
        mvm-time: 1e400
        mvm-energy: .nan
      adc:
        bits: 12.5
        rounding: up
      ldpu: fast
      hots:
        latency: 1
      dac:
        bits: "8"
      """
    #expect(
      faults(of: yaml) == [
        "2: name must be letters, digits, '.', '-' and '_', at most 64, not bad name",
        "5: crossbar.rows must be a whole number from 1 to 65535, not -3",
        "6: unknown key \"crossbar.colums\" (did you mean columns?)",
        "7: crossbar.g-max must be a number from 0.001 to 1e6 µS, not lots",
        "8: crossbar.mvm-time must be a number from 0.001 to 1e12 ns, not 1e400",
        "9: crossbar.mvm-energy must be a number from 0 to 1e12 nJ, not .nan",
        "11: adc.bits must be a whole number from 1 to 20, not 12.5",
        "12: adc.rounding must be floor or round, not up",
        "13: ldpu must be a section, not fast",
        "14: unknown key \"hots\" (did you mean host?)",
        "17: dac.bits must be a whole number from 2 to 16, not \"8\"",
      ])
  }

  @Test func nothingMayBeMissing() {
    let yaml = """
      name: small
      cores:
        rows: 1
      gdpu: none
      links:
        clock: 400
      """
    #expect(
      faults(of: yaml) == [
        """
        1: the chip lacks summary, source, crossbar, dac, adc, ldpu, host, devices, assumed \
        (give them, or take them from a preset with `extends:`)
        """,
        "3: cores lacks columns",
        "6: links lacks maximum-neighbours, maximum-count, latency, energy-per-byte, topology",
      ])
  }

  @Test func aKeyOfAnotherSectionIsPointedOut() {
    let yaml = "extends: hermes\nname: a\nsummary: b\nmvm-time: 3\n"
    #expect(
      faults(of: yaml) == ["4: unknown key \"mvm-time\" (did you mean crossbar.mvm-time?)"])
  }

  @Test func keysAreGivenOnce() {
    #expect(faults(of: "extends: hermes\nname: a\nname: b\n") == ["2: \"name\" is given twice"])
    #expect(
      faults(of: "extends: hermes\n\"extends\": tiny\n") == ["1: \"extends\" is given twice"])
  }

  @Test func whatIsNoMappingIsRefused() {
    let help = "(begin with a line such as `extends: hermes`)"
    #expect(faults(of: "") == ["1: is empty \(help)"])
    #expect(faults(of: "# nothing\n") == ["1: is empty \(help)"])
    #expect(faults(of: "- a\n- b\n") == ["1: is not a mapping of keys to values \(help)"])
    #expect(faults(of: "hermes") == ["1: is not a mapping of keys to values \(help)"])
  }

  @Test func whatIsNoYAMLIsRefusedWithItsLine() {
    #expect(
      faults(of: "name: a\ncores: [1, 2\nx: 3\n").first?.hasPrefix("3: is not YAML: ") == true)
    #expect(faults(of: "name: 'a\n").first?.contains("is not YAML") == true)
    #expect(faults(of: "a: 1\n---\nb: 2\n").first?.hasPrefix("2: is not YAML: ") == true)
    #expect(faults(of: "name: a\u{1}\n").first?.contains("control characters") == true)
  }

  @Test func tagsAreRefused() {
    #expect(
      faults(of: "name: !!str a\nsummary: !x b\ncores: !y {}\nassumed: !z []\n") == [
        "2: tags such as `!!float` are not supported",
        "3: tags such as `!!float` are not supported",
        "4: tags such as `!!float` are not supported",
      ])
  }

  @Test func numbersAreWrittenInDecimal() throws {
    for text in ["0x10", "1_6", "016", "+16", "16.0", "'16'", "inf", "~", "", "[16]", "{a: 16}"] {
      let found = faults(of: try tiny("rows: 16", "rows: \(text)"))
      #expect(found.count == 1)
      #expect(found[0].hasPrefix("17: crossbar.rows must be a whole number"), "\(found)")
    }
    for text in ["0x1p3", "1,5", ".5", "5.", "+5", "infinity", "nan", "1e", "--1", "1e999"] {
      let found = faults(of: try tiny("read-voltage: 0.2", "read-voltage: \(text)"))
      #expect(found.count == 1)
      #expect(found[0].hasPrefix("21: crossbar.read-voltage must be a number"), "\(found)")
    }
    for (text, value) in [
      ("2", 2), ("2e-1", 0.2), ("2.5E+1", 25), ("0.30000000000000004", 0.1 + 0.2),
    ] {
      let chip = try Chip(yaml: tiny("read-voltage: 0.2", "read-voltage: \(text)"))
      #expect(chip.crossbar.readVoltage == value)
      #expect(try Chip(yaml: chip.yaml).crossbar.readVoltage == value)
    }
    let zero = try Chip(yaml: tiny("mvm-energy: 52.8", "mvm-energy: -0.0"))
    #expect(zero.yaml == (try Chip(yaml: tiny("mvm-energy: 52.8", "mvm-energy: 0"))).yaml)
  }

  /// All short words of the characters of numbers, against the form of Specs/chip.md.
  @Test func numbersHaveTheFormOfTheSpecification() throws {
    let form = /-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/
    var words = [""]
    for _ in 0..<4 { words += words.flatMap { word in ["7", ".", "e", "-"].map { word + $0 } } }
    words = Set(words).sorted() + ["1E+2", "1.5e-3", "-0", "1e+", "1.e1", "1e1.5", "٣", "1\u{301}"]
    for word in words {
      let found = faults { try Chip.named("tiny", settings: ["host.latency=\(word)"]) }
      let isNumber = word.wholeMatch(of: form) != nil && (0...1e15).contains(Double(word) ?? -1)
      #expect((found == ["accepted as tiny"]) == isNumber, "\(word): \(found)")
    }
  }

  @Test func textsReadBack() throws {
    for text in ["\"", "\\", "a \"b\" c\\d", "µ × ≤", "x: y # z", "- a", "'", " a ", "\"\u{301}"] {
      var chip = try Chip.named("tiny")
      chip.summary = text
      #expect(try Chip(yaml: chip.yaml) == chip)
    }
    let long = String(repeating: "a", count: 1001)
    for text in ["", "\"a\\nb\"", "\"a\\u2028b\"", "\"\\uFEFF\"", long] {
      let found = faults(of: "extends: tiny\nname: a\nsummary: \(text)\n")
      #expect(found.count == 1)
      #expect(found[0].hasPrefix("3: summary must be one line"), "\(found)")
    }
  }

  @Test func assumedNamesFigures() throws {
    let yaml = "extends: tiny\nname: a\nsummary: b\nassumed:\n"
    #expect(
      faults(of: yaml + "  - host.bandwith\n  - name\n  - host\n  - host\n  - [a]\n") == [
        "5: assumed names no figure: host.bandwith (did you mean host.bandwidth?)",
        "6: assumed names no figure: name",
        "8: assumed names host twice",
        "9: assumed names no figure: a list",
      ])
    #expect(faults(of: yaml) == ["4: assumed must be a list of keys, not nothing"])
    let chip = try Chip(yaml: yaml + "  - links.topology\n  - gdpu\n  - dac.bits\n")
    #expect(chip.assumed == ["links.topology", "gdpu", "dac.bits"])
    #expect(try Chip(yaml: chip.yaml) == chip)
  }
}
