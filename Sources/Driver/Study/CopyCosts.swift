import Chip
import Passes

/// What products cost with copies, in terms of what a mapping minimizes.
struct CopyCosts {
  private let chip: Chip
  private let objective: MappingOptions.Objective

  /// The costs on `chip`.
  init(_ chip: Chip, _ objective: MappingOptions.Objective) {
    (self.chip, self.objective) = (chip, objective)
  }

  /// The crossbars that copies of the columns and rows of `layer` take.
  func crossbars(_ layer: Layer, columns: Int, rows: Int) -> Int {
    parts(columns * layer.columns, chip.crossbar.columns)
      * parts(rows * layer.rows, chip.crossbar.rows)
  }

  /// The cost of `layer` with so many copies of its columns and rows.
  ///
  /// Inputs go to every range of columns, results come from the last block of each, and the host adds up copies of
  /// columns.
  func onCrossbars(_ layer: Layer, columns: Int, rows: Int) -> Double {
    let (width, height) = (columns * layer.columns, rows * layer.rows)
    let vectors = Double(layer.vectors)
    let stacks = parts(width, chip.crossbar.columns)
    let blocks = Double(crossbars(layer, columns: columns, rows: rows))
    let passed = min(width, chip.crossbar.columns)
    let on = chip.crossbar.mvmTime + chip.ldpu.latency + chip.passTime(columns: passed)
    let results = Double(width * parts(height, chip.crossbar.rows))
    let bytes = height * stacks * chip.inputBytes + width * chip.resultBytes
    let sums = columns > 1 ? width : 0
    return cost(
      crossbars: Int(blocks),
      energy: vectors
        * (blocks * (chip.crossbar.mvmEnergy + on * chip.crossbar.power / 1e6)
          + (results * chip.ldpu.energyPerColumn + Double(bytes) * chip.host.energyPerByte
            + Double(sums) * chip.host.energyPerMAC) / 1000),
      time: vectors
        * (chip.vectorTime(columns: passed) + chip.hostTransferTime(bytes: bytes)
          + chip.hostTime(operations: sums)))
  }

  /// The cost of `layer` on the host.
  func onHost(_ layer: Layer) -> Double {
    cost(
      crossbars: 0, energy: Double(layer.macs) * chip.host.energyPerMAC / 1000,
      time: chip.hostTime(operations: layer.macs))
  }

  private func cost(crossbars: Int, energy: Double, time: Double) -> Double {
    switch objective {
    case .throughput, .latency: time
    case .energy: energy
    // Of as many crossbars, the one with less energy: below 1 for up to 1 J.
    case .area: Double(crossbars) + energy / 1e9
    }
  }

  private func parts(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }
}
