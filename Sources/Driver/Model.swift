import Basics
import Frontend
import IR
import Passes

/// A network as it is before any pass.
struct Model {
  /// The path of its file.
  var path: String
  /// The network.
  var graph: Graph
  /// What the file says of itself, if it is an ONNX model.
  var onnx: ImportedModel?
  /// What the user should know although it stops nothing.
  var warnings: [Diagnostic]

  /// Reads the ONNX model, or the text of a graph, at `path`.
  ///
  /// Constants of a text that are known by checksum are taken from `path` + `.weights`.
  /// Throws `Diagnostics` with all faults of the file.
  init(path: String) throws {
    self.path = path
    try requireFile(path, "an ONNX model (.onnx), or a graph as text (.aim)")
    if path.hasSuffix(textSuffix) {
      graph = try readGraphText(path)
      warnings = []
    } else {
      let imported = try importModel(path: path)
      graph = imported.graph
      warnings = imported.warnings
      onnx = imported
    }
  }
}

/// Reads the text of a graph, and the elements of its constants from the weight file beside it.
///
/// Throws `Diagnostics` with all faults of the text, or naming every constant without elements.
func readGraphText(_ path: String) throws -> Graph {
  var graph = try Graph(text: try readText(path), file: path)
  if !graph.unresolvedConstants.isEmpty, let weights = try weightFile(of: path) {
    try graph.attachConstants(from: weights)
  }
  let missing = graph.unresolvedConstants
  guard missing.isEmpty else {
    throw Diagnostics(
      missing.map { name in
        Diagnostic(
          file: path, "constant \"\(name)\" is known by its checksum only",
          help:
            "aimcc writes its elements to \(path + weightsSuffix) when the graph is written with -o"
        )
      })
  }
  return graph
}

/// The weight file beside the text at `path`, if there is one.
func weightFile(of path: String) throws -> WeightFile? {
  let weights = path + weightsSuffix
  return PathKind(weights) == .file ? try WeightFile(path: weights) : nil
}

/// Writes the text of `stage` to `path`, and beside it the elements that the text does not hold.
func writeText(_ stage: StageDump, to path: String) throws {
  let tensors = stage.referencedTensors()
  if !tensors.isEmpty { try WeightFile.write(tensors, to: path + weightsSuffix) }
  try writeAtomically(stage.text, to: path)
}

/// How the name of a graph's text ends.
let textSuffix = ".aim"

/// What the name of a graph's weight file has more than that of its text.
private let weightsSuffix = ".weights"

/// The UTF-8 text of the file at `path`; `-` is standard input.
///
/// Throws `Diagnostics` if it cannot be read or is no UTF-8.
func readText(_ path: String) throws -> String {
  let bytes: [UInt8]
  if path == "-" {
    var read: [UInt8] = []
    while let line = readLine(strippingNewline: false) { read += line.utf8 }
    bytes = read
  } else {
    bytes = try MappedFile(path: path).withUnsafeBytes { Array($0) }
  }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw Diagnostics(Diagnostic(file: path, "is not text in UTF-8"))
  }
  return text
}
