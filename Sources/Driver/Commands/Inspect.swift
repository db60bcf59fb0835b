import Basics
import Program

/// Shows what is in the model or the tile program at `path`; of a model also where it would go on the
/// chip of `options`.
///
/// Throws `Diagnostics` with every fault of the file.
public func runInspect(
  file path: String, asm: Bool, options: CompileOptions, json: Bool, console: Console
) throws -> ExitStatus {
  try requireFile(path, "an ONNX model, a graph as text (.aim), or a tile program (.aimc)")
  let file = try MappedFile(path: path)
  file.expect(.scattered)
  let isProgram = file.withUnsafeBytes { $0.starts(with: [0x7F, 0x45, 0x4C, 0x46]) }
  guard isProgram else {
    if asm {
      throw Diagnostics(
        Diagnostic(file: path, "has no assembly text", supported: "a tile program (.aimc)"))
    }
    let model = try Model(path: path)
    console.report(model.warnings)
    let mapping = try ModelMapping(model, options: options)
    console.report(mapping.notes)
    let report = ModelReport(model, mapping: mapping)
    try console.write(
      json ? Document(schema: "aimcc.inspect.model/1", content: report).text() : report.text)
    return .done
  }
  file.expect(.inOrder)
  let program = try Program(file: file)
  if asm {
    try console.write(program.assembly())
    return .done
  }
  let report = ProgramReport(program)
  try console.write(
    json ? Document(schema: "aimcc.inspect.program/1", content: report).text() : report.text)
  return .done
}
