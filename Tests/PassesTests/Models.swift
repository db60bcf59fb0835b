import Basics
import IR
import Passes
import TestSupport

/// The ONNX cases of Tests/Models.
enum Models {
  /// What has no place on a chip or in host code, by the name of its case.
  static let refused = ["if", "loop"]
  /// The names of the others, in order.
  static let legal = ModelFolder.madeNames.filter { !refused.contains($0) }

  /// The graph of a case with every open dimension fixed to that of its first test data.
  static func graph(_ name: String) throws -> Graph { try ModelFolder(made: name).graph() }

  /// That graph after the passes up to legalization.
  static func legalGraph(_ name: String) throws -> Graph {
    try graph(name).folded().fused().legalized()
  }

  /// The inputs of a case's first test data.
  static func inputs(of name: String) throws -> [Tensor] { try ModelFolder(made: name).inputs() }
}
