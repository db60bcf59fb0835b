import Chip

/// What the counts of a test say of a core: Specs/faults.md, "The test".
struct MeasuredFaults {
  /// The part of what a device that is set conducts at least, by which counts must rise for it not to be stuck.
  private static let least = 1.0 / 3

  private let crossbar: Crossbar
  /// The conductance of a count, in µS.
  private let step: Double
  /// The rise of the count of a device that can be set.
  private let rise: Int

  /// Creates the judgement of cores of `chip`.
  init(_ chip: Chip) {
    crossbar = chip.crossbar
    step = crossbar.gMax / chip.adc.countsPerGMax
    let one = crossbar.gMax / Double(crossbar.devicesPerPolarity)
    rise = max(Int((Self.least * one / step).rounded(.up)), 1)
  }

  /// The faults of a core, of which `reset` has the counts of both sides of each cell, row by row, with all devices
  /// reset, and `set` those with device 0, 1, … of each side set.
  func faults(
    of chip: Int, _ core: CoreID, reset: [UInt16], set: [[UInt16]]
  ) -> CoreFaults {
    let (rows, columns) = (crossbar.rows, crossbar.columns)
    var faults = CoreFaults(chip: chip, core: core)
    // A line that carries nothing shows not even what RESET leaves.
    var (hasRow, hasColumn) = (
      [Bool](repeating: false, count: rows), [Bool](repeating: false, count: columns)
    )
    for row in 0..<rows {
      for column in 0..<columns where !(hasRow[row] && hasColumn[column]) {
        let place = 2 * (row * columns + column)
        let isSilent = ([reset] + set).allSatisfy { $0[place] == 0 && $0[place + 1] == 0 }
        if !isSilent { (hasRow[row], hasColumn[column]) = (true, true) }
      }
    }
    guard hasRow.contains(true) else {
      faults.isDead = true
      return faults
    }
    faults.deadRows = (0..<rows).filter { !hasRow[$0] }
    faults.deadColumns = (0..<columns).filter { !hasColumn[$0] }
    for row in 0..<rows where hasRow[row] {
      for column in 0..<columns where hasColumn[column] {
        for side in 0..<2 {
          let place = 2 * (row * columns + column) + side
          let stuck = set.indices.filter { Int(set[$0][place]) - Int(reset[place]) < rise }
          guard let first = stuck.first else { continue }
          let conductance = min(Double(reset[place]) * step, crossbar.gMax)
          faults.stuck.append(
            StuckDevice(
              row: row, column: column, isNegative: side == 1,
              device: stuck.count == set.count ? nil : first, conductance: conductance))
          // Of several that are stuck, a read shows the sum alone.
          if stuck.count < set.count {
            for device in stuck.dropFirst() {
              faults.stuck.append(
                StuckDevice(
                  row: row, column: column, isNegative: side == 1, device: device, conductance: 0))
            }
          }
        }
      }
    }
    return faults
  }
}
