import Program
import Simulator

/// A layer on crossbars.
struct LayerRow: Encodable {
  var node: String
  var op: String
  /// The size of its matrix.
  var rows: Int
  var columns: Int
  var blocks: Int
  var replicas: Int
  /// The crossbars that hold a part of it, and the part of their cells that it has.
  var crossbars: Int
  var utilisation: Double
  /// Of an inference: the vectors that it multiplies with each of its blocks, all replicas together; the MVMs on its
  /// busiest crossbar; multiply-accumulates with weights that are not 0; how long its busiest crossbar works, in ns; its energy,
  /// in nJ, of which crossbars that it shares count in proportion to its MVMs.
  var vectors: Int?
  var interval: Int?
  var macs: Int?
  var busyNs: Double?
  var energyNj: Double?
  /// The parts of the energy: MVMs, LDPUs, cores that are on.
  var parts: [Double]?

  /// The layers of `program` in its order. `weights` counts the weights of each block that are not 0.
  static func all(
    of program: Program, _ names: LayerNames, weights: [Int], cores: [CoreRow],
    _ clock: ClockResult?
  ) -> [LayerRow] {
    var rows = names.nodes.map { node in
      LayerRow(
        node: node, op: names.operators[node] ?? "", rows: 0, columns: 0, blocks: 0, replicas: 0,
        crossbars: 0, utilisation: 0)
    }
    var tiles = Array(repeating: 0, count: program.blocks.count)
    for tile in program.tiles { tiles[tile.block.index] += 1 }
    for (number, block) in program.blocks.enumerated() {
      let layer = names.index[block.node] ?? 0
      rows[layer].rows = max(rows[layer].rows, block.rows.upperBound)
      rows[layer].columns = max(rows[layer].columns, block.columns.upperBound)
      rows[layer].blocks += 1
      rows[layer].replicas = max(rows[layer].replicas, tiles[number])
      guard let clock else { continue }
      let vectors = clock.chips.vectors[number]
      rows[layer].vectors = max(rows[layer].vectors ?? 0, vectors)
      rows[layer].macs = (rows[layer].macs ?? 0) + vectors * weights[number]
    }
    Shares(program, names, tiles, clock).add(to: &rows, cores: cores, clock)
    return rows
  }

  /// What each layer has of each core.
  private struct Shares {
    /// The cells of each layer on a core, and its MVMs there.
    private var layers: [Timing.Core: [Int: (cells: Int, mvms: Double)]] = [:]
    private let cells: Double

    init(_ program: Program, _ names: LayerNames, _ tiles: [Int], _ clock: ClockResult?) {
      cells = Double(program.chip.crossbar.rows * program.chip.crossbar.columns)
      for tile in program.tiles {
        let block = program.blocks[tile.block.index]
        let core = Timing.Core(chip: tile.chip, core: tile.core.index)
        let layer = names.index[block.node] ?? 0
        let vectors = clock.map {
          Double($0.chips.vectors[tile.block.index]) / Double(max(tiles[tile.block.index], 1))
        }
        layers[core, default: [:]][layer, default: (0, 0)].cells +=
          block.rows.count * block.columns.count
        layers[core, default: [:]][layer, default: (0, 0)].mvms += vectors ?? 0
      }
    }

    func add(to rows: inout [LayerRow], cores: [CoreRow], _ clock: ClockResult?) {
      var held = rows.map { _ in 0 }
      var work: [Timing.Core: [Double]] = [:]
      for unit in clock?.chips.units ?? [] where unit.unit.chip != nil {
        let core = Timing.Core(chip: unit.unit.chip ?? 0, core: unit.unit.index)
        switch unit.unit {
        case .crossbar: work[core, default: [0, 0]][0] += unit.energy
        case .ldpu: work[core, default: [0, 0]][1] += unit.energy
        case .host, .gdpu: break
        }
      }
      for core in cores {
        let place = Timing.Core(chip: core.chip, core: core.core)
        let parts = layers[place] ?? [:]
        let all = parts.values.reduce(0) { $0 + $1.mvms }
        for (layer, part) in parts.sorted(by: { $0.key < $1.key }) {
          rows[layer].crossbars += 1
          held[layer] += part.cells
          guard let clock, let mvms = core.mvms, let busy = core.crossbarNs else { continue }
          let share = all > 0 ? part.mvms / all : 0
          rows[layer].interval = max(rows[layer].interval ?? 0, mvms)
          rows[layer].busyNs = max(rows[layer].busyNs ?? 0, busy)
          let energies = (work[place] ?? [0, 0]) + [clock.whole.power[place] ?? 0]
          let before = rows[layer].parts ?? [0, 0, 0]
          let sums = zip(before, energies).map { $0 + $1 * share }
          rows[layer].parts = sums
          rows[layer].energyNj = sums.reduce(0, +)
        }
      }
      for layer in rows.indices where rows[layer].crossbars > 0 {
        rows[layer].utilisation = Double(held[layer]) / (Double(rows[layer].crossbars) * cells)
      }
    }
  }
}
