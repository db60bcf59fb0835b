import Basics
import Compiler
import Program
import Simulator

/// A figure of a program beside its bound.
struct Figure: Encodable {
  var name: String
  var value: String
  /// What no mapping on this chip passes, and why; empty where there is none.
  var bound: String
  var reason: String
  /// How near the value comes to the bound, from 0 to 1; `nil` without one.
  var share: Double?
  /// Whether it rests on figures of the chip that are assumed.
  var isAssumed = false

  /// The figures of `program`.
  ///
  /// The bound of the interval is that of a flow that keeps all crossbars busy: the sum of the times of all MVMs of an
  /// inference over the number of crossbars. That of the energy is that of the MVMs alone.
  static func all(of program: ValidProgram, cores: [CoreRow], _ clock: ClockResult?) -> [Figure] {
    let crossbars = program.chip.cores.count * program.chipCount
    let cells = Double(program.chip.crossbar.rows * program.chip.crossbar.columns)
    var once = 0
    for block in program.blocks { once += block.rows.count * block.columns.count }
    let least = Int((Double(once) / cells).rounded(.up))
    let used = cores.count
    let filled = cores.reduce(0) { $0 + $1.utilisation }
    var figures = [
      Figure(
        name: "crossbars", value: "\(grouped(used)) of \(grouped(crossbars))",
        bound: "at least \(grouped(least))", reason: "by area, every weight once",
        share: used > 0 ? Double(least) / Double(used) : nil),
      Figure(
        name: "cells with weights", value: "\(percent(filled, of: Double(used))) %",
        bound: "at most 100 %", reason: "of the crossbars in use",
        share: used > 0 ? filled / Double(used) : nil),
    ]
    guard let clock else { return figures }
    func time(_ value: Double) -> String { readable(nanoseconds: value) }
    let assumed = program.chip.assumed
    let isHostAssumed = assumed.contains { $0.hasPrefix("host") }
    let isEnergyAssumed = assumed.contains { !$0.hasPrefix("host") && $0.contains("energy") }
    let times = clock.times
    let flow =
      cores.reduce(0) { $0 + ($1.crossbarNs ?? 0) } / Double(max(crossbars, 1))
    let energies = times.energyNj
    let energy = clock.whole.energy.total
    func ratio(_ a: Double, _ b: Double) -> Double? { b > 0 ? a / b : nil }
    let busiest = clock.chips.units.map(\.busy).max() ?? 0
    figures += [
      Figure(
        name: "between inferences", value: time(times.busiestNs), bound: "at least \(time(flow))",
        reason: "all crossbars busy all the time", share: ratio(flow, times.busiestNs),
        isAssumed: isHostAssumed),
      Figure(
        name: "of the chips alone", value: time(times.steadyIntervalNs),
        bound: "at least \(time(flow))", reason: "all crossbars busy all the time",
        share: ratio(flow, times.steadyIntervalNs)),
      Figure(
        name: "latency", value: time(times.latencyNs),
        bound: "at least \(time(times.chipLatencyNs))", reason: "a host that takes no time",
        share: ratio(times.chipLatencyNs, times.latencyNs), isAssumed: isHostAssumed),
      Figure(
        name: "latency of the chips", value: time(times.chipLatencyNs),
        bound: "at least \(time(busiest))", reason: "the work of the busiest unit",
        share: ratio(busiest, times.chipLatencyNs)),
      Figure(
        name: "energy", value: readable(nanojoules: energy),
        bound: "at least \(readable(nanojoules: energies.crossbars))", reason: "the MVMs alone",
        share: ratio(energies.crossbars, energy), isAssumed: isHostAssumed),
      Figure(
        name: "energy of the chips", value: readable(nanojoules: clock.chips.energy.chip),
        bound: "at least \(readable(nanojoules: energies.crossbars))", reason: "the MVMs alone",
        share: ratio(energies.crossbars, clock.chips.energy.chip), isAssumed: isEnergyAssumed),
      Figure(
        name: "throughput", value: "\(significant(times.sustainedTops)) TOPS",
        bound: "at most \(significant(times.peakTops)) TOPS",
        reason: "all cells of all crossbars", share: ratio(times.sustainedTops, times.peakTops)),
      Figure(
        name: "efficiency", value: "\(significant(times.topsPerWatt)) TOPS/W",
        bound: "at most \(significant(2 * cells / program.chip.crossbar.mvmEnergy / 1000)) TOPS/W",
        reason: "MVMs that use all cells",
        share: ratio(
          times.topsPerWatt, 2 * cells / program.chip.crossbar.mvmEnergy / 1000),
        isAssumed: isEnergyAssumed),
    ]
    return figures
  }
}

/// An energy in nJ in the unit that suits it.
func readable(nanojoules value: Double) -> String {
  switch value {
  case ..<1: "\(significant(value * 1e3)) pJ"
  case ..<1e3: "\(significant(value)) nJ"
  case ..<1e6: "\(significant(value / 1e3)) µJ"
  default: "\(significant(value / 1e6)) mJ"
  }
}

/// What limits a program, and what may be done about it.
struct Bottleneck {
  var text: String
  var advice: [String] = []

  init(_ program: ValidProgram, _ clock: ClockResult) {
    let (whole, chips) = (clock.whole.bottleneck, clock.chips.bottleneck)
    let isHost = program.chip.assumed.contains { $0.hasPrefix("host") }
    func described(_ limit: (of: Timing.Bottleneck, time: Double)) -> String {
      "\(program.described(limit.of).text), \(readable(nanoseconds: limit.time)) per inference"
    }
    text = described(whole)
    let ofChips = described(chips)
    if ofChips != text {
      if isHost {
        text += " (assumed)"
        advice.append(
          "The host's figures are assumed. Set those of yours with --set, such as "
            + "--set host.bandwidth=1e9, and compile again.")
      }
      switch whole.of {
      case .unit:
        advice.append("Layers on the host: see which in the timeline, and why with aimcc inspect.")
      case .sending, .receiving:
        advice.append(
          "The connection carries activations between layers: more replicas do not help it; a faster host does."
        )
      }
      advice.append("Of the chips alone, the busiest is \(ofChips).")
    }
    if case .unit(.crossbar) = chips.of {
      advice.append(
        "More replicas of \(program.described(chips.of).layersText) shorten the interval: --chips gives them room, "
          + "--widen saves MVMs of convolutions.")
    }
  }
}
