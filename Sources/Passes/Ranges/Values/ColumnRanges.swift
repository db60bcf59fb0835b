import IR

/// The largest magnitude of each column's results while calibration data pass.
struct ColumnRanges {
  private(set) var maxima: [Float]
  /// How many neighbouring elements of a result are of one column.
  private let stretch: Int

  /// Creates the ranges of a layer's columns; `nil` if its results do not lie column by column.
  init?(_ product: Product) {
    let walk = product.destination
    guard product.columns > 1, let inner = walk.loops.last, walk.innerLoops == 1,
      inner.count == product.columns
    else { return nil }
    stretch = inner.step * walk.axes[inner.axis].stride
    maxima = [Float](repeating: 0, count: product.columns)
    guard stretch > 0 else { return nil }
  }

  /// Looks at a result.
  mutating func observe(_ results: [Float]) {
    let count = maxima.count
    precondition(results.count.isMultiple(of: count * stretch), "whole rows of columns")
    for (number, start) in Swift.stride(from: 0, to: results.count, by: stretch).enumerated() {
      let column = number % count
      maxima[column] = max(maxima[column], magnitude(results[start..<start + stretch]))
    }
  }

  /// The step of each column in parts of that of `range`, where the columns reach `maxima`; empty where
  /// all are 1.
  ///
  /// Data may go beyond what calibration met, and more so in one column than in all: a column has four
  /// times what it needs, and the whole range unless it needs a sixteenth at most.
  static func steps(of maxima: [Float], in range: Float) -> [Float] {
    // No step is subnormal.
    guard range > 0x1p-96 else { return [] }
    let steps = maxima.map { maximum -> Float in
      guard maximum > 0, range.isFinite, range / maximum >= 16 else { return 1 }
      return max(4 * maximum / range, 0x1p-16)
    }
    return steps.allSatisfy { $0 == 1 } ? [] : steps
  }
}

extension Graph {
  /// Whether anything but converters, which take all columns in one step, sees `value`, rectified, moved or
  /// pooled.
  func isSeenByHost(_ value: ValueID, _ products: Products, _ users: [[NodeID]]) -> Bool {
    var open = [value]
    while let value = open.popLast() {
      if outputs.contains(value) { return true }
      for user in users[value.index] {
        if products[user]?.input == value { continue }
        let node = self[user]
        switch node.op {
        case .unary(.relu), .unary(.identity), .pool, .globalPool, .reshape, .flatten, .squeeze,
          .unsqueeze, .transpose, .slice, .split, .pad, .concat, .quantize:
          open += node.results
        default: return true
        }
      }
    }
    return false
  }
}
