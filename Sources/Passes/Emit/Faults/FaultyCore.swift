import Chip

/// A core with faults, and what its cells are to hold: finds lines for it on which least is lost.
struct FaultyCore {
  /// The word lines and the bit lines of the core.
  private let rows: Int
  private let columns: Int
  /// What cell r · columns + c of the tiles is to conduct, in µS: above 0 on the positive side.
  private var targets: [Float]
  /// What a squared error of a µS of that cell costs; 0 where no tile is.
  private var weights: [Float]
  /// Whether a tile lies on each line.
  private var isUsedRow: [Bool]
  private var isUsedColumn: [Bool]
  private let sides: [StuckSide]
  /// The sides of each word line and of each bit line, as indices of `sides`.
  private var sidesOfRow: [[Int]]
  private var sidesOfColumn: [[Int]]
  private let isDeadRow: [Bool]
  private let isDeadColumn: [Bool]

  /// What a used line on a dead one costs: more than all else.
  private static let deadCost = 1e9
  /// What leaving the order costs, so that lines without faults keep theirs.
  private static let moveCost = 1e-9
  /// The most rounds in which bit lines and word lines are found by turns.
  private static let rounds = 6

  /// Creates a core of `crossbar` with `faults`, of whose devices `used` on each side are programmed, without tiles.
  init(_ faults: CoreFaults, _ crossbar: Crossbar, devices used: Int) {
    (rows, columns) = (crossbar.rows, crossbar.columns)
    targets = [Float](repeating: 0, count: rows * columns)
    weights = targets
    isUsedRow = Array(repeating: false, count: rows)
    isUsedColumn = Array(repeating: false, count: columns)
    sides = faults.sides(of: crossbar, devices: used)
    sidesOfRow = Array(repeating: [], count: rows)
    sidesOfColumn = Array(repeating: [], count: columns)
    var (deadRows, deadColumns) = (
      [Bool](repeating: false, count: rows), [Bool](repeating: false, count: columns)
    )
    for row in faults.deadRows { deadRows[row] = true }
    for column in faults.deadColumns { deadColumns[column] = true }
    (isDeadRow, isDeadColumn) = (deadRows, deadColumns)
    for (index, side) in sides.enumerated() {
      sidesOfRow[side.row].append(index)
      sidesOfColumn[side.column].append(index)
    }
  }

  /// Adds a tile of `width` columns whose first cell is at the lines `row` and `column`: its conductances in parts of
  /// `gMax` µS, row by row. Errors count in parts of the squared conductances of their column.
  mutating func add(_ g: [Float], width: Int, gMax: Float, row: Int, column: Int) {
    var squares = [Float](repeating: 0, count: width)
    for (index, g) in g.enumerated() { squares[index % width] += g * g * gMax * gMax }
    for line in row..<row + g.count / width { isUsedRow[line] = true }
    for line in column..<column + width { isUsedColumn[line] = true }
    for (index, g) in g.enumerated() {
      let (r, c) = index.quotientAndRemainder(dividingBy: width)
      let cell = (row + r) * columns + column + c
      targets[cell] = g * gMax
      weights[cell] = squares[c] > 0 ? 1 / squares[c] : 0
    }
  }

  /// What a stuck side costs below a cell of the tiles.
  private func cost(_ side: StuckSide, _ cell: Int) -> Double {
    let weight = weights[cell]
    guard weight > 0 else { return 0 }
    let wanted = max(Double(side.isNegative ? -targets[cell] : targets[cell]), 0)
    let found = min(max(wanted, side.range.lowerBound), side.range.upperBound)
    return (found - wanted) * (found - wanted) * Double(weight)
  }

  /// The line of each line of tiles.
  struct Order {
    var rows: [Int]
    var columns: [Int]
  }

  /// Lines that are themselves.
  var given: Order { Order(rows: Array(0..<rows), columns: Array(0..<columns)) }

  /// What each cell of the tiles in `rows` × `columns` loses in an order, in parts of the squared conductances of its
  /// column, and how many stuck sides are below them.
  func loss(_ order: Order, rows range: Range<Int>, columns others: Range<Int>) -> (
    sum: Double, sides: Int
  ) {
    let (rowOf, columnOf) = (inverse(order.rows), inverse(order.columns))
    var (sum, count) = (0.0, 0)
    for side in sides {
      let (row, column) = (rowOf[side.row], columnOf[side.column])
      guard range.contains(row), others.contains(column), !isDeadRow[side.row],
        !isDeadColumn[side.column]
      else { continue }
      sum += cost(side, row * columns + column)
      count += 1
    }
    // What lies on a dead line is lost.
    for row in range {
      for column in others where isDeadRow[order.rows[row]] || isDeadColumn[order.columns[column]] {
        let cell = row * columns + column
        sum += Double(targets[cell] * targets[cell] * weights[cell])
      }
    }
    return (sum, count)
  }

  /// An order in which tiles lose as little as it finds: bit lines and word lines by turns, each time the best for
  /// the others as they are.
  func found() -> Order {
    var order = given
    let usedRows = (0..<rows).filter { isUsedRow[$0] }
    let usedColumns = (0..<columns).filter { isUsedColumn[$0] }
    var last = Double.infinity
    for _ in 0..<Self.rounds {
      let rowOf = inverse(order.rows)
      order.columns = assigned(usedColumns, columns, isDead: isDeadColumn) { line, target in
        sidesOfColumn[line].reduce(0) {
          $0 + cost(sides[$1], rowOf[sides[$1].row] * columns + target)
        }
      }
      let columnOf = inverse(order.columns)
      order.rows = assigned(usedRows, rows, isDead: isDeadRow) { line, target in
        sidesOfRow[line].reduce(0) {
          $0 + cost(sides[$1], target * columns + columnOf[sides[$1].column])
        }
      }
      let (sum, _) = loss(order, rows: 0..<rows, columns: 0..<columns)
      if sum > 0.99 * last { break }
      last = sum
    }
    return order
  }

  /// The line of each of `count` lines of tiles, of which `used` hold something, with the least sum of costs.
  private func assigned(
    _ used: [Int], _ count: Int, isDead: [Bool], cost: (_ line: Int, _ target: Int) -> Double
  ) -> [Int] {
    var costs = [Double](repeating: 0, count: used.count * count)
    for (row, target) in used.enumerated() {
      for line in 0..<count {
        costs[row * count + line] =
          (isDead[line] ? Self.deadCost : cost(line, target)) + (line == target ? 0 : Self.moveCost)
      }
    }
    let chosen = Assignment.least(costs, rows: used.count, columns: count).columns
    var (lines, isTaken) = (
      [Int](repeating: -1, count: count), [Bool](repeating: false, count: count)
    )
    for (target, line) in zip(used, chosen) {
      lines[target] = line
      isTaken[line] = true
    }
    // What holds nothing keeps its line where that is free.
    for target in 0..<count where lines[target] < 0 && !isTaken[target] {
      lines[target] = target
      isTaken[target] = true
    }
    var free = (0..<count).filter { !isTaken[$0] }.makeIterator()
    for target in 0..<count where lines[target] < 0 { lines[target] = free.next() ?? target }
    return lines
  }

  private func inverse(_ order: [Int]) -> [Int] {
    var inverse = order
    for (target, line) in order.enumerated() { inverse[line] = target }
    return inverse
  }
}
