import Chip
import TestSupport
import Testing

/// The sections of a chip file that describe a mesh of tiles and digital cores.
@Suite struct FabricTests {
  private func found(_ settings: [String]) -> [String] {
    faults { try Chip.named("fabric", settings: settings) }
  }

  @Test func layoutsAreRead() throws {
    let fabric = try #require(try Chip.named("fabric").fabric)
    #expect(fabric.layout.count(of: .tile) == 48 && fabric.layout.count(of: .heavy) == 4)
    #expect(fabric.layout.rows.count * fabric.layout.width == fabric.layout.count)
    let small = try Chip.named(
      "fabric", settings: ["cores.rows=1", "cores.columns=2", "mesh.layout=TTL/PML"])
    #expect(small.fabric?.layout.rows == [[.tile, .tile, .light], [.port, .memory, .light]])
    #expect(try Chip(yaml: small.yaml) == small)
  }

  @Test func layoutsThatCannotBeAreRefused() {
    for layout in ["", "TTX", "TTL/PM", "TTTT", "tlmp", "TL/MP/"] {
      #expect(found(["mesh.layout=\(layout)"]).first?.contains("mesh.layout must be rows") == true)
    }
    #expect(
      found(["mesh.layout=TLMP"]).first?.contains(
        "mesh.layout has 1 tiles, but the chip has 48 cores") == true)
  }

  @Test func lawsAreRead() throws {
    let core = try Chip.named(
      "fabric",
      settings: ["light-core.add-time=stepped 3 100", "light-core.rectify-time=linear 1.5 0.25"]
    ).fabric?.light
    #expect(core.map { [1, 100, 101].map($0.addTime.callAsFunction) } == [3, 3, 6])
    #expect(core?.rectifyTime(10) == 4)
    for law in [
      "", "linear", "linear 1", "linear 1 2 3", "stepped 1 0", "stepped 1 0.5", "cubic 1 2",
      "linear -1 0",
    ] {
      #expect(!found(["light-core.add-time=\(law)"]).isEmpty, "\(law)")
    }
  }

  /// A chip has all sections of a fabric or none.
  @Test func sectionsComeTogether() throws {
    let text = "extends: tiny\nname: half\nsummary: half a fabric\nmemory-core: {bytes: 5}\n"
    let missing = faults(of: text)
    let absent = "the chip lacks mesh, light-core, heavy-core, chip-link"
    #expect(missing.first?.contains(absent) == true)
    #expect(try Chip.named("hermes").fabric == nil)
    #expect(try !Chip.named("hermes").yaml.contains("mesh:\n"))
  }
}
