import Chip
import Foundation
import TestSupport
import Testing

/// Holds the program to the tables and examples of Specs/chip.md.
@Suite struct SpecTests {
  private let page: SpecificationPage

  init() throws { page = try SpecificationPage("chip.md") }

  private func code(_ cell: String) -> String {
    cell.hasPrefix("`") && cell.hasSuffix("`") ? String(cell.dropFirst().dropLast()) : cell
  }

  @Test func everyKeyIsSpecified() throws {
    let rows = try page.rows("| key | accepted | unit | meaning |")
    let fields = Chip.fields.map { ["`\($0.path)`", $0.accepted, $0.unit, $0.meaning] }
    #expect(rows == fields)
  }

  @Test func everyKeyOfADeviceModelIsSpecified() throws {
    let rows = try page.rows("| model key | accepted | unit | meaning |")
    let fields = DeviceModel.fields.map { ["`\($0.path)`", $0.accepted, $0.unit, $0.meaning] }
    #expect(rows == fields)
  }

  @Test func deviceModelsOfPresetsAreListed() throws {
    let names = ["hermes-odp", "hermes-tdp", "pcm"]
    let rows = try page.rows("| model key | `hermes-odp` | `hermes-tdp` | `pcm` |")
    for preset in Chip.presetNames {
      let all = try Chip.named(preset).devices
      #expect(all.map(\.name).filter { $0 != "hermes-in-turn" } == names)
      #expect(all.count == names.count + (preset == "hermes-in-turn" ? 1 : 0))
      let devices = all.filter { $0.name != "hermes-in-turn" }
      let figures = DeviceModel.fields.dropFirst().compactMap { field -> [String]? in
        let texts = devices.compactMap { field.text(in: $0) }
        return texts.isEmpty ? nil : ["`\(field.path)`"] + texts.map { "`\($0)`" }
      }
      #expect(rows == figures)
    }
  }

  @Test func everyPresetIsListed() throws {
    let presets = try Chip.presetNames.map { ["`\($0)`", try Chip.named($0).summary] }
    #expect(try page.rows("| preset | what it is |") == presets)
  }

  @Test func kindsOfLinksAreListed() throws {
    let kinds = try page.rows("| kind | carries |").map { code($0[0]) }
    #expect(kinds == Links.Kind.allCases.map(\.rawValue))
  }

  @Test func figuresOfHermesHaveTheirSource() throws {
    let chip = try Chip.named("hermes")
    let rows = try page.rows("| key | value | status | source |")
    // Of circuits the file has those figures that are not 0.
    let figures = Chip.fields.filter {
      $0.path.contains(".") && $0.text(in: chip) != nil
        && !($0.path.hasPrefix("circuit.") && $0.text(in: chip) == "0.0")
    }
    #expect(rows.map { code($0[0]) } == figures.map(\.path) + ["links.topology"])
    for (row, field) in zip(rows, figures) { #expect(code(row[1]) == field.text(in: chip)) }
    for row in rows {
      let path = code(row[0])
      let section = String(path.prefix { $0 != "." })
      let isAssumed = chip.assumed.contains(path) || chip.assumed.contains(section)
      #expect(["published", "derived", "assumed"].contains(row[2]))
      #expect((row[2] == "assumed") == isAssumed, "\(path)")
      #expect(!row[3].isEmpty)
    }
  }

  @Test func variantsOfHermesDifferInTheseFiguresOnly() throws {
    let base = try Chip.named("hermes")
    let rows = try page.rows("| preset | key | value | source |")
    for name in ["hermes-1phase", "hermes-odp"] {
      let chip = try Chip.named(name)
      let different = Chip.fields.filter {
        $0.path.contains(".") && $0.text(in: chip) != $0.text(in: base)
      }
      let listed = rows.filter { code($0[0]) == name }.map { [code($0[1]), code($0[2])] }
      #expect(listed == different.map { [$0.path, $0.text(in: chip)!] })
      #expect(chip.links == base.links)
    }
  }

  @Test func examplesAreReadOrRefused() throws {
    let accepted = page.blocks("yaml")
    #expect(accepted.count == 3)
    for yaml in accepted {
      let chip = try Chip(yaml: yaml)
      #expect(try Chip(yaml: chip.yaml) == chip)
    }
    let refused = page.blocks("yaml refused")
    #expect(refused.count == 1)
    for yaml in refused {
      #expect(
        faults(of: yaml) == [
          "4: unknown key \"crossbar.colums\" (did you mean columns?)",
          "7: there is no core \"4\"",
        ])
    }
  }

  @Test func theCanonicalTextIsExact() throws {
    let canonical = page.blocks("yaml canonical")
    #expect(canonical.count == 1)
    let tiny = try Chip.named("tiny")
    #expect(canonical.first == tiny.yaml)
    #expect(page.text.contains("is `\(String(tiny.hash, radix: 16))`."))
  }

  @Test func numbersHaveTheSpecifiedForm() throws {
    let forms = [
      (1e-4, "0.0001"), (99e-6, "9.9e-05"), (1e-5, "1e-05"),
      (9_007_199_254_740_992, "9007199254740992.0"),
      (9_007_199_254_740_994, "9.007199254740994e+15"), (1.5e18, "1.5e+18"), (0, "0.0"),
      (0.1 + 0.2, "0.30000000000000004"),
    ]
    let field = try #require(Chip.fields.first { $0.path == "host.latency" })
    for (value, form) in forms {
      var chip = try Chip.named("tiny")
      chip.host.latency = value
      #expect(field.text(in: chip) == form)
    }
  }
}
