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
    if pass.readsInputs && typical == nil {
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
  let product = passes.last.flatMap { compilation.product(of: $0) }
  if let product, product.stage == nil {
    if let target { try target.write(product) } else { try console.write(product.text) }
  } else {
    let result = passes.last.flatMap { compilation.stage(after: $0) } ?? stage
    if let target { try target.write(result) } else { try console.write(result.text) }
  }
  if options.timing { console.report(Page(timingTable(times))) }
  return .done
}
