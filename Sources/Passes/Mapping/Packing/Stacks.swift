import Chip

/// How a matrix is cut into the fewest blocks.
enum Cut {
  /// Into blocks as equal as can be, which use the lines of all crossbars evenly.
  case equally
  /// Into blocks as large as a crossbar, and remainders.
  case atEdges
}

extension Product {
  /// The blocks of the matrix on crossbars of `chip`; those of a recurrent layer are always cut equally.
  ///
  /// Where the range of the input changes from one row to the next, a block ends.
  func stacks(on chip: Chip, cut: Cut) -> [Stack] {
    if let gates { return gates.stacks(rowsOfRanges + [inputRows..<rows], on: chip) }
    let crossbar = chip.crossbar
    if ranges.differByRow {
      let rowBlocks = rowsOfRanges.flatMap { $0.parts(ofAtMost: crossbar.rows, cut) }
      return (0..<columns).parts(ofAtMost: crossbar.columns, cut).map {
        Stack(columns: $0, rows: rowBlocks)
      }
    }
    let groupRows = rows / groups
    let groupColumns = columns / groups
    let together = min(
      crossbar.rows / max(groupRows, 1), crossbar.columns / max(groupColumns, 1))
    if together >= 1 {
      return (0..<groups).parts(ofAtMost: together, cut).map { part in
        Stack(
          columns: part.lowerBound * groupColumns..<part.upperBound * groupColumns,
          rows: [part.lowerBound * groupRows..<part.upperBound * groupRows])
      }
    }
    return (0..<groups).flatMap { group in
      (group * groupColumns..<(group + 1) * groupColumns).parts(ofAtMost: crossbar.columns, cut)
        .map { columns in
          Stack(
            columns: columns,
            rows: (group * groupRows..<(group + 1) * groupRows)
              .parts(ofAtMost: crossbar.rows, cut))
        }
    }
  }
}

extension Product.Gates {
  /// The blocks of the matrix: columns of as many whole units as a crossbar has, and a slice of the
  /// GDPU takes; rows of each range, of x and of the hidden state, in blocks of their own.
  fileprivate func stacks(_ rowsOfRanges: [Range<Int>], on chip: Chip) -> [Stack] {
    let width = columns.count
    let widest = min(chip.crossbar.columns, chip.gdpu?.maximumInputs ?? chip.crossbar.columns)
    let rowBlocks = rowsOfRanges.flatMap { $0.parts(ofAtMost: chip.crossbar.rows, .equally) }
    let ranges =
      widest < width
      ? (0..<hidden * width).parts(ofAtMost: chip.crossbar.columns, .equally)
      : (0..<hidden).parts(ofAtMost: widest / width, .equally).map {
        $0.lowerBound * width..<$0.upperBound * width
      }
    return ranges.map { Stack(columns: $0, rows: rowBlocks) }
  }
}

extension Range<Int> {
  /// The range cut into the fewest parts of at most `limit`.
  fileprivate func parts(ofAtMost limit: Int, _ cut: Cut) -> [Range<Int>] {
    let parts = (count + limit - 1) / limit
    if cut == .atEdges {
      return (0..<parts).map { part in
        lowerBound + limit * part..<Swift.min(lowerBound + limit * (part + 1), upperBound)
      }
    }
    return (0..<parts).map { part in
      lowerBound + count * part / parts..<lowerBound + count * (part + 1) / parts
    }
  }
}
