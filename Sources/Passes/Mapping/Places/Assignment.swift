/// Rows that each take a column of their own.
enum Assignment {
  /// The least sum of one element a row, no two in the same column, by shortest augmenting paths; the sum is that of
  /// the dual variables.
  static func leastSum(_ costs: [[Double]]) -> Double {
    let (rows, columns) = (costs.count, costs[0].count)
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
          let reduced = costs[owner][other - 1] - rowPrices[owner] - columnPrices[other]
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
    return rowPrices.reduce(0, +) + columnPrices.dropFirst().reduce(0, +)
  }
}
