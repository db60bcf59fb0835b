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
  /// The initializers that are also inputs: defaults, which a run may replace.
  public var defaults: [ValueID]
  /// Warnings and notes for the user.
  public var warnings: [Diagnostic]
}

/// Reads the ONNX model at `path`.
///
/// Constants that a file stores as they are in memory stay in the file. Throws `Diagnostics` with
/// every fault of the model: a malformed file, or each node, tensor and value that is wrong or not
/// supported. `name`, if given, is the name of the file in messages; such a file has no folder.
/// `replacements` replace the initializers of their names. With `allowsAbsentData`, initializers
/// whose files are missing become constants of known shape only, with a warning.
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
