import Chip
import Testing

/// Chips that no file gave are held to what chip files may say.
@Suite struct FaultTests {
  @Test(arguments: Chip.presetNames) func presetsHaveNone(name: String) throws {
    #expect(try Chip.named(name).faults == [])
  }

  private static let changes: [(String, @Sendable (inout Chip) -> Void)] = [
    ("cores.rows must be a whole number from 1 to 1000000", { $0.cores.rows = 0 }),
    ("crossbar.columns must be a whole number", { $0.crossbar.columns = 65_536 }),
    ("adc.bits must be a whole number from 1 to 20", { $0.adc.bits = 21 }),
    ("host.latency must be a number", { $0.host.latency = .nan }),
    ("name must be letters", { $0.name = "a b" }),
    ("gdpu.count must be a whole number", { $0.gdpu?.count = 0 }),
    ("links.maximum-neighbours must be", { $0.links.maximumNeighbours = -1 }),
    (
      "devices.hermes-tdp.first-read must be a number",
      { $0.devices[$0.devices.firstIndex { $0.name == "hermes-tdp" }!].firstRead = 0 }
    ),
    (
      "devices.hermes-tdp.drift-mean must be a curve",
      {
        $0.devices[$0.devices.firstIndex { $0.name == "hermes-tdp" }!].driftMean = .polynomial([])
      }
    ),
    ("a link from core 3 has an end that there is not", { $0.gdpu?.count = 1 }),
    (
      "exceed 1 together",
      {
        $0.circuit.stuckAtZero = 1; $0.circuit.unconverged = 0.5
      }
    ),
    ("sends to 2 cores", { $0.links.maximumNeighbours = 1 }),
  ]

  @Test(arguments: changes.indices) func changesAreNamed(index: Int) throws {
    let (message, change) = Self.changes[index]
    var chip = try Chip.named("tiny")
    change(&chip)
    #expect(chip.faults.contains { $0.contains(message) }, "\(chip.faults)")
  }
}
