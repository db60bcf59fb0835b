extension Product {
  /// The bias of every column, of the operand's elements.
  func bias(_ elements: [Float]) -> [Float] {
    switch order {
    case .rowByRow, .columnByColumn: elements
    case .gates(let gates): gates.bias(elements)
    case .wide(let window): window.bias(elements)
    }
  }

  /// The weights of a block, row by row, zeros outside the groups' diagonal; `recurrence` has those
  /// for the hidden state of a recurrent layer.
  func block(
    rows blockRows: Range<Int>, columns blockColumns: Range<Int>, of weights: Singles,
    _ recurrence: Singles? = nil
  ) -> [Float] {
    switch order {
    case .gates(let gates):
      gates.block(rows: blockRows, columns: blockColumns, of: weights, recurrence)
    case .wide(let window): window.block(rows: blockRows, columns: blockColumns, of: weights)
    case .rowByRow: rowByRow(blockRows, blockColumns, of: weights)
    case .columnByColumn: columnByColumn(blockRows, blockColumns, of: weights)
    }
  }

  private func columnByColumn(
    _ blockRows: Range<Int>, _ blockColumns: Range<Int>, of weights: Singles
  ) -> [Float] {
    let width = blockColumns.count
    var block = [Float](repeating: 0, count: blockRows.count * width)
    block.withUnsafeMutableBufferPointer { block in
      weights.bytes.withUnsafeBytes { weights in
        if groups == 1 {
          // Some columns at a time: every row of a column lies in another line of the cache.
          for tile in stride(from: 0, to: width, by: 8).map({ $0..<min($0 + 8, width) }) {
            for (i, row) in blockRows.enumerated() {
              for j in tile {
                block[i &* width &+ j] = weights.single(
                  (blockColumns.lowerBound &+ j) &* rows &+ row)
              }
            }
          }
          return
        }
        let (rowsPerGroup, columnsPerGroup) = (rows / groups, columns / groups)
        for (j, column) in blockColumns.enumerated() {
          let firstRow = column / columnsPerGroup * rowsPerGroup
          for row in blockRows.clamped(to: firstRow..<firstRow + rowsPerGroup) {
            block[(row - blockRows.lowerBound) * width + j] = weights.single(
              column * rowsPerGroup + row - firstRow)
          }
        }
      }
    }
    return block
  }

  private func rowByRow(
    _ blockRows: Range<Int>, _ blockColumns: Range<Int>, of weights: Singles
  ) -> [Float] {
    let width = blockColumns.count
    return [Float](unsafeUninitializedCapacity: blockRows.count * width) { block, count in
      count = blockRows.count * width
      let lines = UnsafeMutableRawBufferPointer(block)
      weights.bytes.withUnsafeBytes { weights in
        for (i, row) in blockRows.enumerated() {
          let first = 4 * (row * columns + blockColumns.lowerBound)
          UnsafeMutableRawBufferPointer(rebasing: lines[4 * i * width..<4 * (i + 1) * width])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: weights[first..<first + 4 * width]))
        }
      }
    }
  }
}
