import Basics
import Foundation
import Frontend
import IR

/// The ONNX cases of Tests/Models.
enum Models {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models")

  /// The names of the cases, in order.
  static let cases: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter {
      FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/model.onnx").path)
    }
  }()

  /// The graph of a case with every open dimension fixed to that of its first test data.
  static func graph(_ name: String) throws -> Graph {
    var graph = try importModel(path: folder.appending(path: "\(name)/model.onnx").path).graph
    for (index, input) in graph.inputs.enumerated() {
      let tensor = try self.input(index, of: name)
      for (dimension, size) in zip(graph[input].type.shape ?? [], tensor.shape) {
        if case .symbol(let symbol) = dimension { graph.bind(symbol: symbol, to: size) }
      }
    }
    try graph.inferTypes()
    return graph
  }

  /// The inputs of a case's first test data.
  static func inputs(_ graph: Graph, of name: String) throws -> [Tensor] {
    try graph.inputs.indices.map { try input($0, of: name) }
  }

  private static func input(_ index: Int, of name: String) throws -> Tensor {
    let path = "\(name)/test_data_set_0/input_\(index).pb"
    return try readTensorProto(path: folder.appending(path: path).path).tensor
  }
}
