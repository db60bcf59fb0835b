import Basics
import Passes
import Program

/// Compiles the model at `model` and writes what `emit` says.
///
/// A program goes to `output`, by default NAME.aimc in the current folder, and a report is printed; the
/// product of a pass goes to `output` or is printed instead.
/// Throws `Diagnostics` with every fault of the input.
public func runCompile(
  model path: String, output: String?, emit: Emission, options: CompileOptions, json: Bool,
  console: Console
) throws -> ExitStatus {
  var options = options
  let name = path == "-" ? "model" : path.split(separator: "/").last.map(String.init) ?? path
  let target = output ?? (emit == .program ? replacingExtension(name, with: programSuffix) : "-")
  var files = CommandFiles()
  var (programFile, textFile): (OutputFile?, TextOutput?)
  if !options.plan && target != "-" && [.emit, .check].contains(options.stopAfter) {
    files.reads(model: path)
    files.reads(for: options, besideModel: path)
    if emit == .program {
      programFile = files.opened(target, "--output")
    } else {
      textFile = TextOutput(target, "--output", &files)
    }
    try files.faults.throwIfErrors()
  }
  if emit != .program { options.stopAfter = emit.pass }
  var pipeline = Pipeline(options: options, console: console)
  defer { if options.timing { console.report(timingTable(pipeline.passTimes)) } }
  try pipeline.run(path, output: programFile)
  if emit != .program {
    guard let product = pipeline.product else { return .done }
    if let textFile { try textFile.write(product) } else { try console.write(product.text) }
    return .done
  }
  if options.plan {
    guard let placement = pipeline.placement else { return .done }
    let report = CompileReport(
      placement, widened: pipeline.widenedInterval, objective: options.mapping.objective,
      calibration: nil, times: pipeline.times)
    try console.write(
      json ? Document(schema: "aimcc.plan/1", content: report).text() : report.text)
    return .done
  }
  guard let program = pipeline.program, let bytes = pipeline.programBytes,
    let schedule = pipeline.schedule, let calibration = pipeline.calibration
  else { return .done }
  var report = CompileReport(
    schedule.placement, widened: pipeline.widenedInterval, objective: options.mapping.objective,
    calibration: calibration, times: pipeline.times)
  report.programBytes = bytes.count
  try report.mapping.setTimes(of: program)
  if target == "-" {
    try console.write(bytes)
    return .done
  }
  if json {
    try console.write(Document(schema: "aimcc.compile/1", content: report).text())
  } else {
    try console.write(report.text)
    if pipeline.unwritten == nil {
      try console.write("program        \(target), \(grouped(bytes.count)) bytes\n")
    }
  }
  if let faults = pipeline.unwritten { throw faults }
  return .done
}

extension Pipeline {
  /// The times of the passes so far, as reports have them.
  var passTimes: [PassTime] {
    times.map { PassTime(pass: $0.pass.rawValue, milliseconds: $0.time.milliseconds) }
  }
}
