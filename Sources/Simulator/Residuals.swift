import Basics
import Device
import Program

extension Plan {
  /// What crossbars with columns for the errors of others are to hold once all is programmed as `cells`
  /// and read with `noise`, of targets as in `crossbars`: Specs/numerics.md, "Residuals".
  ///
  /// Every tile corrects those that hold the same copy: they are counted in the order of the tiles.
  func residuals(
    of cells: [ProgrammedCells], _ crossbars: [PlannedCrossbar], _ noise: ReadNoise
  ) -> [(crossbar: Int, targets: [Float])] {
    guard program.blocks.contains(where: { $0.residual != nil }) else { return [] }
    var crossbarsOfBlock = [[Int]](repeating: [], count: program.blocks.count)
    for (index, crossbar) in crossbars.enumerated() {
      crossbarsOfBlock[crossbar.tile.block.index].append(index)
    }
    let places = program.blocksOfRows
    var residuals: [(crossbar: Int, targets: [Float])] = []
    for (number, block) in program.blocks.enumerated() {
      guard let residual = block.residual else { continue }
      let others = places[BlockRows(block)] ?? []
      for (copy, crossbar) in crossbarsOfBlock[number].enumerated() {
        let errors = others.compactMap { other -> ColumnErrors? in
          let tiles = crossbarsOfBlock[other]
          guard tiles.indices.contains(copy),
            program.blocks[other].columns.lowerBound < residual.firstColumn
          else { return nil }
          return ColumnErrors(
            program.blocks[other], crossbars[tiles[copy]], cells[tiles[copy]], noise)
        }
        residuals.append((crossbar, crossbars[crossbar].corrections(of: errors, block, residual)))
      }
    }
    return residuals
  }
}

extension PlannedCrossbar {
  /// The targets with those of the columns for errors.
  fileprivate func corrections(
    of errors: [ColumnErrors], _ block: ConductanceBlock, _ residual: ConductanceBlock.Residual
  ) -> [Float] {
    var targets = targets
    for column in block.columns where column >= residual.firstColumn {
      let own = column - block.columns.lowerBound
      var sums = [Double](repeating: 0, count: rows)
      for corrected in residual.corrected(by: column) {
        guard let known = errors.first(where: { $0.columns.contains(corrected) }) else { continue }
        for row in 0..<rows { sums[row] += known.error(row: row, column: corrected) }
      }
      let factor = Double(residual.share) / Double(block.columnScale[own])
      for row in 0..<rows {
        let value = Float(min(max(factor * sums[row], -1), 1))
        targets[row * columns + own] = ConductanceBlock.conductance(
          standingFor: value, decoding)
      }
    }
    return targets
  }
}

/// How far what a read of a tile shows is from the weights that it is to hold.
private struct ColumnErrors {
  let columns: Range<Int>
  private let wanted: [Float]
  private let found: [Float]
  private let scales: [Float]

  init(
    _ block: ConductanceBlock, _ crossbar: PlannedCrossbar, _ cells: ProgrammedCells,
    _ noise: ReadNoise
  ) {
    columns = block.columns
    scales = block.columnScale
    wanted = ProgrammedBlock.decoded(crossbar.targets, crossbar.decoding)
    let (positive, negative) = cells.conductances(at: 0, noise)
    found = ProgrammedBlock.decoded(
      zip(positive, negative).map { ($0 - $1) / block.gMax }, crossbar.decoding)
  }

  func error(row: Int, column: Int) -> Double {
    let own = column - columns.lowerBound
    let place = row * columns.count + own
    return Double(scales[own]) * (Double(wanted[place]) - Double(found[place]))
  }
}
