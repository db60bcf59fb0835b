/// Rows that each take a column of their own.
enum Assignment {
  /// The least sum of one element a row, no two in the same column; the sum is that of the dual variables.
  static func leastSum(_ costs: [[Double]]) -> Double {
    least(costs.flatMap { $0 }, rows: costs.count, columns: costs[0].count).sum
  }

  /// The column of each row, no two the same, with the least sum of elements, by shortest augmenting paths, and that sum
  /// as the dual variables have it. `costs` lie row by row; there are no more rows than columns.
  static func least(
    _ costs: [Double], rows: Int, columns: Int
  ) -> (columns: [Int], sum: Double) {
    precondition(rows <= columns && costs.count == rows * columns)
    var rowPrices = [Double](repeating: 0, count: rows)
    // Column 0 stands for the row that is being assigned.
    var columnPrices = [Double](repeating: 0, count: columns + 1)
    var owners = [Int](repeating: -1, count: columns + 1)
    for row in 0..<rows {
      owners[0] = row
      var column = 0
      var slack = [Double](repeating: .infinity, count: columns + 1)
      var previous = [Int](repeating: 0, count: columns + 1)
      var isUsed = [Bool](repeating: false, count: columns + 1)
      repeat {
        isUsed[column] = true
        let owner = owners[column]
        var next = (column: 0, slack: Double.infinity)
        for other in 1...columns where !isUsed[other] {
          let reduced =
            costs[owner * columns + other - 1] - rowPrices[owner] - columnPrices[other]
          if reduced < slack[other] { (slack[other], previous[other]) = (reduced, column) }
          if slack[other] < next.slack { next = (other, slack[other]) }
        }
        for other in 0...columns {
          if isUsed[other] {
            rowPrices[owners[other]] += next.slack
            columnPrices[other] -= next.slack
          } else {
            slack[other] -= next.slack
          }
        }
        column = next.column
      } while owners[column] >= 0
      while column != 0 {
        owners[column] = owners[previous[column]]
        column = previous[column]
      }
    }
    var chosen = [Int](repeating: -1, count: rows)
    for column in 1...columns where owners[column] >= 0 { chosen[owners[column]] = column - 1 }
    return (chosen, rowPrices.reduce(0, +) + columnPrices.dropFirst().reduce(0, +))
  }
}
