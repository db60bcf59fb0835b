import Chip
import Foundation
import TestSupport
import Testing

/// `extends` and `--set`.
@Suite struct InheritanceTests {
  @Test func figuresAreInheritedAndReplaced() throws {
    let chip = try Chip(
      yaml:
        "extends: hermes\nname: large\nsummary: four times\ncrossbar: {rows: 512, columns: 512}\n")
    var expected = try Chip.named("hermes")
    expected.name = "large"
    expected.summary = "four times"
    expected.crossbar.rows = 512
    expected.crossbar.columns = 512
    #expect(chip == expected)
  }

  @Test func nameAndSummaryAreNotInherited() {
    #expect(
      faults(of: "extends: hermes\n") == [
        """
        1: the chip lacks name, summary \
        (give them, or take them from a preset with `extends:`)
        """
      ])
  }

  @Test func aGDPUCanBeTakenAwayAndPutBack() throws {
    let without = try Chip.named("hermes", settings: ["gdpu=none", "links.topology=all"])
    #expect(without.gdpu == nil)
    #expect(without.gdpuSlices(fedBy: CoreID(24)) == [])
    #expect(try Chip(yaml: without.yaml) == without)
    let with = try Chip(
      yaml: """
        extends: flat-64
        name: a
        summary: b
        gdpu: {count: 2, precision: f32, maximum-inputs: 64, clock: 100}
        """)
    #expect(with.gdpu == GDPU(count: 2, precision: .f32, maximumInputs: 64, clock: 100))
    #expect(
      faults(of: "extends: flat-64\nname: a\nsummary: b\ngdpu:\n  count: 2\n") == [
        "5: gdpu lacks precision, maximum-inputs, clock"
      ])
    let dangling = faults { try Chip.named("hermes", settings: ["gdpu=none"]) }
    #expect(dangling.count == 1)
    #expect(
      dangling[0].hasPrefix("setting \"gdpu=none\": gdpu is changed, but the links are listed"))
  }

  @Test func basesMustExist() {
    #expect(
      faults(of: "name: a\nextends: hermess\n") == [
        "2: there is no chip \"hermess\" (did you mean hermes?)"
      ])
    #expect(
      faults(of: "extends: [hermes]\n") == ["1: extends must be a preset or a path, not a list"])
    #expect(faults(of: "extends: ./nowhere.yaml\n").first?.contains("cannot be opened") == true)
  }

  @Test func filesExtendFilesBesideThem() throws {
    let folder = try Folder()
    func write(_ name: String, _ text: String) throws -> String {
      try folder.write(text: text, name)
    }
    _ = try write("base.yaml", "extends: tiny\nname: base\nsummary: b\ndac: {bits: 4}\n")
    let path = try write(
      "inner/top.yaml", "extends: ../base.yaml\nname: top\nsummary: t\nadc: {bits: 9}\n")
    let chip = try Chip.load(path, settings: ["dac.bits=5"])
    #expect(chip.name == "top" && chip.dac.bits == 5 && chip.adc.bits == 9)
    #expect(chip.crossbar.columns == 8)
    let inner = folder.file("inner")
    #expect(Chip.files(of: path) == [path, "\(inner)/../base.yaml"])
    #expect(Chip.files(of: "hermes").isEmpty)

    let first = try write("first.yaml", "extends: ./second.yaml\n")
    _ = try write("second.yaml", "extends: ./third.yml\n")
    _ = try write("third.yml", "extends: ./second.yaml\n")
    let found = faults { try Chip.load(first) }
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("1: extends forms a cycle or is too deep: "), "\(found)")
    #expect(Chip.files(of: first).count == 3)

    let latin = try folder.write([0x6E, 0x3A, 0x20, 0xE9, 0x0A], "latin.yaml")
    #expect(faults { try Chip.load(latin) } == ["is not UTF-8 text"])
    #expect(faults { try Chip.load(folder.path) } == ["is not a regular file, but a folder"])
  }

  // MARK: Settings

  @Test func settingsChangeFiguresAndCountAsAssumed() throws {
    let chip = try Chip.named(
      "hermes",
      settings: ["crossbar.rows=512", "crossbar.rows=384", "host.latency=1", "summary=x=y"])
    #expect(chip.crossbar.rows == 384)
    #expect(chip.host.latency == 1)
    #expect(chip.summary == "x=y")
    let assumed = try Chip.named("hermes").assumed
    #expect(chip.assumed == assumed + ["crossbar.rows", "host.latency"])
  }

  @Test func settingsAreChecked() {
    #expect(
      faults {
        try Chip.named(
          "hermes",
          settings: [
            "crossbar.row=512", "rows=512", "crossbar=1", "crossbar.rows", "assumed=x", "=1",
            "links.topology.partial-sum=all",
          ])
      } == [
        "setting \"crossbar.row=512\": unknown key \"crossbar.row\" (did you mean crossbar.rows?)",
        """
        setting "rows=512": unknown key "rows" (did you mean cores.rows or crossbar.rows?)
        """,
        "setting \"crossbar=1\": crossbar is a section (name one of its keys)",
        """
        setting "crossbar.rows": has no value \
        (write it as KEY=VALUE, such as crossbar.rows=512)
        """,
        "setting \"assumed=x\": assumed cannot be set (write a chip file that has it)",
        "setting \"=1\": unknown key \"\"",
        """
        setting "links.topology.partial-sum=all": \
        unknown key "links.topology.partial-sum"
        """,
      ])
    #expect(
      faults {
        try Chip.named("tiny", settings: ["adc.bits=99", "links.topology=ring", "gdpu.count="])
      } == [
        "setting \"adc.bits=99\": adc.bits must be a whole number from 1 to 20, not 99",
        "setting \"gdpu.count=\": gdpu.count must be a whole number from 1 to 1000000, not nothing",
        """
        setting "links.topology=ring": \
        links.topology must be all, mesh, none or lists of links, not ring
        """,
      ])
  }

  /// What is set must be readable in the canonical text of a program.
  @Test func textsThatAFileCannotHoldCannotBeSet() throws {
    for text in ["a *b", "&x", "a\nb", "[[[[[[[[[", ""] {
      let found = faults { try Chip.named("tiny", settings: ["source=\(text)"]) }
      #expect(found.count == 1)
      #expect(found[0].contains("source must be one line"), "\(found)")
    }
    let brackets = "a: \"{[{[{[{[' # - & * |"
    let chip = try Chip.named(
      "tiny", settings: ["source=\(brackets)", "summary=\(brackets)", "name=x"])
    #expect(try Chip(yaml: chip.yaml) == chip)
  }

  @Test func unknownChipsAreRefusedByName() {
    #expect(
      faults { try Chip.load("hermes1phase") } == [
        "there is no chip \"hermes1phase\" (did you mean hermes-1phase?)"
      ])
    #expect(faults { try Chip.named("zzz") } == ["there is no chip \"zzz\""])
    #expect(faults { try Chip.load("") } == ["there is no chip \"\""])
  }
}
