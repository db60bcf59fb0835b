import Chip
import IR

extension ProductLayouts {
  /// Lets every convolution of `graph` compute as many neighbouring positions from one vector as fit into
  /// the crossbars that it takes anyway.
  ///
  /// The weights of a position are those of its neighbour, shifted: rows and columns that were free
  /// are filled, so that there are fewer MVMs and fewer bytes for the same results. Of the choices
  /// with the most positions, the one with the fewest rows is taken. Convolutions in groups, those
  /// with dilations, of more than two dimensions, those whose rows have different ranges, and those that are
  /// laid out already stay as they are.
  public func widened(for crossbar: Crossbar, in graph: Graph) -> ProductLayouts {
    var layouts = self
    for narrow in Products(of: graph, layouts: self).inOrder where narrow.macs > 0 {
      guard let y = narrow.windows?.output, y.count <= 4, narrow.layout == .plain else { continue }
      let blocks = crossbar.blocks(narrow.rows, narrow.columns)
      var best = (positions: [Int](), count: 1, rows: narrow.rows)
      for positions in y.dropFirst(2).choices {
        let count = positions.reduce(1, *)
        guard count >= best.count, count * narrow.columns <= crossbar.columns * blocks,
          let wide = WideWindow(narrow, positions: positions),
          crossbar.blocks(wide.rows, wide.columns) <= blocks
        else { continue }
        if count > best.count || wide.rows < best.rows { best = (positions, count, wide.rows) }
      }
      if best.count > 1 { layouts[narrow.node].positions = best.positions }
    }
    return layouts
  }
}

extension Crossbar {
  /// The crossbars that a matrix takes.
  fileprivate func blocks(_ rows: Int, _ columns: Int) -> Int {
    ((rows + self.rows - 1) / self.rows) * ((columns + self.columns - 1) / self.columns)
  }
}

extension ArraySlice<Int> {
  /// All lists of divisors, one of each element, in ascending order.
  fileprivate var choices: [[Int]] {
    reduce([[]]) { lists, size in
      let divisors = (1...Swift.max(size, 1)).filter { size % $0 == 0 }
      return lists.flatMap { list in divisors.map { list + [$0] } }
    }
  }
}
