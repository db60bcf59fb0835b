import Basics
import Chip
import Compiler
import IR
import Passes

/// Runs `passes` over the text, or the model, at `path` in the order given, verifying after each, and
/// writes the text of what comes out.
///
/// Throws `Diagnostics` with every fault of the text, or if a pass is not given what it takes.
public func runOpt(
  graph path: String, passes: [Pass], options: CompileOptions, output: String?,
  console: Console
) throws -> ExitStatus {
  var files = CommandFiles()
  files.reads(model: path)
  files.reads(for: options, besideModel: path)
  let target = output.flatMap { TextOutput($0, "--output", &files) }
  try files.faults.throwIfErrors()
  let model = try Model(path: path, options: options)
  console.report(model.warnings)
  let stage = model.stage ?? StageDump(model.graph)
  let namesChip = options.chip != CompileOptions().chip || !options.settings.isEmpty
  if namesChip && stage.partition == nil && !passes.contains(where: \.readsChip) {
    throw Diagnostics(
      Diagnostic(
        file: path,
        "--chip and --set have no effect: the text has no partition, and no pass that "
          + "looks at the chip runs", help: "leave them out"))
  }
  var compilerOptions = options.compiler
  compilerOptions.verifyEach = true
  var compilation = Compilation(
    of: stage, for: try Chip.load(options.chip, settings: options.settings),
    options: compilerOptions)
  var times: [PassTime] = []
  var observer = CompilerObserver()
  observer.ran = { pass, time, _ in
    times.append(PassTime(pass: pass.name, milliseconds: time.milliseconds))
  }
  var typical: TypicalData?
  for pass in passes {
    if compilation.readsInputs(pass) && typical == nil {
      typical = try TypicalData(options, model: path, graph: compilation.graph)
      compilation.typical = typical?.inputs
      console.report(typical?.notes ?? [])
    }
    do { try compilation.run(pass, observer) } catch var faults as Diagnostics {
      for index in faults.items.indices where faults.items[index].file == nil {
        faults.items[index].file = path
      }
      throw faults
    }
  }
  try write(compilation, to: target, console: console)
  if options.timing { console.report(Page(timingTable(times))) }
  return .done
}
