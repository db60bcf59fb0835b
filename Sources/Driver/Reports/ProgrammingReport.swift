import Chip
import Device
import Program
import Simulator

/// What programming a program pulse by pulse is expected to take: Specs/numerics.md, "Pulses".
struct ProgrammingFigures: Encodable {
  /// The device model that the cells follow.
  var device: String
  /// The core that takes longest, and all cores in turn, in ns.
  var longestCoreNs: Double
  var allCoresNs: Double
  var energyNj: Double
  var pulses: Int

  /// The figures of `program`; `nil` if its chip has no devices.
  init?(_ program: Program) {
    guard let model = program.chip.ownDevice else { return nil }
    let programming = PulseProgramming(model, on: program.chip, samples: 500)
    var (longest, all) = (0.0, ProgrammingCosts())
    let tiles = program.tiles.sorted { ($0.chip, $0.core) < ($1.chip, $1.core) }
    var start = 0
    while start < tiles.count {
      let core = tiles[start...].prefix {
        ($0.chip, $0.core) == (tiles[start].chip, tiles[start].core)
      }
      let costs = programming.expectedCosts(
        of: core.map { program.targets(of: $0) }, on: program.chip)
      longest = max(longest, costs.nanoseconds)
      all += costs
      start = core.endIndex
    }
    device = model.name
    (longestCoreNs, allCoresNs) = (longest, all.nanoseconds)
    (energyNj, pulses) = (all.picojoules / 1e3, all.pulses)
  }

  /// A line of the report.
  var text: String {
    let costs = programmingText(
      longestNs: longestCoreNs, allNs: allCoresNs, energyNj: energyNj, pulses: pulses)
    return "programming    \(costs) (\(device))\n"
  }
}

/// What programming takes, of the core that takes longest and of all cores in turn, as reports say it.
func programmingText(longestNs: Double, allNs: Double, energyNj: Double, pulses: Int) -> String {
  "\(readable(nanoseconds: longestNs)) for the core that takes longest, "
    + "\(readable(nanoseconds: allNs)) for all in turn; "
    + "\(significant(energyNj / 1e3)) µJ in \(grouped(pulses)) pulses"
}

extension Program {
  /// What a tile is to hold, and where.
  fileprivate func targets(of tile: Tile) -> PulseProgramming.PlacedTargets {
    let block = blocks[tile.block.index]
    let targets = block.conductances.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.single($0) }
    }
    return PulseProgramming.PlacedTargets(
      targets, columns: block.columns.count, gMax: Double(block.gMax), firstRow: tile.firstRow,
      firstColumn: tile.firstColumn, lines: blockLines(of: tile))
  }
}
