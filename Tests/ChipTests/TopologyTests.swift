import Chip
import Testing

/// Links in chip files: 4 cores, 2 GDPU slices, at most 2 neighbours and 10 links.
@Suite struct TopologyTests {
  private func yaml(_ topology: String) -> String {
    "extends: tiny\nname: a\nsummary: b\nlinks:\n  topology:\(topology)\n"
  }

  @Test func wordsStandForAllAndNone() throws {
    let all = try Chip(yaml: yaml(" all"))
    #expect(all.links.topology == .all)
    #expect(all.partialSumTargets(of: CoreID(1)) == [CoreID(0), CoreID(2), CoreID(3)])
    #expect(all.gdpuSlices(fedBy: CoreID(0)) == [0, 1])
    #expect(all.cores(feedingGDPU: 1).count == 4)
    for none in [" none", " {}", "\n    partial-sum:\n      0: []"] {
      let chip = try Chip(yaml: yaml(none))
      #expect(chip.links.topology == .listed(LinkList([])))
      #expect(try Chip(yaml: chip.yaml) == chip)
      #expect(chip.yaml.contains("topology: none"))
    }
  }

  /// The topology of the preset is replaced, not added to.
  @Test func listsReplaceThoseBelow() throws {
    let chip = try Chip(yaml: yaml("\n    partial-sum: {3: [0, gdpu 1]}\n    activation: {0: [3]}"))
    #expect(chip.partialSumTargets(of: CoreID(0)) == [])
    #expect(chip.partialSumTargets(of: CoreID(3)) == [CoreID(0)])
    #expect(chip.gdpuSlices(fedBy: CoreID(3)) == [1])
    #expect(chip.yaml.contains("    partial-sum:\n      3: [0, gdpu 1]\n    activation:\n"))
  }

  @Test func linksMustMakeSense() {
    let found = faults(
      of: yaml(
        """

            partial-sum:
              0: [1, 4, 0, 1, x]
              9: [1]
              1: 2
              2: [gdpu 2, gdpu x, "3", [0]]
              3: [-1, 01, 99999999999999999999]
            partial: {0: [1]}
            circuit: [0]
        """))
    #expect(
      found == [
        "7: there is no core \"4\"",
        "7: core 0 is linked to itself",
        "7: the link is listed twice: 1",
        "7: there is no core \"x\"",
        "8: there is no core \"9\"",
        "9: core 1 must have a list of targets, not 2",
        "10: there is no GDPU slice \"gdpu 2\"",
        "10: there is no GDPU slice \"gdpu x\"",
        "10: a target must be a core or a GDPU slice, not a list",
        "11: there is no core \"-1\"",
        "11: there is no core \"01\"",
        "11: there is no core \"99999999999999999999\"",
        "12: unknown kind of link \"partial\"",
        "13: circuit must be lists of targets by core, not a list",
      ])
    #expect(
      faults(of: yaml(" ring")) == [
        "5: links.topology must be all, mesh, none or lists of links, not ring"
      ])
  }

  @Test func limitsHold() {
    #expect(
      faults(of: yaml("\n    partial-sum: {0: [1, 2, 3], 1: [3], 2: [3]}")) == [
        "6: core 0 sends to 3 cores, more than links.maximum-neighbours",
        "6: core 3 receives from 3 cores, more than links.maximum-neighbours",
      ])
    // Two kinds of link between two cores are one neighbour, and a slice is none.
    #expect(
      faults(
        of: yaml("\n    partial-sum: {0: [1, 2, gdpu 0, gdpu 1]}\n    activation: {0: [1, 2]}"))
        == ["accepted as a"])
    let everything =
      "\n    partial-sum: {0: [1, 2], 1: [0, 3], 2: [0, 3], 3: [1, 2, gdpu 0, gdpu 1]}"
    #expect(faults(of: yaml(everything)) == ["accepted as a"])
    #expect(
      faults(of: yaml(everything + "\n    circuit: {0: [1]}")) == [
        "6: 11 links are listed, more than the 10 there can be"
      ])
  }

  @Test func gridsAreLimited() {
    #expect(
      faults(of: "extends: flat-64\nname: a\nsummary: b\ncores:\n  rows: 1001\n  columns: 1000\n")
        == ["5: 1001 × 1000 cores are more than 1000000"])
    #expect(
      faults(of: "extends: flat-64\nname: a\nsummary: b\ncores: {rows: 1000, columns: 1000}\n")
        == ["accepted as a"])
    let huge = "extends: tiny\nname: a\nsummary: b\ncores: {rows: 1000000, columns: 1000000}\n"
    #expect(faults(of: huge) == ["4: 1000000 × 1000000 cores are more than 1000000"])
  }
}
