import Basics
import Chip
import Testing

/// Files of faults, and faults at random.
@Suite struct FaultMapTests {
  private static func map() -> FaultMap {
    var some = CoreFaults(chip: 1, core: CoreID(3))
    some.deadRows = [2, 15]
    some.deadColumns = [7]
    some.stuck = [
      StuckDevice(row: 0, column: 1, isNegative: false, conductance: 12.5),
      StuckDevice(row: 3, column: 4, isNegative: true, device: 0, conductance: 0),
    ]
    var dead = CoreFaults(chip: 0, core: CoreID(2))
    dead.isDead = true
    return FaultMap(chip: "tiny", cores: [some, dead])
  }

  @Test func filesAreReadAsTheyWereWritten() throws {
    let chip = try Chip.named("tiny")
    let text = Self.map().text
    #expect(
      text == """
        aimcc: faults/1
        chip: tiny
        cores:
          0.2:
            dead: true
          1.3:
            rows: [2, 15]
            columns: [7]
            stuck: |
              0 1 + 12.5
              3 4 -0 0.0

        """)
    #expect(try FaultMap(text: text, on: chip) == Self.map())
    #expect(try FaultMap(text: FaultMap(chip: "tiny").text, on: chip).cores.isEmpty)
  }

  @Test(arguments: [
    ("", "is empty"), ("[1]", "is not a mapping of keys to values"),
    ("aimcc: faults/2\nchip: tiny\ncores: {}", "is no file of faults, but \"faults/2\""),
    ("aimcc: faults/1\nchip: tiny", "lacks cores"),
    ("aimcc: faults/1\nchip: hermes\ncores: {}", "is of the chip hermes, not of tiny"),
    ("aimcc: faults/1\nchip: tiny\ncores: {}\nmore: 1", "unknown key \"more\""),
    ("aimcc: faults/1\nchip: tiny\ncores: {0.4: {dead: true}}", "there is no core \"0.4\""),
    ("aimcc: faults/1\nchip: tiny\ncores: {x: {dead: true}}", "there is no core \"x\""),
    ("aimcc: faults/1\nchip: tiny\ncores: {0.1: {dead: 2}}", "dead must be true or false, not 2"),
    (
      "aimcc: faults/1\nchip: tiny\ncores: {0.1: {rows: 3}}",
      "rows must be a list of numbers, not 3"
    ),
    ("aimcc: faults/1\nchip: tiny\ncores: {0.1: {columns: [8]}}", "columns has no line 8"),
    ("aimcc: faults/1\nchip: tiny\ncores: {0.1: 7}", "must be a section, not 7"),
    (
      "aimcc: faults/1\nchip: tiny\ncores:\n  0.1:\n    stuck: |\n      0 0 + 3\n      0 0 +0 1",
      "row 0, column 0, side + is stuck twice"
    ),
    (
      "aimcc: faults/1\nchip: tiny\ncores:\n  0.1:\n    stuck: |\n      16 0 + 3",
      "\"16 0 + 3\" is no stuck device of tiny"
    ),
    (
      "aimcc: faults/1\nchip: tiny\ncores:\n  0.1:\n    stuck: |\n      1 0 +2 nan",
      "\"1 0 +2 nan\" is no stuck device of tiny"
    ),
  ]) func whatIsNoSuchFileIsRefused(_ text: String, _ message: String) throws {
    let chip = try Chip.named("tiny")
    do {
      _ = try FaultMap(text: text, on: chip)
      Issue.record("\(text) is taken")
    } catch let faults as Diagnostics {
      #expect(faults.items.contains { $0.message == message }, "\(faults)")
    }
  }

  @Test func ratesAreShares() throws {
    let chip = try Chip.named("hermes")
    let rates = try #require(
      FaultRates(
        "stuck=1%,stuck-at-zero=0.005,stuck-devices=0.5%,dead-cores=3,dead-rows=2%,dead-columns=1%,seed=9"
      ))
    #expect(FaultRates(rates.description) == rates)
    let map = FaultMap(rates, on: chip, chips: 2)
    #expect(map == FaultMap(rates, on: chip, chips: 2))
    // What a chip has does not depend on how many there are.
    #expect(FaultMap(rates, on: chip, chips: 1).cores == map.cores.filter { $0.chip == 0 })
    #expect((0..<2).allSatisfy { map.deadCores(ofChip: $0).count == 3 } && map.mostDeadCores == 3)
    let living = map.cores.filter { !$0.isDead }
    #expect(living.count == 2 * 61)
    func isNear(_ count: Int, _ expected: Double) -> Bool {
      (Double(count) - expected).magnitude < 5 * expected.squareRoot()
    }
    let cells = Double(living.count) * 65536
    let sides = living.flatMap(\.stuck).filter { $0.device == nil }
    // Where two kinds fall on a cell, the first one counts.
    #expect(isNear(sides.count { $0.conductance > 0 }, 0.01 * cells))
    #expect(isNear(sides.count { $0.conductance == 0 }, 0.005 * cells * 0.99))
    #expect(isNear(sides.count(where: \.isNegative), 0.5 * Double(sides.count)))
    let mean = sides.filter { $0.conductance > 0 }.map(\.conductance).reduce(0, +)
    #expect((mean / Double(sides.count { $0.conductance > 0 }) / 10.35 - 1).magnitude < 0.02)
    #expect(isNear(living.flatMap(\.stuck).count { $0.device != nil }, 0.02 * cells * 0.985))
    #expect(isNear(living.reduce(0) { $0 + $1.deadRows.count }, 0.02 * 256 * Double(living.count)))
    for core in map.cores { #expect(core.stuck == core.stuck.sorted()) }
    #expect(try FaultMap(text: map.text, on: chip) == map)
    for text in [
      "stuck=2", "stuck=-1%", "stuck", "stuck=1%,stuck=1%", "seed=x", "more=1", "stuck=nan",
      "stuck=0.7,stuck-at-zero=0.7", "=", "stuck=1%,",
    ] {
      #expect(FaultRates(text) == nil, "\(text)")
    }
  }

  /// Devices that change leave a side a range.
  @Test func sidesHaveRanges() throws {
    let crossbar = try Chip.named("hermes").crossbar
    var core = CoreFaults(chip: 0, core: CoreID(0))
    core.stuck = [
      StuckDevice(row: 0, column: 0, isNegative: false, conductance: 3),
      StuckDevice(row: 0, column: 0, isNegative: true, device: 1, conductance: 4),
      StuckDevice(row: 0, column: 1, isNegative: false, device: 0, conductance: 1),
      StuckDevice(row: 0, column: 1, isNegative: false, device: 1, conductance: 2),
    ]
    #expect(
      core.sides(of: crossbar, devices: 2).map(\.range) == [3...3, 4...(4 + 10.35), 3...3])
    // With one device in use, the other one that is stuck adds to it.
    #expect(core.sides(of: crossbar, devices: 1).map(\.range) == [3...3, 4...(4 + 10.35), 3...3])
  }
}
