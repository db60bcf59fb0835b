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
  /// `devices` on each side of a pair are programmed. No tile may lie on a dead core.
  public func laid(around faults: FaultMap, devices: Int) -> (
    program: Program, figures: FaultFigures
  ) {
    var tilesOfCore: [[Int]: [Int]] = [:]
    for (index, tile) in tiles.enumerated() {
      tilesOfCore[[tile.chip, tile.core.index], default: []].append(index)
    }
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
