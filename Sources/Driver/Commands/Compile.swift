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
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let target = output ?? (emit == .program ? replacingExtension(name, with: ".aimc") : "-")
  if !options.plan && target != "-" && [.emit, .check].contains(options.stopAfter) {
    try requireWritable(target, inputs: [path] + [options.calibrate].compactMap { $0 })
  }
  if emit != .program { options.stopAfter = emit.pass }
  var pipeline = Pipeline(options: options, console: console)
  defer { if options.timing { console.report(timingTable(pipeline.passTimes)) } }
  try pipeline.run(path, output: emit == .program && target != "-" ? target : nil)
  if emit != .program {
    if let product = pipeline.product { try write(product, to: target, console: console) }
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
    try console.write("program        \(target), \(grouped(bytes.count)) bytes\n")
  }
  return .done
}

/// Writes the text form of `product` to `target`.
private func write(_ product: Product, to target: String, console: Console) throws {
  if target == "-" {
    try console.write(product.text)
  } else if let stage = product.stage {
    try writeText(stage, to: target)
  } else {
    try writeAtomically(product.text, to: target)
  }
}

extension Pipeline {
  /// The times of the passes so far, as reports have them.
  var passTimes: [PassTime] {
    times.map { PassTime(pass: $0.pass.rawValue, milliseconds: $0.time.milliseconds) }
  }
}
