import Basics
import Chip
import IR
import Passes

/// The passes that take and give what a text can hold.
public enum TextPass: String, Sendable, CaseIterable {
  case fold, fuse, legalize, partition, replicate, place
}

/// Runs `passes` over the text, or the model, at `path` in the order given, verifying after each, and
/// writes the text of what comes out.
///
/// Throws `Diagnostics` with every fault of the text, or if a pass is not given what it takes.
public func runOpt(
  graph path: String, passes: [TextPass], options: CompileOptions, output: String?,
  console: Console
) throws -> ExitStatus {
  if let output { try requireWritable(output, inputs: [path]) }
  var stage = try readStage(path, options: options, console: console)
  var times: [PassTime] = []
  let clock = ContinuousClock()
  for pass in passes {
    let start = clock.now
    stage = try run(pass, on: stage, options: options, file: path)
    times.append(PassTime(pass: pass.rawValue, milliseconds: (clock.now - start).milliseconds))
    let found = stage.verify()
    if !found.isEmpty { throw BrokenProduct(pass: pass.rawValue, diagnostics: found) }
  }
  if let output {
    try writeText(stage, to: output)
  } else {
    try console.write(stage.text)
  }
  if options.timing { console.report(timingTable(times)) }
  return .done
}

private func readStage(_ path: String, options: CompileOptions, console: Console) throws
  -> StageDump
{
  guard path == "-" || path.hasSuffix(textSuffix) else {
    let model = try Model(path: path)
    console.report(model.warnings)
    return .graph(model.graph)
  }
  if path != "-" { try requireFile(path, "a graph as text (.aim)") }
  let name = path == "-" ? "standard input" : path
  let stage = try StageDump(text: try readText(path), file: name) { chip in
    // The text names the chip; one given on the command line may be a file of that name.
    options.chip == CompileOptions().chip
      ? try Chip.load(chip, settings: options.settings)
      : try Chip.load(options.chip, settings: options.settings)
  }
  try Diagnostics(stage.graph.verify()).throwIfErrors()
  return stage
}

private func run(
  _ pass: TextPass, on stage: StageDump, options: CompileOptions, file: String
) throws -> StageDump {
  switch (pass, stage) {
  case (.fold, .graph(let graph)): return .graph(try graph.folded())
  case (.fuse, .graph(let graph)): return .graph(graph.fused())
  case (.legalize, .graph(let graph)): return .graph(try graph.legalized())
  case (.partition, .graph(let graph)):
    let chip = try Chip.load(options.chip, settings: options.settings)
    return .partition(try graph.partitioned(for: chip, chips: options.chips.value))
  case (.replicate, .partition(let partition)): return .partition(partition.replicated())
  case (.place, .partition(let partition)): return .placement(partition.placed())
  default:
    throw Diagnostics(
      Diagnostic(
        file: file, "pass \(pass.rawValue) does not take a \(stage.kind)",
        help: "the order is fold, fuse, legalize, partition, replicate, place"))
  }
}

extension StageDump {
  fileprivate var kind: String {
    switch self {
    case .graph: "graph"
    case .partition: "partition"
    case .placement: "placement"
    }
  }

  fileprivate func verify() -> [Diagnostic] {
    switch self {
    case .graph(let graph): graph.verify()
    case .partition(let partition): partition.verify()
    case .placement(let placement): placement.verify()
    }
  }
}
