import Chip
import Foundation
import TestSupport
import Testing

@Suite struct PresetTests {
  @Test(arguments: Chip.presetNames) func roundTrips(name: String) throws {
    let chip = try Chip.named(name)
    #expect(chip.name == name)
    let again = try Chip(yaml: chip.yaml, file: nil)
    #expect(again == chip)
    #expect(again.yaml == chip.yaml)
    #expect(again.hash == chip.hash)
    #expect(try Chip.load(name) == chip)
  }

  @Test func hashesDiffer() throws {
    let hashes = try Chip.presetNames.map { try Chip.named($0).hash }
    #expect(Set(hashes).count == hashes.count)
  }

  @Test func everyFileIsAPreset() throws {
    let folder = URL(filePath: Repository.path("Sources/Chip/Presets"))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.sorted() == Chip.presetNames.map { "\($0).yaml" }.sorted())
    for name in Chip.presetNames {
      let path = folder.appending(path: "\(name).yaml").path
      #expect(try Chip.load(path) == Chip.named(name))
    }
  }

  @Test func hermesHasThePublishedFigures() throws {
    let chip = try Chip.named("hermes")
    #expect(chip.cores.count == 64)
    #expect(chip.crossbar.rows == 256 && chip.crossbar.columns == 256)
    let crossbar = chip.crossbar
    let devices = crossbar.rows * crossbar.columns * 2 * crossbar.devicesPerPolarity
    #expect(chip.cores.count * devices == 16_777_216)
    // 2 × 256 × 256 operations a core and MVM: 16.1 TOPS at 2.48 TOPS/W.
    let operations = 2.0 * 256 * 256 * 64
    #expect(abs(operations / crossbar.mvmTime / 1000 - 16.1) < 0.1)
    #expect(abs(operations / (64 * crossbar.mvmEnergy) / 1000 - 2.48) < 0.01)
    #expect(chip.dac.maximumCode == 127)
    #expect(chip.adc.maximumCount == 4095)
    #expect(chip.gdpu?.count == 8)
    // A line reaches its current limit just before the converter runs out of counts.
    let cells = crossbar.lineCurrentLimit / (crossbar.gMax * crossbar.readVoltage)
    #expect(cells * chip.adc.countsPerGMax < Double(chip.adc.maximumCount))
    // 8 channels of one bit make the published 3.2 Gbit/s.
    #expect(chip.links.clock * 8 == 3200)
  }

  @Test func onePhaseHasThePublishedFigures() throws {
    let chip = try Chip.named("hermes-1phase")
    let operations = 2.0 * 256 * 256 * 64
    #expect(abs(operations / chip.crossbar.mvmTime / 1000 - 63.1) < 0.1)
    #expect(abs(operations / (64 * chip.crossbar.mvmEnergy) / 1000 - 9.76) < 0.05)
    #expect(chip.summary.contains("accuracy not characterised"))
    #expect(try chip.links == Chip.named("hermes").links)
  }

  @Test func oneDeviceHasHalfTheRange() throws {
    let two = try Chip.named("hermes")
    let one = try Chip.named("hermes-odp")
    #expect(one.crossbar.devicesPerPolarity == 1)
    #expect(one.crossbar.gMax * 2 == two.crossbar.gMax)
    #expect(one.adc.countsPerGMax * 2 == two.adc.countsPerGMax)
  }

  @Test func flatChipsHaveNoLinkRules() throws {
    for (name, count) in [("flat-64", 64), ("flat-256", 256)] {
      let chip = try Chip.named(name)
      #expect(chip.cores.count == count)
      #expect(chip.gdpu == nil)
      #expect(chip.partialSumTargets(of: CoreID(5)).count == count - 1)
      #expect(chip.links.carriesPartialSums(from: CoreID(0), to: CoreID(count - 1)))
      #expect(!chip.links.carriesPartialSums(from: CoreID(3), to: CoreID(3)))
    }
  }
}
