import Basics
import Frontend
import Program

/// Shows what is in the model or the tile program at `path`; of a model also where it would go on the
/// chip of `options`.
///
/// Throws `Diagnostics` with every fault of the file.
public func runInspect(
  file path: String, asm: Bool, options: CompileOptions, json: Bool, console: Console
) throws -> ExitStatus {
  if path != "-" {
    try requireFile(path, "an ONNX model, a graph as text (.aim), or a tile program (.aimc)")
  }
  let file = try MappedFile(path: StandardInput.file(path))
  file.expect(.scattered)
  guard file.isProgram else {
    if asm {
      throw Diagnostics(
        Diagnostic(file: path, "has no assembly text", supported: "a tile program (.aimc)"))
    }
    let model: Model
    do {
      model = try Model(path: path)
    } catch let faults as Diagnostics {
      try showOutline(path, faults: faults, json: json, console: console)
      throw faults
    }
    console.report(model.warnings)
    let mapping = try ModelMapping(model, options: options)
    console.report(mapping.notes)
    let report = ModelReport(model, mapping: mapping)
    try console.write(report, as: "aimcc.inspect.model/1", json: json)
    return .done
  }
  file.expect(.inOrder)
  let program = try ValidProgram(file: file).program
  if asm {
    try console.write(program.assembly())
    return .done
  }
  let report = ProgramReport(program)
  try console.write(report, as: "aimcc.inspect.program/1", json: json)
  return .done
}

/// Shows what the nodes of an ONNX model are that cannot be imported, if it can be read so far.
private func showOutline(
  _ path: String, faults: Diagnostics, json: Bool, console: Console
) throws {
  guard !path.hasSuffix(textSuffix), try path != "-" || !StandardInput.isText(),
    let outline = try? ModelOutline(path: StandardInput.file(path)),
    !outline.nodes.isEmpty
  else { return }
  let report = ModelReport(outline, faults: faults)
  try console.write(report, as: "aimcc.inspect.model/1", json: json)
}

/// Whether `path` is that of a tile program, by its name or by the first bytes of the file.
public func isProgramFile(_ path: String) -> Bool {
  path.hasSuffix(programSuffix)
    || PathKind(path) == .file && (try? MappedFile(path: path).isProgram) ?? false
}

extension MappedFile {
  /// Whether it begins as ELF files do.
  fileprivate var isProgram: Bool {
    withUnsafeBytes { $0.starts(with: [0x7F, 0x45, 0x4C, 0x46]) }
  }
}
