import Basics
import Compiler
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
  if isAssemblyFile(path) {
    return try assemble(path, output: output, emit: emit, console: console)
  }
  var options = options
  let name = path == "-" ? "model" : path.split(separator: "/").last.map(String.init) ?? path
  let writesProgram = emit == .program
  let target = output ?? (writesProgram ? replacingExtension(name, with: programSuffix) : "-")
  var files = CommandFiles()
  var (programFile, textFile): (OutputFile?, TextOutput?)
  let writesFile = !options.plan && target != "-" && [.emit, .check].contains(options.stopAfter)
  if writesFile || options.dumpFolder != nil {
    files.reads(model: path)
    files.reads(for: options, besideModel: path)
    if writesFile && writesProgram {
      programFile = files.opened(target, "--output")
    } else if writesFile {
      textFile = TextOutput(target, "--output", &files)
    }
    options.dumpFolder.map { DumpFolder(path: $0) }?.open("--dump-dir", &files)
    try files.faults.throwIfErrors()
  }
  if !writesProgram { options.stopAfter = emit.pass }
  let compiled = try CompiledModel(path, options: options, output: programFile, console: console)
  if !writesProgram {
    let compilation = compiled.compilation
    if emit == .onnx {
      guard let placement = compilation.placement else { return .done }
      let bytes = try compilation.onnxModel(placement)
      if let textFile { try textFile.write(bytes) } else { try console.write(bytes) }
    } else if let drawing = try drawing(emit, of: compilation) {
      if let textFile { try textFile.write(drawing) } else { try console.write(drawing) }
    } else {
      try write(compilation, to: textFile, console: console)
    }
    return .done
  }
  if options.plan {
    if let partition = compiled.compilation.partition, partition.chip.fabric != nil {
      let report = try FabricReport(compiled, partition: partition)
      try console.write(report, as: FabricReport.schema, json: json)
      return .done
    }
    guard let report = CompileReport(compiled) else { return .done }
    try console.write(report, as: "aimcc.plan/1", json: json)
    return .done
  }
  guard let bytes = compiled.compilation.bytes else { return .done }
  try write(compiled, bytes, to: target, json: json, console: console)
  if let faults = compiled.unwritten { throw faults }
  return .done
}

/// Writes the text of what `compilation` is now, of a program its assembly, to `file`, or prints it.
func write(_ compilation: Compilation, to file: TextOutput?, console: Console) throws {
  guard let file else { return try console.write(compilation.text) }
  if let program = compilation.program {
    try file.write(program)
  } else {
    try file.write(compilation.stage)
  }
}

/// What `emit` draws of `compilation`; `nil` if that is no drawing.
///
/// Throws `Diagnostics` where a tile map has no room for the network.
private func drawing(_ emit: Emission, of compilation: Compilation) throws -> String? {
  switch emit {
  case .dot: return compilation.placement?.dot
  case .tileMap: return try compilation.placement?.tileMapText()
  case .svg:
    guard case .program(let program)? = compilation.product(of: emit.pass) else { return nil }
    return program.floorplan
  default: return nil
  }
}

/// Prints the program, if it goes to standard output, or else what became of the network.
private func write(
  _ compiled: CompiledModel, _ bytes: Bytes, to target: String, json: Bool, console: Console
) throws {
  guard target != "-" else { return try console.write(bytes) }
  // The estimate of programming takes half as long as a small compilation, and only these show it.
  let isWhole = json || console.columns == nil
  guard let report = try CompileReport(written: compiled, estimatesProgramming: isWhole) else {
    return
  }
  if json {
    try console.write(Document(schema: CompileReport.schema, content: report).text())
  } else {
    var page = report.page
    if compiled.unwritten == nil {
      page += "program        \(target), \(grouped(bytes.count)) bytes\n"
    }
    try console.write(page)
  }
}
