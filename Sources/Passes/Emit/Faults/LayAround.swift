import Basics
import Chip
import Program

/// What faults of chips cost a program.
public struct FaultFigures: Hashable, Sendable {
  /// What they cost a layer.
  public struct Layer: Hashable, Sendable {
    /// The node.
    public var node: String
    /// The stuck sides of cells that it uses.
    public var stuck = 0
    /// The root of the mean, over its columns on all tiles, of what they lose, in parts of their squared conductances:
    /// with the lines as they are, and with those that were found.
    public var lossAsTheyAre = 0.0
    public var loss = 0.0
  }

  /// The dead cores of all chips of the program.
  public var deadCores: Int
  /// The cores that got lines in an order of their own.
  public var orderedCores: Int
  /// The layers on crossbars, in the order of their blocks.
  public var layers: [Layer]
}

extension Program {
  /// The program with lines of cores in orders in which `faults` cost least: no tile uses a dead line where there are
  /// others, and stuck cells lie below conductances that they are near.
  ///
  /// `devices` on each side of a pair are programmed. Throws `Diagnostics` if tiles lie on a dead core, or on more
  /// lines of a core than work.
  public func laid(around faults: FaultMap, devices: Int) throws -> (
    program: Program, figures: FaultFigures
  ) {
    var tilesOfCore: [[Int]: [Int]] = [:]
    for (index, tile) in tiles.enumerated() {
      tilesOfCore[[tile.chip, tile.core.index], default: []].append(index)
    }
    try Diagnostics(
      faults.cores.compactMap { core in
        tilesOfCore[[core.chip, core.core.index]].flatMap { tooLittleRoom(core, $0) }
      }
    ).throwIfErrors()
    let faulty = faults.cores.filter {
      !$0.isDead && tilesOfCore[[$0.chip, $0.core.index]] != nil
    }
    let results = mappedInParallel(faulty.count, cost: .max) { index in
      let faults = faulty[index]
      return laid(
        around: faults, tilesOfCore[[faults.chip, faults.core.index]] ?? [], devices: devices)
    }
    var program = self
    program.lines = results.compactMap(\.lines)
    var order: [String] = []
    var layers: [String: FaultFigures.Layer] = [:]
    var columns: [String: Int] = [:]
    for tile in tiles {
      let block = blocks[tile.block.index]
      if layers[block.node] == nil {
        order.append(block.node)
        layers[block.node] = FaultFigures.Layer(node: block.node)
      }
      columns[block.node, default: 0] += block.columns.count
    }
    for loss in results.flatMap(\.losses) {
      layers[loss.node]?.stuck += loss.stuck
      layers[loss.node]?.lossAsTheyAre += loss.before
      layers[loss.node]?.loss += loss.after
    }
    let figures = FaultFigures(
      deadCores: (0..<chipCount).reduce(0) { $0 + faults.deadCores(ofChip: $1).count },
      orderedCores: program.lines.count,
      layers: order.compactMap { node in
        layers[node].map { layer in
          var layer = layer
          let count = Double(columns[node] ?? 1)
          layer.lossAsTheyAre = (layer.lossAsTheyAre / count).squareRoot()
          layer.loss = (layer.loss / count).squareRoot()
          return layer
        }
      })
    return (program, figures)
  }

  /// What is wrong if a core with `faults` has no room for the tiles `numbers`, as where a text or a tile map that knows
  /// no faults has chosen its places.
  private func tooLittleRoom(_ faults: CoreFaults, _ numbers: [Int]) -> Diagnostic? {
    let node = blocks[tiles[numbers[0]].block.index].node
    let core = "core \(faults.core.index) of chip \(faults.chip)"
    let help = "compile the network, or a text from before pass partition, without a tile map"
    if faults.isDead {
      return Diagnostic(node: node, "lies on \(core), which is dead", help: help)
    }
    var (rows, columns) = (Set<Int>(), Set<Int>())
    for number in numbers {
      let tile = tiles[number]
      let block = blocks[tile.block.index]
      rows.formUnion(tile.firstRow..<tile.firstRow + block.rows.count)
      columns.formUnion(tile.firstColumn..<tile.firstColumn + block.columns.count)
    }
    let lines = [
      (rows.count, chip.crossbar.rows - faults.deadRows.count, "word lines"),
      (columns.count, chip.crossbar.columns - faults.deadColumns.count, "bit lines"),
    ]
    return lines.first { $0.0 > $0.1 }.map { taken, living, what in
      Diagnostic(
        node: node, "\(core) has tiles on \(taken) \(what), of which \(living) work", help: help)
    }
  }

  /// What a tile loses.
  private struct TileLoss {
    var node: String
    var stuck: Int
    var before: Double
    var after: Double
  }

  private func laid(
    around faults: CoreFaults, _ numbers: [Int], devices: Int
  ) -> (lines: CoreLines?, losses: [TileLoss]) {
    var core = FaultyCore(faults, chip.crossbar, devices: devices)
    for number in numbers {
      let tile = tiles[number]
      let block = blocks[tile.block.index]
      let g = block.conductances.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.single($0) }
      }
      core.add(
        g, width: block.columns.count, gMax: block.gMax, row: tile.firstRow,
        column: tile.firstColumn)
    }
    let order = core.found()
    let losses = numbers.map { number in
      let tile = tiles[number]
      let block = blocks[tile.block.index]
      let rows = tile.firstRow..<tile.firstRow + block.rows.count
      let columns = tile.firstColumn..<tile.firstColumn + block.columns.count
      let after = core.loss(order, rows: rows, columns: columns)
      return TileLoss(
        node: block.node, stuck: after.sides,
        before: core.loss(core.given, rows: rows, columns: columns).sum, after: after.sum)
    }
    let isGiven = order.rows == core.given.rows && order.columns == core.given.columns
    return (
      isGiven
        ? nil
        : CoreLines(
          chip: faults.chip, core: faults.core, rows: order.rows, columns: order.columns), losses
    )
  }
}
