import Basics
import Foundation
import Frontend
import Reference
import Testing

/// A folder with `model.onnx` and test data sets: inputs, and the outputs of ONNX Runtime.
struct ModelFolder: CustomTestStringConvertible {
  /// The folder of the package.
  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The models that the project makes for its tests.
  static let made = folders(in: package.appending(path: "Tests/Models"))
  /// The networks beside the project that others made; none where they are not there.
  static let real = folders(in: package.appending(path: "../shared/models"))

  /// Where it is.
  let url: URL

  var testDescription: String { url.lastPathComponent }

  /// The model.
  var model: String { url.appending(path: "model.onnx").path }

  /// The test data sets.
  var dataSets: [URL] {
    Self.contents(of: url).filter { $0.lastPathComponent.hasPrefix("test_data_set_") }
  }

  /// The tensors of `dataSet` whose files are numbered from 0 on after `prefix`.
  static func tensors(_ prefix: String, of dataSet: URL) throws -> [Tensor] {
    var tensors: [Tensor] = []
    while true {
      let file = dataSet.appending(path: "\(prefix)_\(tensors.count).pb")
      guard FileManager.default.fileExists(atPath: file.path) else { return tensors }
      tensors.append(try readTensorProto(path: file.path).tensor)
    }
  }

  private static func folders(in url: URL) -> [ModelFolder] {
    contents(of: url).map(ModelFolder.init)
      .filter { FileManager.default.fileExists(atPath: $0.model) && !$0.dataSets.isEmpty }
  }

  /// The entries of a folder by name; none if there is no such folder.
  private static func contents(of url: URL) -> [URL] {
    let found = try? FileManager.default.contentsOfDirectory(
      at: url, includingPropertiesForKeys: nil)
    return (found ?? []).sorted { $0.lastPathComponent < $1.lastPathComponent }
  }
}

/// Evaluates the model of `folder` on each of its data sets and compares the outputs.
func expectOutputsOfRuntime(_ folder: ModelFolder) throws {
  let evaluator = try Evaluator(importModel(path: folder.model).graph)
  for dataSet in folder.dataSets {
    let outputs = try evaluator.evaluate(ModelFolder.tensors("input", of: dataSet))
    let expected = try ModelFolder.tensors("output", of: dataSet)
    #expect(outputs.count == expected.count)
    for (index, (output, expected)) in zip(outputs, expected).enumerated() {
      #expect(firstMismatch(output, with: expected) == nil, "output \(index)")
      let comparison = compare(output, with: expected)
      #expect(comparison.isEqual(), "output \(index): \(comparison.relativeError)")
    }
  }
}
