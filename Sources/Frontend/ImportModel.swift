import Basics
import IR

/// A model read from an ONNX file.
public struct ImportedModel: Sendable {
  /// The network, in the forms of the newest operator set.
  public var graph: Graph
  /// The version of the ONNX operator set that the file uses; `nil` if it uses those of other domains only.
  public var opset: Int?
  /// The version of the file format.
  public var irVersion: Int
  /// The program that made the file, with its version; empty if the file does not say.
  public var producer: String
  /// The initializers that are listed as inputs too: defaults, in whose place a run may put others.
  public var defaults: [ValueID]
  /// What the user should know although it stops nothing.
  public var warnings: [Diagnostic]
}

/// Reads the ONNX model at `path`.
///
/// Constants stay in the files where they are stored there as they are in memory. Throws
/// `Diagnostics` with every fault of the model: a malformed file, or each node, tensor and value
/// that is wrong or not supported. A file that has a `name` is called so, and lies in no folder. `replacements` take the place of the initializers of their names. With
/// `allowsAbsentData`, initializers whose elements are in files that are not there become constants of which
/// only the shapes are known, and a warning says so.
public func importModel(
  path: String, named name: String? = nil, replacing replacements: [String: Tensor] = [:],
  allowsAbsentData: Bool = false
) throws -> ImportedModel {
  let model = try OnnxModel(path: path, name: name)
  defer { model.files.expect(.inOrder) }
  var importer = GraphImporter(
    model: model, path: name ?? path, replacements: replacements, allowsAbsentData: allowsAbsentData
  )
  return try importer.run()
}
