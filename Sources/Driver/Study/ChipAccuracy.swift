import Basics
import Compiler
import IR
import Program
import Simulator

/// How right a network is on simulated chips at one time after programming.
public struct ChipAccuracy: Sendable {
  /// The time after programming in s.
  public let seconds: Double
  /// The number of chips, each with programming errors, drift and read noise of its own.
  public let chips: Int
  /// The mean part of the samples that chips classify as the labels say; `nil` without labels.
  public let accuracy: Double?
  /// The 95 % interval of that mean (Student's distribution over chips); `nil` for one chip.
  public let interval: ClosedRange<Double>?
  /// The mean part of the samples whose class is that of the network in floating point; `nil` where the
  /// outputs are no classes.
  public let agreement: Double?
  /// The mean cosine of the angle between an output and that in floating point; `nil` where the outputs are classes or
  /// single numbers.
  public let cosine: Double?
  /// The mean part of the samples whose nearest other one, by the cosine of their outputs, is that in floating point;
  /// `nil` unless the outputs are vectors of length 1.
  public let sameNeighbour: Double?
  /// The mean of Spearman's correlation of the ranks; `nil` unless the outputs are single numbers.
  public let rankCorrelation: Double?
  /// The signal-to-noise ratio of the first output in dB; `nil` where there is no error.
  public let decibels: Double?
}

extension Compilation {
  /// How right the program is on simulated chips of `device`, at the times of `plan`, over `data`, whose outputs in
  /// floating point are those of `network`, from which this was compiled.
  ///
  /// Throws `Diagnostics` if the chip has no such device model, if the data do not fit, or if the program fails.
  public func accuracy(
    of network: Graph, over data: DataSet, device: DeviceOptions,
    plan: EvaluationPlan = EvaluationPlan()
  ) throws -> [ChipAccuracy] {
    guard let program = proved, let bytes else {
      throw Diagnostics(
        Diagnostic(
          .error, "the compilation stopped before it gave a program",
          help: "leave out plan and lastPass of its options"))
    }
    let quiet = Console(quiet: true)
    let reference = try evaluateAll(
      network, data, shapes: program.outputs.map(\.shape), console: quiet)
    let results = try MonteCarlo(
      program: program, fidelity: device.fidelity(on: program.chip, chips: program.chipCount),
      limits: device.limits.given,
      plan: plan, data: data, expected: ExpectedOutputs(reference, of: data), console: quiet
    ).run()
    let hashes = EvaluationHashes(
      program, bytes, device, plan, data, reference: EvaluationReport.network)
    let report = EvaluationReport(
      Evaluation(
        program, device: device, data, reference, assumptions: "", plan, results, hashes: hashes))
    return report.results.map { row in
      ChipAccuracy(
        seconds: row.timeSeconds, chips: row.seeds, accuracy: row.accuracy,
        interval: row.low.flatMap { low in row.high.map { low...$0 } }, agreement: row.agreement,
        cosine: row.cosine, sameNeighbour: row.sameNeighbour, rankCorrelation: row.rankCorrelation,
        decibels: row.decibels)
    }
  }
}
