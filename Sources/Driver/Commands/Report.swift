import Basics
import Program
import Report

/// Writes a page about the tile program at `path` to `output`, by default NAME.html in the current folder, with the
/// evaluations in `evaluations`. The clock keeps within `limits`.
///
/// Throws `Diagnostics` with every fault of the inputs.
public func runReport(
  program path: String, evaluations: [String], output: String?, limits: RunLimits = RunLimits(),
  console: Console
) throws -> ExitStatus {
  try requireFile(path, "a tile program (.aimc)")
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let target = output ?? replacingExtension(name, with: ".html")
  var files = CommandFiles()
  files.reads(path)
  for evaluation in evaluations { files.reads(evaluation) }
  let page = target == "-" ? nil : files.opened(target, "--output")
  var faults = files.faults
  var read: [EvaluationFile] = []
  for evaluation in evaluations {
    try faults.collect { read.append(try EvaluationFile(path: evaluation)) }
  }
  try faults.throwIfErrors()
  let file = try MappedFile(path: path)
  let program = try ValidProgram(file: file)
  let report = try NetworkReport(
    program, evaluations: read, limits: limits.limits(size: file.count))
  let html = ReportPage(
    title: "\(program.network) on \(program.chipCount) × \(program.chip.name)",
    json: try jsonText(of: report, inOneLine: true), charts: charts(of: read)
  ).html
  guard let page else {
    try console.write(Bytes(copying: Array(html.utf8)))
    return .done
  }
  try page.write(html)
  try page.complete()
  try console.write(Page("report         \(target), \(grouped(html.utf8.count)) bytes\n"))
  return .done
}

/// The charts of `evaluations`: all that have times in one, each ladder with its energies, each error budget.
private func charts(of evaluations: [EvaluationFile]) -> [Chart] {
  let timed = evaluations.filter(PlotKind.time.takes)
  var charts = timed.isEmpty ? [] : [Chart(.time, of: timed)]
  for kind in [PlotKind.ladder, .pareto, .budget] {
    charts += evaluations.filter(kind.takes).map { Chart(kind, of: [$0]) }
  }
  return charts
}
