import Basics
import Report

/// Draws the evaluations at `paths` as `kind` says, or as suits them, and writes the figure to `output`, as `form`.
///
/// Throws `Diagnostics` with every fault of the inputs, and where the form needs a program that is not there.
public func runPlot(
  evaluations paths: [String], kind: PlotKind?, output: String, form: FigureForm,
  console: Console
) throws -> ExitStatus {
  var files = CommandFiles()
  for path in paths { files.reads(path) }
  let figure = output == "-" ? nil : files.opened(output, "--output")
  var faults = files.faults
  var converter: FigureConverter?
  try faults.collect { converter = try form.converter() }
  var read: [(path: String, file: EvaluationFile)] = []
  for path in paths {
    try faults.collect { read.append((path, try EvaluationFile(path: path))) }
  }
  try faults.throwIfErrors()
  let kind = kind ?? (PlotKind.time.takes(read[0].file) ? .time : .ladder)
  for (path, file) in read where !kind.takes(file) {
    faults.append(
      Diagnostic(
        file: path, "has nothing to show in a figure of the kind \(kind.rawValue)",
        supported: "what aimcc \(kind.source) prints"))
  }
  if [.ladder, .budget].contains(kind) && read.count > 1 {
    faults.append(
      Diagnostic(
        .error, file: read[1].path, "a figure of the kind \(kind.rawValue) is of one file",
        help: "give one file, or --kind time or pareto"))
  }
  try faults.throwIfErrors()
  let svg = Chart(kind, of: read.map(\.file)).file
  guard let figure else {
    try console.write(Bytes(copying: Array(svg.utf8)))
    return .done
  }
  if let converter {
    try converter.converted(svg).withUnsafeBytes(figure.write)
  } else {
    try figure.write(svg)
  }
  try figure.complete()
  return .done
}
