import Chip
import Device
import Program

extension FaultMap {
  /// What cells of a crossbar of `chip` cannot take, in ascending order: those of a dead core or a dead line nothing.
  ///
  /// `devices` on each side are programmed.
  func limits(of crossbar: PlannedCrossbar, on chip: Chip, devices: Int) -> [CellLimit] {
    let tile = crossbar.tile
    guard let faults = faults(ofChip: tile.chip, core: tile.core) else { return [] }
    let (rows, columns) = (crossbar.rows, crossbar.columns)
    let lines =
      crossbar.lines
      ?? BlockLines(
        rows: Array(tile.firstRow..<tile.firstRow + rows),
        columns: Array(tile.firstColumn..<tile.firstColumn + columns))
    var limits: [CellLimit] = []
    func addDead(_ cell: Int) {
      limits.append(CellLimit(cell: cell, isNegative: false, range: 0...0))
      limits.append(CellLimit(cell: cell, isNegative: true, range: 0...0))
    }
    if faults.isDead {
      for cell in 0..<rows * columns { addDead(cell) }
      return limits
    }
    let (deadRows, deadColumns) = (Set(faults.deadRows), Set(faults.deadColumns))
    let isDeadColumn = lines.columns.map { deadColumns.contains($0) }
    for (row, line) in lines.rows.enumerated() {
      if deadRows.contains(line) {
        for column in 0..<columns { addDead(row * columns + column) }
      } else if !deadColumns.isEmpty {
        for column in 0..<columns where isDeadColumn[column] { addDead(row * columns + column) }
      }
    }
    var rowOfLine = [Int?](repeating: nil, count: chip.crossbar.rows)
    var columnOfLine = [Int?](repeating: nil, count: chip.crossbar.columns)
    for (row, line) in lines.rows.enumerated() { rowOfLine[line] = row }
    for (column, line) in lines.columns.enumerated() { columnOfLine[line] = column }
    for side in faults.sides(of: chip.crossbar, devices: devices) {
      guard let row = rowOfLine[side.row], let column = columnOfLine[side.column],
        !deadRows.contains(side.row), !isDeadColumn[column]
      else { continue }
      limits.append(
        CellLimit(cell: row * columns + column, isNegative: side.isNegative, range: side.range))
    }
    return limits.sorted { ($0.cell, $0.isNegative ? 1 : 0) < ($1.cell, $1.isNegative ? 1 : 0) }
  }
}
