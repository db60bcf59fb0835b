import Basics
import Compiler
import IR
import Passes
import Program

/// Where the text of a graph, of a later stage or of a program goes, and beside it the elements that it does not hold.
struct TextOutput {
  private let text: OutputFile
  private let weights: OutputFile

  /// Opens the file that will be `path`, and the weight file beside it.
  ///
  /// Throws `Diagnostics` if they cannot be written.
  init(_ path: String) throws {
    text = try OutputFile(path)
    weights = try OutputFile(path + weightsSuffix)
  }

  /// Opens both files as outputs of `option`; `nil` if they cannot be, which `files` then tells.
  init?(_ path: String, _ option: String, _ files: inout CommandFiles) {
    guard let text = files.opened(path, option),
      let weights = files.opened(path + weightsSuffix, option)
    else { return nil }
    (self.text, self.weights) = (text, weights)
  }

  /// Writes the text of `stage`, behind `heading`, and its elements, where the text needs any.
  func write(_ stage: StageDump, heading: String = "") throws {
    try write(heading + stage.text, stage.referencedTensors())
  }

  /// Writes the assembly of `program`, behind `heading`, and the lists that it does not hold, as tensors of bytes.
  func write(_ program: Program, heading: String = "") throws {
    try write(
      heading + program.assembly(),
      program.payloads(above: Program.inlinedElements).map {
        Tensor(type: .u8, shape: [$0.count], bytes: $0)
      })
  }

  /// Writes `drawing`, which is whole in itself.
  func write(_ drawing: String) throws { try write(drawing, []) }

  /// Writes `bytes`, which are whole in themselves.
  func write(_ bytes: Bytes) throws {
    try bytes.withUnsafeBytes(text.write)
    try text.complete()
  }

  private func write(_ content: String, _ tensors: [Tensor]) throws {
    if !tensors.isEmpty { try WeightFile.write(tensors, to: weights) }
    try text.write(content)
    try OutputFile.complete(tensors.isEmpty ? [text] : [weights, text])
  }
}

/// Where the stages of a compilation go: a file a pass, with the number of the pass in its table.
struct DumpFolder: Sendable {
  /// The path of the folder.
  let path: String

  /// The file of what `pass` gives: the text of a stage, the assembly of a program, or at the end the program.
  func file(of pass: Pass) -> String {
    let number = Pass.upTo(pass).count
    let suffix =
      pass == .check ? programSuffix : pass.product == .program ? assemblySuffix : textSuffix
    return join(path, "\(number < 10 ? "0" : "")\(number)-\(pass.name)\(suffix)")
  }

  /// Makes the folder, unless it is there, and takes note of the files of all passes as outputs of `option`.
  ///
  /// What is wrong with them `files` tells.
  func open(_ option: String, _ files: inout CommandFiles) {
    files.makes(
      folder: path,
      names: Pass.all.flatMap { pass in
        pass == .check ? [file(of: pass)] : [file(of: pass), file(of: pass) + weightsSuffix]
      }, option)
  }

  /// Writes what `compilation` is behind `pass`. A comment says with which command it goes on, with `options`
  /// for the model at `model`.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func write(
    _ compilation: Compilation, after pass: Pass, options: CompileOptions, model: String
  ) throws {
    let file = file(of: pass)
    if pass == .check {
      guard let bytes = compilation.bytes else { return }
      return try bytes.withUnsafeBytes { try writeAtomically($0, to: file) }
    }
    if let program = compilation.program {
      let command = "// aimcc compile \(shellWord(file))\n"
      return try TextOutput(file).write(program, heading: command)
    }
    let stage = compilation.stage
    var options = options
    // The mapping of another goal may be better; passes behind the cut go on with that.
    options.mapping.objective = compilation.objective
    var words = options.words(from: stage)
    if compilation.needsTypicalInputs(after: pass),
      let data = options.calibrate ?? TypicalData.beside(model)
    {
      words.append("--calibrate \(shellWord(data))")
    }
    let command = (["aimcc compile \(shellWord(file))"] + words).joined(separator: " ")
    let comment = command.split(separator: "\n").map { "// \($0)\n" }.joined()
    try TextOutput(file).write(stage, heading: comment)
  }
}
