import Basics
import Chip
import Testing

/// A figure that is changed alone gives a chip whose figures fit each other, or one error that says what to do.
@Suite struct DerivedFiguresTests {
  /// Values to give a figure that is `text`: smaller and larger ones.
  private static func others(than text: String, _ accepted: String) -> [String] {
    if let number = Int(text) {
      return [number / 2, number - 1, number + 1, 2 * number, 4 * number].map { "\($0)" }
    }
    if let number = Double(text) {
      return [number / 10, number / 2, number * 2, number * 100].map { "\($0)" }
    }
    return accepted.split(separator: " ").map(String.init).filter { $0 != "or" && $0 != text }
  }

  @Test(arguments: ["hermes", "hermes-odp", "flat-64", "grid-8x8", "tiny"])
  func everyFigureAlone(preset: String) throws {
    let base = try Chip.named(preset)
    var (accepted, refused) = (0, 0)
    for field in Chip.fields where field.path.contains(".") {
      guard let text = field.text(in: base) else { continue }
      for value in Self.others(than: text, field.accepted) {
        let setting = "\(field.path)=\(value)"
        do {
          let chip = try Chip.named(preset, settings: [setting])
          #expect(try Chip(canonicalYAML: chip.yaml) == chip)
          expectConsistent(chip, changedFrom: base, setting)
          accepted += 1
        } catch let error as Diagnostics {
          #expect(error.items.count == 1, "\(setting): \(error.items.count) errors")
          #expect(
            error.items[0].message.contains("setting \"\(setting)\"") || error.items[0].help != nil)
          refused += 1
        }
      }
    }
    #expect(accepted > 80 && refused > 0, "\(accepted) \(refused)")
  }

  private func expectConsistent(_ chip: Chip, changedFrom base: Chip, _ setting: String) {
    if case .listed(let list) = chip.links.topology {
      #expect(chip.cores == base.cores && chip.gdpu?.count == base.gdpu?.count, "\(setting)")
      for link in list.links {
        if case .core(let core) = link.target { #expect(core.index < chip.cores.count) }
      }
    }
    // The conductances that fill the range of an ADC.
    func range(_ chip: Chip) -> Double {
      Double(chip.adc.maximumCount) / chip.adc.countsPerGMax * chip.crossbar.gMax
    }
    if !setting.hasPrefix("adc.counts-per-g-max") {
      #expect(abs(range(chip) / range(base) - 1) < 1e-9, "\(setting): \(range(chip))")
    }
  }

  /// What goes with a figure in a chip file does so too, unless the file gives it.
  @Test func filesFollowTheirBase() throws {
    func file(_ rest: String) -> String { "extends: hermes\nname: a\nsummary: b\n\(rest)\n" }
    let narrow = try Chip(yaml: file("adc:\n  bits: 6"))
    #expect(narrow.adc.countsPerGMax == 160.0 * 63 / 4095)
    #expect(try Chip(yaml: file("adc: {bits: 6, counts-per-g-max: 9}")).adc.countsPerGMax == 9)
    #expect(try Chip(yaml: file("crossbar: {g-max: 10.35}")).adc.countsPerGMax == 80)
    let stale = faults(of: file("cores:\n  rows: 16"))
    #expect(stale.count == 1)
    #expect(
      stale[0].hasPrefix("5: cores.rows is changed, but the links are listed for the cores of"))
    #expect(stale[0].contains("give links.topology too"))
    #expect(faults(of: file("cores: {rows: 8, columns: 8}")) == ["accepted as a"])
    #expect(
      faults(of: file("cores: {rows: 16}\nlinks: {topology: mesh}")) == ["accepted as a"])
    let set = faults { try Chip.named("hermes", settings: ["cores.columns=2"]) }
    #expect(set.count == 1 && set[0].hasPrefix("setting \"cores.columns=2\": cores.columns is"))
    #expect(
      faults { try Chip.named("hermes", settings: ["cores.columns=2", "links.topology=all"]) } == [
        "accepted as hermes"
      ])
    let few = faults { try Chip.named("hermes", settings: ["links.maximum-neighbours=5"]) }
    #expect(few.count == 1 && few[0].contains("links.maximum-neighbours of at least 6"))
  }
}
