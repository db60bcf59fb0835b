import Compiler
import Chip
import Program
import Simulator

/// What the clock tells of a program: times, energy by part, and how busy every unit is.
struct TimeReport: Encodable {
  /// The energy of an inference with the host by what takes it, in nJ: cores are on while they wait for the host.
  struct Energy: Encodable {
    var crossbars: Double
    var digitalUnits: Double
    var power: Double
    var links: Double
    var hostArithmetic: Double
    var hostTransfers: Double
  }

  /// A unit of a chip.
  struct Load: Encodable {
    var unit: String
    /// How long it works in an inference, in ns.
    var busyNs: Double
    /// The part of the steady interval that it works.
    var utilisation: Double
    /// How much it works in equal parts of the time of one inference alone, from 0 to 1.
    var shares: [Double]
  }

  /// The number of parts of the time of an inference.
  static let parts = 32

  /// From complete inputs to complete outputs, with the host and without, in ns.
  var latencyNs: Double
  var chipLatencyNs: Double
  /// Between results of the chips, when inferences follow each other without a pause, in ns.
  var steadyIntervalNs: Double
  /// How long the busiest unit works, the host and its connection among them, in ns.
  var busiestNs: Double
  var energyNj: Energy
  /// The bytes of an inference on links, each as often as it passes one.
  var byteHops: Int
  /// Operations a second, in tera: two a multiply-accumulate on crossbars in the steady interval, and what
  /// the crossbars of all chips could do.
  var sustainedTops: Double
  var peakTops: Double
  /// Operations for the energy of the chips alone, in tera a joule.
  var topsPerWatt: Double
  /// The crossbars and digital units, in the order of the program.
  var units: [Load]

  /// Runs the clock of `program`, which is planned within its limits; `nil` if times depend on data.
  ///
  /// Throws `Diagnostics` if units wait for each other for ever.
  init?(of program: ValidProgram) throws {
    guard !program.hasBranches else { return nil }
    let (chips, interval) = try Timing.chips(of: program, parts: Self.parts, limits: .none)
    let whole = try Timing(of: program, host: true, limits: .none)
    self.init(program, whole: whole, chips: chips, interval: interval)
  }

  /// What the clock of `program` has told: with the host in `whole`, of the chips alone in `chips`, with `interval`
  /// ns between inferences in steady state.
  init(_ program: ValidProgram, whole: Timing, chips: Timing, interval: Double) {
    latencyNs = whole.latency
    chipLatencyNs = chips.latency
    steadyIntervalNs = interval
    busiestNs = whole.interval
    byteHops = chips.byteHops
    energyNj = Energy(
      crossbars: whole.energy.crossbars, digitalUnits: whole.energy.digitalUnits,
      power: whole.energy.power, links: whole.energy.links,
      hostArithmetic: whole.energy.hostArithmetic, hostTransfers: whole.energy.hostTransfers)
    let crossbar = program.chip.crossbar
    let operations = 2 * Double(chips.products(of: program))
    let cells = Double(crossbar.rows * crossbar.columns * program.chip.cores.count)
    sustainedTops = interval > 0 ? operations / interval / 1000 : 0
    peakTops = 2 * cells * Double(program.chipCount) / crossbar.mvmTime / 1000
    topsPerWatt = chips.energy.chip > 0 ? operations / chips.energy.chip / 1000 : 0
    units = chips.units.filter { $0.unit != .host }.map { work in
      Load(
        unit: work.unit.description, busyNs: work.busy,
        utilisation: interval > 0 ? work.busy / interval : 0, shares: work.shares)
    }
  }

  /// Lines on times, throughput and energy.
  var text: String {
    let parts = [
      ("crossbars", energyNj.crossbars), ("LDPUs", energyNj.digitalUnits),
      ("active cores", energyNj.power), ("links", energyNj.links),
      ("host", energyNj.hostArithmetic), ("transfers", energyNj.hostTransfers),
    ]
    let all = parts.reduce(0) { $0 + $1.1 }
    let energies = parts.filter { $0.1 > 0 }.map { name, energy in
      "\(name) \(percent(energy, of: all)) %"
    }
    func time(_ value: Double) -> String { readable(nanoseconds: value) }
    return """
      latency        \(time(latencyNs)), \(time(chipLatencyNs)) without the host
      interval       \(time(steadyIntervalNs)) in steady state, without the host; \
      busiest unit \(time(busiestNs)) per inference
      throughput     \(significant(sustainedTops)) TOPS sustained of \(significant(peakTops)) at peak, \
      \(percent(sustainedTops, of: peakTops, digits: 2)) %; \(significant(topsPerWatt)) TOPS/W, without the host
      energy         \(significant(all / 1000)) µJ per inference: \(energies.joined(separator: ", "))

      """
  }

  /// A table of the units that have work, with what they do from the first input to the last output.
  var unitTable: Table {
    var table = Table(
      "unit<", "busy, µs", "of interval, %", "activity, input to output of one inference<")
    for load in units where load.busyNs > 0 {
      table.add(
        load.unit, fixed(load.busyNs / 1000, 2), fixed(100 * load.utilisation, 1),
        load.shares.map(Self.bar).joined())
    }
    return table
  }

  private static func bar(_ share: Double) -> String {
    let bars = ["·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return share > 0 ? bars[min(8, 1 + Int(min(share, 1) * 8))] : bars[0]
  }
}
