import Chip
import Testing

/// Device models in chip files.
@Suite struct DeviceModelTests {
  private func yaml(_ model: String) -> String {
    "extends: tiny\nname: a\nsummary: b\ndevices:\n  pcm: \(model)\n"
  }

  @Test func modelsAreMergedByName() throws {
    let chip = try Chip(yaml: yaml("{first-read: 30}"))
    let base = try Chip.named("tiny")
    #expect(chip.devices.map(\.name) == ["hermes-odp", "hermes-tdp", "pcm"])
    #expect(chip.device("hermes-tdp") == base.device("hermes-tdp"))
    var expected = try #require(base.device("pcm"))
    expected.firstRead = 30
    #expect(chip.device("pcm") == expected)
    #expect(chip.device("tdp") == nil)
    #expect(try Chip(yaml: chip.yaml) == chip)
  }

  @Test func aChipMayHaveNoModels() throws {
    let chip = try Chip(yaml: "extends: tiny\nname: a\nsummary: b\ndevices: none\n")
    #expect(chip.devices.isEmpty)
    #expect(chip.yaml.hasSuffix("\ndevices: none\n"))
    #expect(try Chip(yaml: chip.yaml) == chip)
  }

  /// The model that holds where none is named fits the crossbar, unless the chip file says which.
  @Test func aChipHasAModelOfItsOwn() throws {
    let odp = try Chip.named("hermes-odp")
    #expect(odp.ownDevice?.name == "hermes-odp" && odp.ownDevice?.devicesPerPolarity == 1)
    #expect(try Chip.named("hermes-in-turn").ownDevice?.name == "hermes-in-turn")
    #expect(try Chip.named("fabric").ownDevice?.name == "pcm")
    let others = ["hermes-odp", "hermes-in-turn", "fabric"]
    for preset in Chip.presetNames where !others.contains(preset) {
      let chip = try Chip.named(preset)
      #expect(chip.ownDevice?.name == "hermes-tdp" && !chip.yaml.contains("device-model"))
    }
    let chip = try Chip(yaml: "extends: tiny\nname: a\nsummary: b\ndevice-model: pcm\n")
    #expect(chip.ownDevice?.name == "pcm")
    #expect(try Chip(canonicalYAML: chip.yaml) == chip)
    #expect(try Chip.named("tiny", settings: ["device-model=pcm"]).ownDevice == chip.ownDevice)
    #expect(try Chip(yaml: "extends: tiny\nname: a\nsummary: b\ndevices: none\n").ownDevice == nil)
    let found = faults(of: "extends: tiny\nname: a\nsummary: b\ndevice-model: tdp\n")
    #expect(found == ["4: the chip has no device model \"tdp\""], "\(found)")
  }

  @Test func curvesReadBack() throws {
    let law = Curve.Law(.power, 0.5, -2, within: 0...1e6)
    for (text, curve) in [
      ("polynomial 1", .polynomial([1])),
      ("polynomial 0 -1e-3 2.50", .polynomial([0, -0.001, 2.5])),
      ("power 5e-1 -2 within 0 1e6", .bounded(law)),
      (
        "power 0.5 -2 within -0 1e6 below 0.5 polynomial 3",
        .piecewise(law, split: 0.5, polynomial: [3])
      ),
      ("logarithm 0 1 within 2 2", .bounded(Curve.Law(.logarithm, 0, 1, within: 2...2))),
    ] as [(String, Curve)] {
      let chip = try Chip(yaml: yaml("{read-noise: \(text)}"))
      #expect(chip.device("pcm")?.readNoise == curve)
      #expect(try Chip(yaml: chip.yaml) == chip)
    }
  }

  @Test(arguments: [
    "1", "polynomial", "polynomial 1  2", "polynomial x", "polynomial nan", "polynomial 1e7",
    "polynomial 1 2 3 4 5 6 7 8 9", "power 1 within 0 1", "power 1 2", "power 1 2 within 1 0",
    "exponential 1 2 within 0 1", "power 1 2 within 0 1 below 0 polynomial 1",
    "power 1 2 within 0 1 below 0.5", "power 1 2 within 0 1 polynomial 1",
    "polynomial 1 below 0.5 polynomial 1", "[1, 2]",
  ])
  func whatIsNoCurveIsRefused(text: String) {
    let found = faults(of: yaml("\n    read-noise: \(text)"))
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("6: devices.pcm.read-noise must be a curve, not "), "\(found)")
  }

  @Test func faultsHaveTheirLines() {
    #expect(
      faults(
        of: """
          extends: tiny
          name: a
          summary: b
          assumed: [devices.pcm, devices.pcn, devices]
          devices:
            pcm:
              first-reed: 3
              read-time: 1
              devices-per-polarity: 0
            own: {first-read: 20, source: made up}
            a b: {}
            other: pcm
          """) == [
          "4: assumed names no figure: devices.pcn (did you mean devices.pcm?)",
          "7: unknown key \"devices.pcm.first-reed\" (did you mean first-read?)",
          "8: devices.pcm.read-time must be a number from 1e-12 to 0.001 s, not 1",
          """
          9: devices.pcm.devices-per-polarity must be a whole number from 1 to 16, or none, not 0
          """,
          """
          10: devices.own lacks devices-per-polarity, maximum-conductance, read-time, \
          programming-spread, drift-mean, drift-spread, read-noise
          """,
          "11: \"a b\" is not a name of a device model",
          "12: devices.other must be a section, not pcm",
        ])
    #expect(
      faults(of: "extends: tiny\nname: a\nsummary: b\ndevices: [pcm]\n") == [
        "4: devices must be at most 64 models by name, or none"
      ])
  }

  @Test func settingsReachModels() throws {
    let chip = try Chip.named(
      "tiny",
      settings: ["devices.pcm.first-read=1", "devices.pcm.drift-mean=polynomial 0.05 0.01"])
    #expect(chip.device("pcm")?.firstRead == 1)
    #expect(chip.device("pcm")?.driftMean == .polynomial([0.05, 0.01]))
    #expect(chip.assumed == (try Chip.named("tiny").assumed) + ["devices.pcm"])
    #expect(
      faults {
        try Chip.named(
          "tiny",
          settings: [
            "devices=none", "devices.pcn.first-read=1", "devices.pcm.first-reed=1", "devices.pcm=1",
          ])
      } == [
        "setting \"devices=none\": devices cannot be set (write a chip file that has it)",
        """
        setting "devices.pcn.first-read=1": there is no device model "pcn" (did you mean pcm?)
        """,
        """
        setting "devices.pcm.first-reed=1": a device model has no key "first-reed" \
        (did you mean first-read?)
        """,
        "setting \"devices.pcm=1\": devices.pcm is a section (name one of its keys)",
      ])
  }

  @Test func noTooManyModels() {
    let models = (0..<100_000).map { "  m\($0): {}\n" }.joined()
    #expect(
      faults(of: "extends: tiny\nname: a\nsummary: b\ndevices:\n\(models)") == [
        "5: devices must be at most 64 models by name, or none"
      ])
  }
}
