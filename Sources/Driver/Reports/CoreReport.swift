import Basics
import Chip
import IR
import Program
import Simulator

/// What is in a core of a tile program.
struct CoreReport: Report {
  /// A block in its crossbar.
  struct Tile: Encodable {
    var node: String
    /// The rows and the columns of the layer's matrix, from the first up to, but not including, the second.
    var rows: [Int]
    var columns: [Int]
    /// The first word line and the first bit line.
    var firstRow: Int
    var firstColumn: Int
    /// The conductance of |g| = 1, in µS.
    var gMax: Float
    /// The devices on each side of a pair.
    var devices: Int
    /// The cells whose conductance is not 0.
    var cells: Int
  }

  /// The code of one of its units.
  struct Code: Encodable {
    var unit: String
    var nodes: [String]
    var instructions: Int
    /// When it begins and ends in an inference, in ns, where the clock knows.
    var startNs: Double?
    var endNs: Double?
  }

  var network: String
  var chip: String
  var core: String
  /// The word lines and bit lines of the crossbar.
  var rows: Int
  var columns: Int
  var tiles: [Tile]
  var code: [Code]

  /// Finds what `program`, which is in `file`, has in the core at `place`, and when the core works, where the clock tells
  /// within `limits`.
  ///
  /// Throws `Diagnostics` if the chips have no such core.
  init(_ place: CorePlace, of program: ValidProgram, file: String, limits: Limits) throws {
    let chip = program.chip
    guard place.chip < program.chipCount, place.core < chip.cores.count else {
      let cores = "cores 0 to \(chip.cores.count - 1)"
      throw Diagnostics(
        Diagnostic(
          file: file, "there is no core \(place.chip).\(place.core)",
          supported: program.chipCount == 1
            ? cores : "\(cores) of chips 0 to \(program.chipCount - 1), as 1.12"))
    }
    network = program.network
    self.chip = chip.name
    core = "\(place.chip).\(place.core)"
    (rows, columns) = (chip.crossbar.rows, chip.crossbar.columns)
    tiles = program.program.tiles(in: place).map { tile in
      let block = program.blocks[tile.block.index]
      let values = Tensor(
        type: .f32, shape: [block.conductances.count / 4], bytes: block.conductances)
      return Tile(
        node: block.node, rows: [block.rows.lowerBound, block.rows.upperBound],
        columns: [block.columns.lowerBound, block.columns.upperBound], firstRow: tile.firstRow,
        firstColumn: tile.firstColumn, gMax: block.gMax, devices: block.devicesPerPolarity,
        cells: values.withElements(of: Float.self) { $0.reduce(0) { $1 == 0 ? $0 : $0 + 1 } })
    }
    let moments = (try? Trace(of: program, limits: limits))?.moments
    let nodes = program.program.nodesOfInstructions
    code = program.streams.enumerated().compactMap { number, stream in
      guard
        [
          .crossbar(chip: place.chip, core: CoreID(place.core)),
          .ldpu(chip: place.chip, core: CoreID(place.core)),
        ].contains(stream.unit)
      else { return nil }
      let worked = moments?[number].compactMap { $0 } ?? []
      var seen: Set<String> = []
      return Code(
        unit: "\(stream.unit)",
        nodes: nodes[number].filter { !$0.isEmpty && seen.insert($0).inserted },
        instructions: stream.code.count, startNs: worked.map(\.start).min(),
        endNs: worked.map(\.end).max())
    }
  }

  /// The report as a person reads it.
  var page: Page {
    var page = Page(
      """
      network        \(printable(network))
      core           \(core) of \(printable(chip)), \(rows) word lines × \(columns) bit lines


      """)
    if tiles.isEmpty { page += "no block\n" }
    var table = Table(
      "layer<", "rows", "columns", "word lines", "bit lines", "cells", "g_max, µS", "devices")
    for tile in tiles {
      let (height, width) = (tile.rows[1] - tile.rows[0], tile.columns[1] - tile.columns[0])
      table.add(
        tile.node, "\(tile.rows[0])-\(tile.rows[1] - 1)",
        "\(tile.columns[0])-\(tile.columns[1] - 1)",
        "\(tile.firstRow)-\(tile.firstRow + height - 1)",
        "\(tile.firstColumn)-\(tile.firstColumn + width - 1)", grouped(tile.cells),
        fixed(Double(tile.gMax), 2), "\(tile.devices)")
    }
    if !tiles.isEmpty { page.add(table) }
    var units = Table("unit<", "instructions", "from, ns", "to, ns", "layers<")
    for entry in code {
      units.add(
        entry.unit, "\(entry.instructions)", entry.startNs.map { fixed($0, 1) } ?? "-",
        entry.endNs.map { fixed($0, 1) } ?? "-", entry.nodes.joined(separator: " "))
    }
    if !code.isEmpty {
      page += "\n"
      page.add(units)
    }
    return page
  }
}

extension Program {
  /// The tiles in the core at `place`, in order.
  fileprivate func tiles(in place: CorePlace) -> [Tile] {
    tiles.filter { $0.chip == place.chip && $0.core.index == place.core }
  }

  /// The target conductances of the core at `place`: f32[word lines, bit lines] in µS, the positive side of a pair
  /// less the negative one; 0 where no block lies.
  func conductances(in place: CorePlace) -> Tensor {
    let (height, width) = (chip.crossbar.rows, chip.crossbar.columns)
    var values = [Float](repeating: 0, count: height * width)
    for tile in tiles(in: place) {
      let block = blocks[tile.block.index]
      let size = (rows: block.rows.count, columns: block.columns.count)
      let cells = Tensor(
        type: .f32, shape: [size.rows, size.columns], bytes: block.conductances
      ).elements(of: Float.self)
      for row in 0..<size.rows {
        for column in 0..<size.columns {
          values[(tile.firstRow + row) * width + tile.firstColumn + column] =
            cells[row * size.columns + column] * block.gMax
        }
      }
    }
    return Tensor(values, shape: [height, width])
  }
}
