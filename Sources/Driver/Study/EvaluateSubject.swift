import Basics
import Compiler
import IR
import Program
import Simulator

/// What chips gave in an evaluation, and the chips.
struct EvaluatedSubject {
  let evaluation: Evaluation
  let fidelity: Fidelity
}

extension EvaluationSubject {
  /// Runs the program on many simulated chips of `device`, as `plan` says; what `state` knows is not done again.
  ///
  /// `provenance` says what the results come from, `stopping` does the work so that a person may stop it. Throws `Diagnostics` if the chip has no such device, if the
  /// data have no labels that `plan` needs, or if the program fails, and `Stopped`.
  func evaluated(
    _ device: DeviceOptions, _ plan: EvaluationPlan, state: EvaluationState? = nil,
    provenance: Provenance? = nil, console: Console,
    stopping: (() throws -> [ChipResult]) throws -> [ChipResult] = { try $0() }
  ) throws -> EvaluatedSubject {
    console.report(set.warnings)
    if plan.halfWidth != nil && set.labels == nil {
      throw Diagnostics(
        Diagnostic(
          file: set.path,
          "holds no labels, so that --half-width has no accuracy to measure",
          help: "add an array \"y\", or leave out --half-width"))
    }
    var device = try device.resolved(on: program.chip)
      .withFaults(on: program.chip, chips: program.chipCount)
    if plan.times.count > 0 { device.time = plan.times[0] }
    var carlo = MonteCarlo(
      program: program, fidelity: try device.fidelity(on: program.chip, chips: program.chipCount),
      limits: limits, plan: plan, data: set, expected: ExpectedOutputs(reference, of: set),
      console: console, stops: true)
    let hashes = EvaluationHashes(
      program, bytes, device, plan, set, reference: referenceName)
    // What fails does so before the work.
    let costs = try ProgramCosts(of: program)
    try carlo.resume(from: state, hashes)
    let results = try stopping { [carlo] in try carlo.run() }
    let evaluation = Evaluation(
      program, device: device, set, reference, named: referenceName,
      assumptions: device.assumptions(of: plan, program) + ranges, plan, results,
      hashes: hashes, provenance: provenance, costs: costs)
    return EvaluatedSubject(evaluation: evaluation, fidelity: carlo.fidelity)
  }

  /// The error of every product by effect, on the first chip at the last time; `nil` of a program, whose network is
  /// not known.
  ///
  /// Throws `Diagnostics` if the program fails.
  func errorBudget(
    _ evaluated: EvaluatedSubject, _ plan: EvaluationPlan
  ) throws -> ErrorBudget? {
    guard let network, let time = plan.times.max(by: { $0.seconds < $1.seconds }) else {
      return nil
    }
    return try ErrorBudget(
      program, network, fidelity: evaluated.fidelity, time: time, routine: plan.routine, data: set)
  }
}

extension Evaluation {
  /// What chips gave, of which `program` and `reference`, by its name, tell what it is of.
  init(
    _ program: ValidProgram, device: DeviceOptions, _ data: DataSet, _ reference: [Tensor],
    named referenceName: String = EvaluationReport.network, assumptions: String,
    _ plan: EvaluationPlan, _ results: [ChipResult], hashes: EvaluationHashes,
    provenance: Provenance? = nil, costs: ProgramCosts? = nil
  ) {
    let known = Accuracy(
      reference, ports: program.outputs.map(DataPort.init), labels: data.labels)
    self.init(
      network: program.network, chip: program.chip.name, chips: program.chipCount,
      device: device.device.name, data: data.path, samples: data.samples,
      referenceName: referenceName,
      reference: known.flatMap { _ in Self.rightSamples(reference, data) },
      assumptions: assumptions, seeds: plan.seeds, firstSeed: plan.firstSeed,
      times: plan.times.map(\.seconds), hashes: hashes, provenance: provenance, costs: costs,
      results: results)
  }

  /// Which samples the reference classifies rightly.
  private static func rightSamples(_ reference: [Tensor], _ data: DataSet) -> String? {
    guard let labels = data.labels else { return nil }
    for output in reference {
      if let found = Classification(output), found.classes.count == labels.count {
        return hexadecimal(zip(found.classes, labels).map { $0 == $1 })
      }
    }
    return nil
  }
}

extension DeviceOptions {
  /// What the figures of an evaluation of `program` assume; `routine` is what is corrected on the chip, if
  /// neither the plan nor the program says that.
  func assumptions(
    of plan: EvaluationPlan, _ program: ValidProgram, routine given: String? = nil
  ) -> String {
    var options = self
    (options.routine, options.calibrations) = (plan.routine, plan.calibrations)
    options.following = plan.following
    return (assumptions(on: program.chip, which: false) ?? device.name)
      + options.compensation(of: program, given, otherwise: "every evaluated time")
  }
}
