import Basics
import Chip
import Compiler
import Testing

/// The device model that holds where none is named.
@Suite struct DeviceModelTests {
  @Test(arguments: [("hermes", "hermes-tdp"), ("tiny", "hermes-tdp"), ("hermes-odp", "hermes-odp")])
  func presetsHaveTheirOwn(chip: String, model: String) throws {
    let chip = try Chip.named(chip)
    #expect(chip.ownDevice?.name == model)
    #expect(try chip.device(nil, for: "--residual").name == model)
    #expect(try chip.device("pcm", for: "--residual").name == "pcm")
  }

  @Test func aNameTakesTheModelOfTheChip() throws {
    var chip = try Chip.named("hermes")
    var model = try #require(chip.device("pcm"))
    model.name = "acme"
    chip.devices = [model]
    var options = AccuracyOptions()
    options.weightRange = .leastSquares
    options.predistortion = [TimeSpan(seconds: 86400)]
    let ranges = try options.quantization(on: chip)
    #expect(ranges.device == model && ranges.predistortion?.model == model)
    options.model = "hermes-tdp"
    let fault = #expect(throws: Diagnostics.self) { try options.quantization(on: chip) }
    #expect(fault?.items.first?.description.contains("has no device model \"hermes-tdp\"") == true)
  }

  @Test func aChipWithoutModelsIsRefusedByOption() throws {
    var chip = try Chip.named("hermes")
    chip.devices = []
    var options = AccuracyOptions()
    #expect(try options.quantization(on: chip).device == nil)
    options.weightRange = .leastSquares
    let fault = #expect(throws: Diagnostics.self) { try options.quantization(on: chip) }
    #expect(
      fault?.items.first?.description.contains(
        "--weight-range mse needs a device model, and the chip hermes has none") == true)
  }
}
