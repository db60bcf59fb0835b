import Basics

extension Validator {
  /// Checks that columns for the errors of others are empty, and that what they correct is there: in
  /// blocks of the same rows, on as many tiles.
  mutating func validateResiduals() {
    guard program.blocks.contains(where: { $0.residual != nil }) else { return }
    var tiles = [Int](repeating: 0, count: program.blocks.count)
    for tile in program.tiles where tiles.indices.contains(tile.block.index) {
      tiles[tile.block.index] += 1
    }
    // The columns that blocks of the same rows on as many tiles hold.
    var held: [HeldColumns: Set<Int>] = [:]
    for (number, block) in program.blocks.enumerated() {
      held[HeldColumns(rows: BlockRows(block), tiles: tiles[number]), default: []]
        .formUnion(block.columns)
    }
    for (number, block) in program.blocks.enumerated() {
      guard let residual = block.residual else { continue }
      func fault(_ message: String) {
        faults.add(SectionName.blocks, "block \(number) (\"\(block.node)\") \(message)")
      }
      guard residual.width > 0, residual.firstColumn >= residual.width,
        residual.firstColumn.isMultiple(of: residual.width),
        residual.firstColumn < block.columns.upperBound,
        block.columns.upperBound <= residual.firstColumn + residual.width,
        residual.share > 0, residual.share <= 1
      else {
        fault("has error columns that do not follow the columns that they correct")
        continue
      }
      guard residual.firstColumn / residual.width <= Self.maximumCopies else {
        fault("has columns for the errors of more than \(Self.maximumCopies) copies")
        continue
      }
      let own = max(residual.firstColumn, block.columns.lowerBound)..<block.columns.upperBound
      let isEmpty = block.conductances.withUnsafeBytes { bytes in
        block.rows.indices.allSatisfy { row in
          own.allSatisfy { column in
            let place =
              (row - block.rows.lowerBound) * block.columns.count + column
              - block.columns.lowerBound
            return 4 * place + 4 <= bytes.count
              && bytes.loadUnaligned(fromByteOffset: 4 * place, as: Float.self) == 0
          }
        }
      }
      if !isEmpty { fault("has conductances in error columns") }
      let others = held[HeldColumns(rows: BlockRows(block), tiles: tiles[number])] ?? []
      for column in own {
        if residual.corrected(by: column).allSatisfy(others.contains) { continue }
        fault("corrects columns that no block of its rows on the same number of tiles holds")
        break
      }
    }
  }
}

/// Blocks of the same rows that are on as many tiles.
private struct HeldColumns: Hashable {
  var rows: BlockRows
  var tiles: Int
}

/// The node and the rows of a block.
public struct BlockRows: Hashable, Sendable {
  /// The node.
  public var node: String
  /// The rows of the layer's matrix.
  public var rows: Range<Int>

  /// The node and the rows of `block`.
  public init(_ block: ConductanceBlock) {
    node = block.node
    rows = block.rows
  }
}

extension Program {
  /// The numbers of the blocks that hold columns of the same rows of a node's matrix, in ascending order.
  public var blocksOfRows: [BlockRows: [Int]] {
    var places: [BlockRows: [Int]] = [:]
    for (number, block) in blocks.enumerated() {
      places[BlockRows(block), default: []].append(number)
    }
    return places
  }
}
