import Compiler
import Basics
import Chip
import Frontend
import IR
import Passes

/// A network as it is before any pass.
struct Model {
  /// The path of its file.
  var path: String
  /// The network.
  var graph: Graph
  /// What passes have found already, if the file is the text of a later stage.
  var stage: StageDump?
  /// How the products of the network are laid out.
  var layouts: ProductLayouts { stage?.layouts ?? ProductLayouts() }
  /// What the file says of itself, if it is an ONNX model.
  var onnx: ImportedModel?
  /// The names of the inputs that became constants of `graph`.
  var decisiveNames: [String] = []
  /// What the user should know although it stops nothing.
  var warnings: [Diagnostic]

  /// Reads the ONNX model, or the text of a graph or a later stage, at `path`; `-` is standard input. Messages call it
  /// `name`, if that is given.
  ///
  /// Constants of a text that are known by checksum are taken from `path` + `.weights`, as far as
  /// they are there; `replacements` take the place of the initializers of their names. Throws
  /// `Diagnostics` with all faults of the file.
  init(
    path: String, named name: String? = nil, options: CompileOptions = CompileOptions(),
    replacing replacements: [String: Tensor] = [:]
  ) throws {
    self.path = name ?? path
    if path != "-" { try requireFile(path, "an ONNX model (.onnx), or a graph as text (.aim)") }
    if try path == "-" ? StandardInput.isText() : path.hasSuffix(textSuffix) {
      let stage = try readStage(path, options: options)
      self.stage = stage
      graph = stage.graph
      warnings = []
    } else {
      let imported = try importModel(
        path: StandardInput.file(path),
        named: path == "-" ? "standard input" : name, replacing: replacements,
        allowsAbsentData: options.plan)
      graph = imported.graph
      warnings = imported.warnings
      onnx = imported
    }
  }

  /// What is known of the network with a size for every dimension, `sized`.
  ///
  /// Passes that have run while dimensions were open have more to do where they have sizes.
  func stage(sized: Graph) -> StageDump {
    if let stage, stage.holdsMoreThanGraph { return stage }
    var sizedStage = StageDump(sized, layouts: layouts.moved(from: graph, to: sized))
    guard let stage, graph.inputs.allSatisfy({ graph[$0].type.fixedShape != nil }) else {
      return sizedStage
    }
    sizedStage.passes = stage.passes
    sizedStage.dimensionNames = stage.dimensionNames
    sizedStage.firstCopies = stage.firstCopies
    return sizedStage
  }

  /// Throws `Diagnostics` naming every constant whose elements are not known.
  func requireConstants() throws {
    try Diagnostics(
      graph.unresolvedConstants.map { name in
        Diagnostic(
          file: path, "constant \"\(name)\" is known by its checksum only",
          help:
            "aimcc writes its elements to \(path + weightsSuffix) when the graph is written with -o"
        )
      }
    ).throwIfErrors()
  }
}

/// Reads the text at `path`, and the elements of its constants from the weight file beside it.
private func readStage(_ path: String, options: CompileOptions) throws -> StageDump {
  let name = path == "-" ? "standard input" : path
  var stage = try StageDump(text: try readText(path), file: name) { chip in
    // The text names the chip; one given on the command line may be a file of that name.
    options.chip == CompileOptions().chip
      ? try Chip.load(chip, settings: options.settings)
      : try Chip.load(options.chip, settings: options.settings)
  }
  var faults = stage.graph.verify()
  if faults.isEmpty, !stage.unresolvedConstants.isEmpty, let weights = try weightFile(of: path) {
    try stage.attachConstants(from: weights)
    // Only now the weights of columns that are kept for errors are known.
    faults = stage.layouts.verify(of: stage.graph)
  }
  faults += stage.passes.filter { Pass(named: $0) == nil }.map {
    Diagnostic(
      .error, "there is no pass \"\($0)\" that may have run",
      supported: Pass.all.map(\.name).joined(separator: ", "))
  }
  for index in faults.indices { faults[index].file = name }
  try Diagnostics(faults).throwIfErrors()
  return stage
}

/// The weight file beside the text at `path`, if there is one.
private func weightFile(of path: String) throws -> WeightFile? {
  let weights = path + weightsSuffix
  return PathKind(weights) == .missing ? nil : try WeightFile(path: weights)
}

/// Whether the file at `path` may be the text of a graph or a later stage; standard input may.
public func mayBeText(_ path: String) -> Bool { path == "-" || path.hasSuffix(textSuffix) }

/// How the name of a graph's text ends.
let textSuffix = ".aim"

/// How the name of a program's assembly ends.
let assemblySuffix = ".asm"

/// Whether `path` is that of a program's assembly, by its name.
public func isAssemblyFile(_ path: String) -> Bool { path.hasSuffix(assemblySuffix) }

/// What the name of a graph's weight file has more than that of its text.
let weightsSuffix = ".weights"

/// The UTF-8 text of the file at `path`; `-` is standard input.
///
/// Throws `Diagnostics` if it cannot be read or is no UTF-8.
func readText(_ path: String) throws -> String {
  let file = try MappedFile(path: StandardInput.file(path))
  let bytes = file.withUnsafeBytes { Array($0) }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw Diagnostics(Diagnostic(file: path, "is not text in UTF-8"))
  }
  return text
}
