import Basics
import Compiler
import Foundation
import IR
import Passes
import Program
import Simulator

/// An evaluation that somebody wants: of what, over which data, on which chips.
public struct EvaluationRequest: Sendable {
  /// The path of a model or a tile program.
  public var model: String
  /// The path of the inputs and their labels.
  public var data: String
  /// What the chips are like.
  public var device: DeviceOptions
  /// The times and the chips.
  public var plan: EvaluationPlan
  /// How the model is compiled.
  public var options: CompileOptions
  /// Whether the error of every product of a model is attributed to effects, on the first chip at the last time.
  public var ablates = false
  /// Whether the techniques for the accuracy are tried one after the other.
  public var climbs = false
  /// Whether model and data lie in memory, so that their names are no paths.
  package var hasModelInMemory = false
  package var hasDataInMemory = false
  /// The words of the command line that ask for this, from the name of the command on.
  public var command: [String]

  /// Creates a request.
  public init(
    model: String, data: String, device: DeviceOptions, plan: EvaluationPlan,
    options: CompileOptions, command: [String]
  ) {
    (self.model, self.data, self.device, self.plan) = (model, data, device, plan)
    (self.options, self.command) = (options, command)
  }

  /// Does what is asked for; returns the document that `evaluate --json` prints.
  ///
  /// Throws `Diagnostics` with every fault of the input.
  public func document(console: Console) throws -> String {
    if climbs {
      return try Document(
        schema: EvaluationFile.ladder, content: ladder(state: nil, console: console)
      )
      .text()
    }
    let (evaluation, budget) = try evaluation(state: nil, console: console)
    let report = EvaluationReport(evaluation, budget: budget?.entries, shard: plan.shard)
    return try Document(schema: EvaluationFile.evaluation, content: report).text()
  }

  /// Tells `named` of every file that is read.
  func tell(_ named: inout CommandFiles) {
    named.reads(model: model)
    named.reads(data: data)
    named.reads(for: options, besideModel: model)
    named.reads(faults: device.faults)
  }
}

extension EvaluationRequest {
  /// Compiles the model, or takes the program, and runs it on all chips at all times, going on from `state`. With
  /// `keepsInterrupted`, an interrupt ends it with what is done.
  ///
  /// Throws `Diagnostics` with every fault of the input.
  func evaluation(
    state: EvaluationState?, keepsInterrupted: Bool = false, console: Console
  ) throws -> (evaluation: Evaluation, budget: ErrorBudget?) {
    try plan.requireChips()
    let isProgram = isProgramFile(model)
    if ablates && isProgram {
      throw Diagnostics(
        Diagnostic(
          file: model, "--ablate compares products with those of the network",
          supported: "an ONNX model or a graph as text"))
    }
    let source = try DataSource(path: data)
    let options = isProgram ? options : options.evaluating(model, over: source, console: console)
    let subject =
      try isProgram
      ? EvaluationSubject(program: model, source, device, plan, console)
      : EvaluationSubject(
        CompiledModel(model, data: source, options: options, console: console), source, options,
        limits: device.limits.given, console)
    // What fails does so before the work.
    let provenance = try provenance(options, chosen: subject.chosen)
    let evaluated = try subject.evaluated(
      device, plan, state: state, provenance: provenance,
      console: console
    ) { work in try keepsInterrupted ? Interruption.noting(work) : work() }
    try state?.write()
    let budget =
      ablates && !Interruption.isWanted ? try subject.errorBudget(evaluated, plan) : nil
    return (evaluated.evaluation, budget)
  }

  /// Compiles the model with one technique after the other, going on from `state`.
  ///
  /// Throws `Diagnostics` with every fault of the input.
  func ladder(state: EvaluationState?, console: Console) throws -> AccuracyLadder {
    try plan.requireChips()
    guard !isProgramFile(model) else {
      throw Diagnostics(
        Diagnostic(
          file: model, "--ladder compiles the network with each technique",
          supported: "an ONNX model or a graph as text"))
    }
    let source = try DataSource(path: data)
    let options = options.evaluating(model, over: source, console: console)
    let provenance = try provenance(options, chosen: options.values)
    var ladder = try AccuracyLadder(
      model, source, device: device, plan: plan, options: options, state: state,
      console: console)
    try state?.write()
    ladder.provenance = provenance
    return ladder
  }

  /// What the results come from, where the model is compiled with `options`, of which a search has chosen `chosen`.
  ///
  /// Throws `Diagnostics` if a file cannot be read any more.
  func provenance(
    _ options: CompileOptions, chosen: OptionValues?
  ) throws -> Provenance {
    try Provenance(
      command: Provenance.decisive(command),
      options: chosen.map { values in
        CompileOption.table.filter { $0.commands.contains(.evaluate) }
          .flatMap { $0.words(in: values) }
      } ?? [],
      version: version,
      files: FileDigest.of(
        (hasModelInMemory ? [] : CommandFiles.files(model: model))
          + (hasDataInMemory ? [] : CommandFiles.files(data: data))
          + (isProgramFile(model) ? [] : CommandFiles.files(of: options, besideModel: model))
          + CommandFiles.files(faults: device.faults)))
  }
}
