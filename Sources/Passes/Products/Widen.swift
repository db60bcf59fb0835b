import Chip
import IR

extension Graph {
  /// Lets every convolution compute as many neighbouring positions from one vector as fit into the
  /// crossbars that it takes anyway.
  ///
  /// The weights of a position are those of its neighbour, shifted: rows and columns that were free
  /// are filled, so that there are fewer MVMs and fewer bytes for the same results. Of the choices
  /// with the most positions, the one with the fewest rows is taken. Convolutions in groups, those
  /// with dilations, with columns for errors, and of more than two dimensions stay as they are.
  public func widened(for crossbar: Crossbar) -> Graph {
    var graph = self
    for narrow in Products(of: self).inOrder where narrow.macs > 0 {
      guard let y = narrow.windows?.output, y.count <= 4, narrow.positions.isEmpty,
        narrow.residualColumns == 0
      else { continue }
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
      guard best.count > 1 else { continue }
      graph[narrow.node].op = self[narrow.node].op.widened(to: best.positions)
    }
    return graph
  }

  /// What widening makes of the graph; `nil` if it changes nothing.
  public func ifWidened(for crossbar: Crossbar) -> Graph? {
    let wide = widened(for: crossbar)
    return zip(nodes, wide.nodes).contains { $0.op != $1.op } ? wide : nil
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
