import Basics
import Chip
import Compiler
import Program
import Simulator

extension DeviceOptions {
  /// The first of the chips on which choices are tried: none of those that an evaluation begins with.
  static let seedOfSearch: UInt64 = 1 << 32

  /// The chips on which choices are tried, of device model `model` or, without it, of that of `chip`.
  ///
  /// Throws `Diagnostics` if the chip has no such model.
  static func ofSearch(_ model: String?, on chip: Chip) throws -> DeviceOptions {
    let option = CompileOption.setting(\.accuracyTarget).flag
    var options = DeviceOptions(.model(try chip.device(model, for: option).name))
    options.seed = seedOfSearch
    return options
  }
}

extension ProgrammedChip {
  /// Runs all of `data` at `time`, calibrated as `calibration(for:at:routine:number:)` says; `progress` is told which
  /// part of the inferences is done.
  func simulated(
    at time: TimeSpan, _ data: DataSet, calibrations: [TimeSpan]? = nil, routine: Routine? = nil,
    following rule: DriftFollowing = .none, number: Int = 0,
    progress: (Double) throws -> Void = { _ in }
  ) throws -> (run: SimulationRun, calibrationMultiplications: Int) {
    let calibration = try calibration(
      for: time, at: calibrations, routine: routine, following: rule, number: number)
    let run = try simulateAll(
      simulation(at: time.seconds, patch: calibration?.patch), data,
      console: Console(quiet: true), observe: progress)
    return (run, calibration?.multiplications ?? 0)
  }
}

extension NetworkProducts {
  /// The power that the errors of each product on the crossbars of `chip` alone add to the output, in parts of that
  /// of the output, by name.
  ///
  /// Up to 64 of the samples in `data`, of which FP32 makes `reference`, are simulated at `time`, once
  /// for each product, with all others as exact as their targets.
  func noises(
    _ chip: ProgrammedChip, at time: TimeSpan, _ data: DataSet, _ reference: [Tensor]
  ) throws -> [String: Double] {
    let used = data.first(64)
    let expected = reference.map { $0.shape[0] == data.count ? $0.rows(0..<used.count) : $0 }
    var noises: [String: Double] = [:]
    for name in names {
      noises[name] = Kept.noise(
        try chip.limited(to: [name]).simulated(at: time, used).run.outputs, expected)
    }
    return noises
  }

  /// The products with these `noises` in the order of their noise for their multiply-accumulates: how much is
  /// gained where the host computes them.
  func ranked(by noises: [String: Double]) -> [String] {
    names.map { (name: $0, worth: (noises[$0] ?? 0) / max(share(of: [$0]), 1e-12)) }
      .sorted { ($1.worth, $0.name) < ($0.worth, $1.name) }.map(\.name)
  }
}
