import Basics
import Chip
import IR
import Passes

/// The passes that take and give what a text can hold.
public enum TextPass: String, Sendable, CaseIterable {
  case fold, fuse, concatenate, legalize, partition, replicate, quantize, place, schedule
}

/// Runs `passes` over the text, or the model, at `path` in the order given, verifying after each, and
/// writes the text of what comes out.
///
/// Throws `Diagnostics` with every fault of the text, or if a pass is not given what it takes.
public func runOpt(
  graph path: String, passes: [TextPass], options: CompileOptions, output: String?,
  console: Console
) throws -> ExitStatus {
  var files = CommandFiles()
  files.reads(model: path)
  files.reads(for: options, besideModel: path)
  let target = output.flatMap { TextOutput($0, "--output", &files) }
  try files.faults.throwIfErrors()
  let model = try Model(path: path, options: options)
  console.report(model.warnings)
  var stage = model.stage ?? StageDump(model.graph)
  try Diagnostics(stage.graph.verify()).throwIfErrors()
  var times: [PassTime] = []
  let clock = ContinuousClock()
  for pass in passes {
    let start = clock.now
    stage = try run(pass, on: stage, options: options, file: path)
    times.append(PassTime(pass: pass.rawValue, milliseconds: (clock.now - start).milliseconds))
    let found = stage.verify()
    if !found.isEmpty { throw BrokenProduct(pass: pass.rawValue, diagnostics: found) }
  }
  if let target {
    try target.write(stage)
  } else {
    try console.write(stage.text)
  }
  if options.timing { console.report(timingTable(times)) }
  return .done
}

private func run(
  _ pass: TextPass, on stage: StageDump, options: CompileOptions, file: String
) throws -> StageDump {
  func required<T>(_ section: T?, _ name: String) throws -> T {
    guard let section else {
      throw Diagnostics(
        Diagnostic(
          file: file, "pass \(pass.rawValue) needs a \(name), and the text has none",
          help: "the order is \(TextPass.allCases.map(\.rawValue).joined(separator: ", "))"))
    }
    return section
  }
  switch pass {
  case .fold: return StageDump(try stage.graph.folded())
  case .fuse: return StageDump(stage.graph.fused())
  case .concatenate:
    let chip = try Chip.load(options.chip, settings: options.settings)
    return StageDump(try stage.graph.concatenated(for: chip))
  case .legalize: return StageDump(try stage.graph.legalized())
  case .partition:
    let chip = try Chip.load(options.chip, settings: options.settings)
    let legal = try stage.graph.legalized()
    return StageDump(
      try legal.partitioned(for: chip, chips: options.chips.value, options: options.mapping),
      calibration: stage.calibration)
  case .replicate:
    let partition = try required(stage.partition, "partition")
    return StageDump(partition.replicated(options.mapping), calibration: stage.calibration)
  case .quantize:
    let partition = try required(stage.partition, "partition")
    let calibration = try required(stage.calibration, "calibration")
    return StageDump(try partition.quantized(by: calibration), of: partition)
  case .place:
    let placement = try required(stage.partition, "partition").placed(options.mapping)
    return StageDump(
      placement, calibration: stage.calibration, quantization: stage.quantization)
  case .schedule:
    let placement = try required(stage.placement, "placement")
    let quantization = try required(stage.quantization, "quantization")
    return StageDump(placement.scheduled(with: quantization))
  }
}
