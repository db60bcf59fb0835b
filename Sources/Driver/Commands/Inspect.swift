import Basics
import Chip
import Frontend
import IR
import Program
import Simulator

/// What `inspect` shows of a file.
public enum InspectView: Sendable {
  /// What is in it.
  case report
  /// The assembly of a program; into a file, with its long lists beside it.
  case assembly(output: String?)
  /// What is in a core of a program; the conductances into an NPY file.
  case core(CorePlace, weights: String?)
  /// A section of a program's file; into a file, as it is.
  case section(String, output: String?)

  /// The option that asks for it, and where it goes.
  fileprivate var target: (option: String, path: String?) {
    switch self {
    case .report: ("", nil)
    case .assembly(let output), .section(_, let output): ("--output", output)
    case .core(_, let weights): ("--weights", weights)
    }
  }
}

/// A core of a chip.
public struct CorePlace: Hashable, Sendable {
  let chip: Int
  let core: Int

  /// Creates a place from `CHIP.CORE`, or from `CORE` of the first chip; `nil` if it is neither.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let core = parts.last ?? nil, core >= 0,
      let chip = parts.count == 2 ? parts[0] : 0, chip >= 0
    else { return nil }
    (self.chip, self.core) = (chip, core)
  }
}

/// Shows what is in the model or the tile program at `path`; of a model also where it would go on the
/// chip of `options`.
///
/// Throws `Diagnostics` with every fault of the file.
public func runInspect(
  file path: String, view: InspectView = .report, options: CompileOptions = CompileOptions(),
  json: Bool, console: Console
) throws -> ExitStatus {
  if path != "-" {
    try requireFile(path, "an ONNX model, a graph as text (.aim), or a tile program (.aimc)")
  }
  let file = try MappedFile(path: StandardInput.file(path))
  file.expect(.scattered)
  guard file.isProgram else {
    guard case .report = view else {
      throw Diagnostics(
        Diagnostic(
          file: path, "has no assembly, cores or sections", supported: "a tile program (.aimc)"))
    }
    return try inspect(model: path, options: options, json: json, console: console)
  }
  file.expect(.inOrder)
  var files = CommandFiles()
  files.reads(path)
  let (option, target) = view.target
  var output: OutputFile?
  var text: TextOutput?
  if let target, target != "-" {
    if case .assembly = view {
      text = TextOutput(target, option, &files)
    } else {
      output = files.opened(target, option)
    }
  }
  try files.faults.throwIfErrors()
  let program = try ValidProgram(file: file)
  let limits = RunLimits().limits(size: file.count)
  switch view {
  case .report:
    try console.write(
      ProgramReport(program.program), as: "aimcc.inspect.program/1", json: json)
  case .assembly:
    if let text {
      try text.write(program.program)
    } else {
      try console.write(program.program.assembly(notes: program.notesOfInstructions(limits)))
    }
  case .core(let place, _):
    let report = try CoreReport(place, of: program, file: path, limits: limits)
    if let output {
      try encodeNPY(program.program.conductances(in: place)).withUnsafeBytes(output.write)
      try output.complete()
    }
    try console.write(report, as: "aimcc.inspect.core/1", json: json)
  case .section(let name, _):
    let content = try section(name, of: file, path: path)
    if let output {
      try content.withUnsafeBytes(output.write)
      try output.complete()
    } else if target == "-" {
      try console.write(content)
    } else {
      try console.write(hexadecimal(content))
    }
  }
  return .done
}

/// Shows what is in the model at `path`, and where it would go.
private func inspect(
  model path: String, options: CompileOptions, json: Bool, console: Console
) throws -> ExitStatus {
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

/// The section `name` of a program.
private func section(_ name: String, of file: MappedFile, path: String) throws -> Bytes {
  let bytes = Bytes(file: file, range: 0..<file.count)
  let sections = try ProgramSections(bytes: bytes, path: path)
  guard let content = sections[name] else {
    throw Diagnostics(
      Diagnostic(
        file: path, "there is no section \(quoted(name))",
        supported: sections.names.joined(separator: ", ")))
  }
  return content
}

/// `bytes` as numbers, 16 to a line behind their place, and the characters that they are in ASCII.
private func hexadecimal(_ bytes: Bytes) -> String {
  func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(count - text.count, 0)) + text
  }
  return bytes.withUnsafeBytes { bytes in
    stride(from: 0, to: bytes.count, by: 16).map { start in
      let line = bytes[start..<min(start + 16, bytes.count)]
      let numbers = line.map { digits(Int($0), 2) }.joined(separator: " ")
      let text = line.map { (0x20..<0x7F).contains($0) ? Character(Unicode.Scalar($0)) : "." }
      let gap = String(repeating: " ", count: 3 * (16 - line.count) + 2)
      return "\(digits(start, 8))  \(numbers)\(gap)\(String(text))\n"
    }.joined()
  }
}

extension ValidProgram {
  /// Of every instruction, the node that it computes, its unit, and when it works in an inference, where the
  /// clock knows within `limits`.
  fileprivate func notesOfInstructions(_ limits: Limits) -> [[String?]] {
    let moments = (try? Trace(of: self, limits: limits))?.moments
    return program.nodesOfInstructions.enumerated().map { stream, nodes in
      nodes.enumerated().map { number, node in
        guard !node.isEmpty else { return nil }
        let place = "\(printable(node)) on \(program.streams[stream].unit)"
        guard let moment = moments?[stream][number] else { return place }
        return "\(place), \(fixed(moment.start, 1)) to \(fixed(moment.end, 1)) ns"
      }
    }
  }
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
