/// The free part of a crossbar, as the largest rectangles that hold no cell in use (Jylänki: A thousand
/// ways to pack the bin, 2010; MaxRects).
///
/// Blocks are never turned: rows are word lines, columns are bit lines.
struct FreeRectangles {
  /// A part of a crossbar.
  struct Rectangle: Hashable {
    var rows: Range<Int>
    var columns: Range<Int>

    func contains(_ other: Rectangle) -> Bool {
      rows.contains(other.rows) && columns.contains(other.columns)
    }

    /// The largest rectangles of it that hold no cell of `used`: above, below, left and right of it.
    func parts(outside used: Rectangle) -> [Rectangle] {
      guard rows.overlaps(used.rows), columns.overlaps(used.columns) else { return [self] }
      return rows.parts(outside: used.rows).map { Rectangle(rows: $0, columns: columns) }
        + columns.parts(outside: used.columns).map { Rectangle(rows: rows, columns: $0) }
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
    rectangles = [Rectangle(rows: 0..<rows, columns: 0..<columns)]
  }

  /// The place for a block of this size at which least is left along the shorter side; `nil` if there
  /// is none.
  func bestPlace(rows: Int, columns: Int) -> Place? {
    var best: Place?
    for free in rectangles where rows <= free.rows.count && columns <= free.columns.count {
      let (a, b) = (free.rows.count - rows, free.columns.count - columns)
      let place = Place(
        firstRow: free.rows.lowerBound, firstColumn: free.columns.lowerBound,
        shortSide: min(a, b), longSide: max(a, b))
      if place.isBetter(than: best) { best = place }
    }
    return best
  }

  /// Takes a rectangle out of what is free.
  mutating func take(_ used: Rectangle) {
    let parts = rectangles.flatMap { $0.parts(outside: used) }
    rectangles = parts.indices.filter { index in
      !parts.indices.contains { other in
        other != index && parts[other].contains(parts[index])
          && (parts[other] != parts[index] || other < index)
      }
    }.map { parts[$0] }
  }
}

extension Range<Int> {
  /// What lies before and behind `other`, as far as there is any.
  fileprivate func parts(outside other: Self) -> [Self] {
    [(lowerBound, other.lowerBound), (other.upperBound, upperBound)].filter { $0.0 < $0.1 }
      .map { $0.0..<$0.1 }
  }
}
