/// The free part of a crossbar, as the largest rectangles that hold no cell in use (Jylänki: A thousand
/// ways to pack the bin, 2010; MaxRects).
///
/// Blocks are never turned: rows are word lines, columns are bit lines.
struct FreeRectangles {
  /// A part of a crossbar.
  struct Rectangle: Hashable {
    var firstRow: Int
    var firstColumn: Int
    var rows: Int
    var columns: Int

    func contains(_ other: Rectangle) -> Bool {
      firstRow <= other.firstRow && firstColumn <= other.firstColumn
        && other.firstRow + other.rows <= firstRow + rows
        && other.firstColumn + other.columns <= firstColumn + columns
    }
  }

  /// A place for a block, and how well it fits: smaller is better.
  struct Place {
    var firstRow: Int
    var firstColumn: Int
    /// What is left free along the side on which less is left.
    var shortSide: Int
    /// What is left free along the other side.
    var longSide: Int

    func isBetter(than other: Place?) -> Bool {
      guard let other else { return true }
      return (shortSide, longSide) < (other.shortSide, other.longSide)
    }
  }

  private(set) var rectangles: [Rectangle]

  /// An empty crossbar.
  init(rows: Int, columns: Int) {
    rectangles = [Rectangle(firstRow: 0, firstColumn: 0, rows: rows, columns: columns)]
  }

  /// The place for a block of this size at which least is left along the shorter side; `nil` if there
  /// is none.
  func bestPlace(rows: Int, columns: Int) -> Place? {
    var best: Place?
    for free in rectangles where rows <= free.rows && columns <= free.columns {
      let (a, b) = (free.rows - rows, free.columns - columns)
      let place = Place(
        firstRow: free.firstRow, firstColumn: free.firstColumn, shortSide: min(a, b),
        longSide: max(a, b))
      if place.isBetter(than: best) { best = place }
    }
    return best
  }

  /// Takes a rectangle out of what is free.
  mutating func take(_ used: Rectangle) {
    var parts: [Rectangle] = []
    let (endRow, endColumn) = (used.firstRow + used.rows, used.firstColumn + used.columns)
    for free in rectangles {
      let (freeEndRow, freeEndColumn) = (free.firstRow + free.rows, free.firstColumn + free.columns)
      guard used.firstRow < freeEndRow, free.firstRow < endRow, used.firstColumn < freeEndColumn,
        free.firstColumn < endColumn
      else {
        parts.append(free)
        continue
      }
      if used.firstRow > free.firstRow {
        var part = free
        part.rows = used.firstRow - free.firstRow
        parts.append(part)
      }
      if endRow < freeEndRow {
        var part = free
        part.firstRow = endRow
        part.rows = freeEndRow - endRow
        parts.append(part)
      }
      if used.firstColumn > free.firstColumn {
        var part = free
        part.columns = used.firstColumn - free.firstColumn
        parts.append(part)
      }
      if endColumn < freeEndColumn {
        var part = free
        part.firstColumn = endColumn
        part.columns = freeEndColumn - endColumn
        parts.append(part)
      }
    }
    rectangles = parts.indices.filter { index in
      !parts.indices.contains { other in
        other != index && parts[other].contains(parts[index])
          && (parts[other] != parts[index] || other < index)
      }
    }.map { parts[$0] }
  }
}
