import Program
import Simulator

/// A core that holds weights.
struct CoreRow: Encodable {
  var chip: Int
  var core: Int
  /// The part of its cells that hold weights.
  var utilisation: Double
  /// How long its crossbar and its LDPU work in an inference, in ns; `nil` where times depend on data.
  var crossbarNs: Double?
  var ldpuNs: Double?
  /// The part of the time between inferences, of the chips alone, that the busier of them works.
  var activity: Double?
  /// The MVMs of an inference, and the energy of all that it does, in nJ.
  var mvms: Int?
  var energyNj: Double?

  /// The cores of `program` in order of chip and number.
  static func all(of program: Program, _ clock: ClockResult?) -> [CoreRow] {
    var cells: [Timing.Core: Int] = [:]
    for tile in program.tiles {
      let block = program.blocks[tile.block.index]
      cells[Timing.Core(chip: tile.chip, core: tile.core.index), default: 0] +=
        block.rows.count * block.columns.count
    }
    var work: [Timing.Core: (crossbar: Timing.Work?, ldpu: Timing.Work?)] = [:]
    for unit in clock?.chips.units ?? [] {
      switch unit.unit {
      case .crossbar(let chip, let core):
        work[Timing.Core(chip: chip, core: core.index), default: (nil, nil)].crossbar = unit
      case .ldpu(let chip, let core):
        work[Timing.Core(chip: chip, core: core.index), default: (nil, nil)].ldpu = unit
      case .host, .gdpu: break
      }
    }
    let all = Double(program.chip.crossbar.rows * program.chip.crossbar.columns)
    return cells.sorted { ($0.key.chip, $0.key.core) < ($1.key.chip, $1.key.core) }.map {
      core, cells in
      var row = CoreRow(chip: core.chip, core: core.core, utilisation: Double(cells) / all)
      guard let clock else { return row }
      let units = work[core] ?? (nil, nil)
      let (crossbar, ldpu) = (units.crossbar?.busy ?? 0, units.ldpu?.busy ?? 0)
      let interval = clock.times.steadyIntervalNs
      row.crossbarNs = crossbar
      row.ldpuNs = ldpu
      row.activity = interval > 0 ? max(crossbar, ldpu) / interval : 0
      row.mvms = Int((crossbar / program.chip.crossbar.mvmTime).rounded())
      row.energyNj =
        (units.crossbar?.energy ?? 0) + (units.ldpu?.energy ?? 0)
        + (clock.whole.power[core] ?? 0)
      return row
    }
  }
}

/// A slice of a GDPU that has code.
struct SliceRow: Encodable {
  var chip: Int
  var slice: Int
  /// How long it works in an inference, in ns, and the part of the time between inferences that this is.
  var busyNs: Double?
  var activity: Double?
  /// The nodes that it computes.
  var nodes: [String]

  static func all(of program: Program, _ clock: ClockResult?) -> [SliceRow] {
    program.streams.enumerated().compactMap { index, stream in
      guard case .gdpu(let chip, let slice) = stream.unit else { return nil }
      let busy = clock?.chips.units[index].busy
      let interval = clock?.times.steadyIntervalNs ?? 0
      var nodes: [String] = []
      for symbol in program.symbols where symbol.stream == index && !nodes.contains(symbol.node) {
        nodes.append(symbol.node)
      }
      return SliceRow(
        chip: chip, slice: slice, busyNs: busy, activity: busy.map { $0 / max(interval, 1e-9) },
        nodes: nodes)
    }
  }
}

/// A node that the host computes.
struct HostRow: Encodable {
  var node: String
  var op: String
  /// How long the host works on it in an inference, in ns, and the energy of that, in nJ.
  var busyNs: Double?
  var energyNj: Double?

  /// The nodes of the code of the host in order; the host's energy is in proportion to its time.
  static func all(of program: Program, _ clock: ClockResult?) -> [HostRow] {
    var rows: [HostRow] = []
    var known: [String: Int] = [:]
    for symbol in program.symbols where program.streams[symbol.stream].unit == .host {
      guard known[symbol.node] == nil else { continue }
      known[symbol.node] = rows.count
      rows.append(HostRow(node: symbol.node, op: symbol.op))
    }
    guard let clock else { return rows }
    for index in rows.indices { (rows[index].busyNs, rows[index].energyNj) = (0, 0) }
    for span in clock.trace.spans where span.track == .unit(.host) {
      guard let row = known[span.name] else { continue }
      rows[row].busyNs = (rows[row].busyNs ?? 0) + span.busy
    }
    let all = rows.reduce(0) { $0 + ($1.busyNs ?? 0) }
    for index in rows.indices where all > 0 {
      let share = (rows[index].busyNs ?? 0) / all
      rows[index].energyNj = share * clock.times.energyNj.hostArithmetic
    }
    return rows
  }
}
