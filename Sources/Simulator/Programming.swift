import Basics
import Chip
import Device
import Dispatch
import Program
import Synchronization

extension ProgrammedCells {
  /// Programs what `crossbar` is to hold, as chip `seed` of all chips takes it.
  init(
    _ crossbar: PlannedCrossbar, of chip: Chip, model: DeviceModel, seed: UInt64,
    faults: CellFaults
  ) {
    let tile = crossbar.tile
    self.init(
      crossbar.targets, columns: crossbar.columns, gMax: Double(crossbar.gMax), model: model,
      randomness: CellRandomness(
        chip: tile.chip, core: tile.core, firstRow: tile.firstRow, firstColumn: tile.firstColumn,
        coreColumns: chip.crossbar.columns, seed: seed), faults: faults)
  }
}

extension Plan {
  /// What the LDPUs load of `affines`, a figure for each `affine` instruction.
  ///
  /// Throws `Diagnostics` with every figure that is too large for the precision of the unit.
  func loaded(_ affines: [Affine]) throws -> [LoadedAffine] {
    var faults = Diagnostics()
    let precision = rounds ? program.chip.ldpu.precision : nil
    var loaded: [LoadedAffine] = []
    for local in locals {
      do throws(PlanFault) {
        loaded.append(
          try LoadedAffine(
            affines[local.affine.index], for: local.operation, precision: precision))
      } catch {
        faults.append(
          program.diagnostic(error.message, stream: local.stream, instruction: local.instruction))
      }
    }
    try faults.throwIfErrors()
    return loaded
  }
}

/// What `body` gives for each of `elements`, in order, computed on all processors.
func concurrentMap<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ body: @Sendable (Element) -> Result
) -> [Result] {
  let results = Mutex([Result?](repeating: nil, count: elements.count))
  DispatchQueue.concurrentPerform(iterations: elements.count) { index in
    let result = body(elements[index])
    results.withLock { $0[index] = result }
  }
  return results.withLock { $0.compactMap { $0 } }
}
