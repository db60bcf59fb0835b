import Basics
import Foundation
import IR
import Passes
import Program
import Simulator

/// Where the results of an evaluation go beside standard output.
public struct EvaluationFiles: Sendable {
  /// A table of comma-separated values.
  public var csv: String?
  /// A plot.
  public var svg: String?
  /// What a part of an evaluation hands on to `merge`.
  public var part: String?

  /// Creates names of files, none of which has to be given.
  public init(csv: String? = nil, svg: String? = nil, part: String? = nil) {
    self.csv = csv
    self.svg = svg
    self.part = part
  }
}

/// Compiles the model at `path`, or takes the program there, and runs it on many simulated chips at
/// many times over `data`. With `ablates`, the error of every product of a model is attributed to effects,
/// on the first chip at the last time.
///
/// Throws `Diagnostics` with every fault of the input.
public func runEvaluate(
  model path: String, data: String, device: DeviceOptions, plan: EvaluationPlan,
  options: CompileOptions, files: EvaluationFiles, ablates: Bool = false, json: Bool,
  console: Console
) throws -> ExitStatus {
  for file in [files.csv, files.svg, files.part] {
    if let file { try requireWritable(file, inputs: [path, data]) }
  }
  if ablates && path.hasSuffix(".aimc") {
    throw Diagnostics(
      Diagnostic(
        file: path, "an error budget compares products with those of the network",
        supported: "an ONNX model or a graph as text with --ablate"))
  }
  let source = try DataSource(path: data)
  var legal: Graph?
  let program: Program
  let set: DataSet
  let reference: [Tensor]
  if path.hasSuffix(".aimc") {
    try requireFile(path, "a tile program (.aimc)")
    program = try Program(file: MappedFile(path: path))
    set = try DataSet(
      source, inputs: program.inputs.map(DataPort.init), outputs: program.outputs.map(DataPort.init)
    )
    reference = try simulateAll(
      Simulation(program, fidelity: .ideal), set, console: console
    ).outputs
  } else {
    var pipeline = Pipeline(options: options, console: console)
    try pipeline.run(path, data: source)
    guard let graph = pipeline.graph, let compiled = pipeline.program else {
      preconditionFailure("a pipeline that is not stopped gives a program")
    }
    legal = pipeline.fused
    program = compiled
    set = try DataSet(source, inputs: graph.inputPorts, outputs: graph.outputPorts)
    reference = try evaluateAll(graph, set, console: console)
  }
  console.report(set.warnings)
  var device = device
  if plan.times.count > 0 { device.time = plan.times[0] }
  let carlo = MonteCarlo(
    program: program, fidelity: try device.fidelity(on: program.chip), plan: plan, data: set,
    reference: reference, console: console)
  let results = try carlo.run()
  let evaluation = Evaluation(
    program, device: device, set, reference, assumptions: device.assumptions(of: plan, program),
    plan, results)
  if let part = files.part {
    try writeAtomically(
      Document(schema: "aimcc.evaluation-part/1", content: evaluation).text(), to: part)
  }
  var budget: ErrorBudget?
  if ablates, let legal, let time = plan.times.max(by: { $0.seconds < $1.seconds }) {
    budget = try ErrorBudget(
      program, legal, fidelity: carlo.fidelity, time: time, routine: plan.routine,
      data: set)
  }
  return try report(evaluation, budget, files: files, json: json, console: console)
}

/// Compiles the model at `path` with one technique for the accuracy after the other, and runs what comes
/// out on many simulated chips at many times over `data`.
///
/// Throws `Diagnostics` with every fault of the input.
public func runLadder(
  model path: String, data: String, device: DeviceOptions, plan: EvaluationPlan,
  options: CompileOptions, json: Bool, console: Console
) throws -> ExitStatus {
  guard !path.hasSuffix(".aimc") else {
    throw Diagnostics(
      Diagnostic(
        file: path, "every technique is compiled anew",
        supported: "an ONNX model or a graph as text with --ladder"))
  }
  let ladder = try AccuracyLadder(
    path, DataSource(path: data), device: device, plan: plan, options: options, console: console)
  try console.write(
    json ? Document(schema: "aimcc.ladder/1", content: ladder).text() : ladder.text)
  return .done
}

/// Puts the parts of an evaluation together, and reports as if it had been done at once.
///
/// Throws `Diagnostics` for a file that is no part, or parts that do not fit.
public func runMerge(
  parts: [String], files: EvaluationFiles, json: Bool, console: Console
) throws -> ExitStatus {
  let evaluations = try parts.map { path -> Evaluation in
    let text = try readText(path)
    do {
      return try JSONDecoder().decode(Evaluation.self, from: Data(text.utf8))
    } catch {
      throw Diagnostics(
        Diagnostic(
          file: path, "is no part of an evaluation",
          supported: "files that aimcc evaluate --shard K/N --part FILE writes"))
    }
  }
  return try report(
    Evaluation(merging: evaluations), files: files, json: json, console: console)
}

private func report(
  _ evaluation: Evaluation, _ budget: ErrorBudget? = nil, files: EvaluationFiles, json: Bool,
  console: Console
) throws -> ExitStatus {
  var report = EvaluationReport(evaluation)
  report.budget = budget?.entries
  if let csv = files.csv { try writeAtomically(report.csv, to: csv) }
  if let svg = files.svg { try writeAtomically(report.svg, to: svg) }
  try console.write(
    json
      ? Document(schema: "aimcc.evaluate/1", content: report).text()
      : (budget?.text ?? "") + report.text)
  return .done
}

extension Evaluation {
  /// What chips gave, of which `program` and `reference` tell what it is of.
  init(
    _ program: Program, device: DeviceOptions, _ data: DataSet, _ reference: [Tensor],
    assumptions: String, _ plan: EvaluationPlan, _ results: [ChipResult]
  ) {
    let known = Accuracy(
      reference, ports: program.outputs.map(DataPort.init), labels: data.labels)
    self.init(
      network: program.network, chip: program.chip.name, chips: program.chipCount,
      device: device.device.name, data: data.path, samples: data.samples,
      reference: known.flatMap { _ in Self.rightSamples(reference, data) },
      assumptions: assumptions, seeds: plan.seeds, results: results)
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
    of plan: EvaluationPlan, _ program: Program, routine given: String? = nil
  ) -> String {
    var options = self
    (options.routine, options.calibrations) = (plan.routine, plan.calibrations)
    return (assumptions(on: program.chip, which: false) ?? device.name)
      + options.compensation(of: program, given, otherwise: "every evaluated time")
  }
}
