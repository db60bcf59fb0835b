import Basics
import Foundation
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
  /// What is done so far, with which an evaluation begins.
  public var resume: String?

  /// Creates names of files, none of which has to be given.
  public init(
    csv: String? = nil, svg: String? = nil, part: String? = nil, resume: String? = nil
  ) {
    self.csv = csv
    self.svg = svg
    self.part = part
    self.resume = resume
  }
}

/// Does the evaluation that `request` describes, prints it, and writes it to `files`.
///
/// Throws `Diagnostics` with every fault of the input.
public func runEvaluate(
  _ request: EvaluationRequest, files: EvaluationFiles, json: Bool, console: Console
) throws -> ExitStatus {
  var named = CommandFiles()
  request.tell(&named)
  let outputs = OpenedFiles(files, &named)
  try named.faults.throwIfErrors()
  let state = try files.resume.map { try EvaluationState(path: $0) }
  let (evaluation, budget) = try request.evaluation(
    state: state, keepsInterrupted: true, console: console)
  var faults = Diagnostics()
  let shard = request.plan.shard
  if let file = outputs.part, !Interruption.isWanted {
    let part = EvaluationPart(evaluation, shard: shard)
    try faults.collect {
      try file.write(Document(schema: EvaluationPart.schema, content: part).text())
      try file.complete()
    }
  }
  let report = EvaluationReport(evaluation, budget: budget?.entries, shard: shard)
  try write(report, budget, to: outputs, json: json, console: console, faults)
  Interruption.endIfWanted()
  return .done
}

/// Compiles the model of `request` with one technique for the accuracy after the other, and runs what comes out
/// as that describes.
///
/// Throws `Diagnostics` with every fault of the input.
public func runLadder(
  _ request: EvaluationRequest, resume: String? = nil, json: Bool, console: Console
) throws -> ExitStatus {
  var named = CommandFiles()
  request.tell(&named)
  _ = named.opened(resume, "--resume")
  try named.faults.throwIfErrors()
  let state = try resume.map { try EvaluationState(path: $0) }
  let ladder = try Interruption.noting { try request.ladder(state: state, console: console) }
  try console.write(ladder, as: EvaluationFile.ladder, json: json)
  Interruption.endIfWanted()
  return .done
}

/// Puts the parts of an evaluation together, and reports as if it had been done at once.
///
/// Throws `Diagnostics` for a file that is no part, or parts that do not fit.
public func runMerge(
  parts: [String], files: EvaluationFiles, json: Bool, console: Console
) throws -> ExitStatus {
  var named = CommandFiles()
  for part in parts { named.reads(part) }
  let outputs = OpenedFiles(files, &named)
  var faults = named.faults
  var read: [(file: String, part: EvaluationPart)] = []
  for path in parts {
    try faults.collect {
      if path != "-" { try requireFile(path, "a part of an evaluation") }
      let text = try readText(path)
      do throws(EvaluationPart.Fault) {
        read.append((path, try EvaluationPart(text: text)))
      } catch {
        throw Diagnostics(
          Diagnostic(
            file: path, error.message,
            supported: "files that this aimcc evaluate --shard K/N --part FILE writes"))
      }
    }
  }
  try faults.throwIfErrors()
  let report = EvaluationReport(try Evaluation(merging: read))
  try write(report, nil, to: outputs, json: json, console: console, faults)
  return .done
}

/// The files of `EvaluationFiles`, opened.
private struct OpenedFiles {
  var csv: OutputFile?
  var svg: OutputFile?
  var part: OutputFile?

  /// Opens `files`; `named` tells which cannot be.
  init(_ files: EvaluationFiles, _ named: inout CommandFiles) {
    csv = named.opened(files.csv, "--csv")
    svg = named.opened(files.svg, "--svg")
    part = named.opened(files.part, "--part")
    // Whether it can be written shows now; what is in it is read later.
    _ = named.opened(files.resume, "--resume")
  }
}

/// Writes all files that can be written, and prints the report.
///
/// Throws `faults` and those of the files.
private func write(
  _ report: EvaluationReport, _ budget: ErrorBudget?, to files: OpenedFiles, json: Bool,
  console: Console, _ faults: Diagnostics
) throws {
  var faults = faults
  for (file, text) in [(files.csv, report.csv), (files.svg, report.svg)] {
    guard let file else { continue }
    try faults.collect {
      try file.write(text)
      try file.complete()
    }
  }
  if let budget, !json { try console.write(budget.page) }
  try console.write(report, as: EvaluationFile.evaluation, json: json)
  try faults.throwIfErrors()
}
