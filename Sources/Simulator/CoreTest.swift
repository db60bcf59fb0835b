import Chip
import Device

/// The test of the cores of simulated chips: Specs/faults.md, "The test".
public struct CoreTest: Sendable {
  private let chip: Chip
  private let devices: SimulatedDevices?
  private let cells: CellTest?

  /// Creates the test of chips like `chip` that are as true to it as `fidelity`.
  public init(_ chip: Chip, _ fidelity: Fidelity) {
    self.chip = chip
    devices = fidelity.devices
    let rates =
      fidelity.effects.contains(.cellFaults) ? CellFaults(chip.circuit) : CellFaults.none
    cells = devices.map { CellTest($0.model, on: chip.crossbar, rates: rates) }
  }

  /// The counts that reads of both sides of each cell of a core give, row by row, positive first, once all devices are
  /// reset and device `set` of each side is set; none if that is `nil`.
  public func counts(chip number: Int, core: CoreID, set: Int?) -> [UInt16] {
    let crossbar = chip.crossbar
    let step = crossbar.gMax / chip.adc.countsPerGMax
    func count(_ conductance: Double) -> UInt16 {
      UInt16(min(max(conductance / step, 0), Double(chip.adc.maximumCount), Double(UInt16.max)))
    }
    guard let devices, let cells else {
      // Devices that are exact.
      let one = set == nil ? 0 : crossbar.gMax / Double(crossbar.devicesPerPolarity)
      return [UInt16](repeating: count(one), count: 2 * crossbar.rows * crossbar.columns)
    }
    let randomness = CellRandomness(
      chip: number, core: core, firstRow: 0, firstColumn: 0, coreColumns: crossbar.columns,
      seed: devices.seed)
    return cells.conductances(
      randomness, faults: devices.faults?.faults(ofChip: number, core: core), set: set
    ).map(count)
  }
}
