import Basics
import Foundation
import Frontend
import IR

/// A folder with `model.onnx` and test data sets: inputs, and the outputs of ONNX Runtime.
public struct ModelFolder: CustomStringConvertible, Sendable {
  /// The models that the project makes for its tests, in the order of their names.
  public static let made = folders(in: Repository.path("Tests/Models"))
  /// The names of those.
  public static let madeNames = made.map(\.name)
  /// The networks beside the project that others made; none where they are not there.
  public static let real = folders(in: "\(Repository.shared)/models")

  /// Where it is.
  public let path: String

  /// The folder at `path`.
  public init(path: String) { self.path = path }

  /// The model that the project makes for its tests under `name`.
  public init(made name: String) { path = Repository.model(name) }

  /// Its name.
  public var name: String { URL(filePath: path).lastPathComponent }
  public var description: String { name }

  /// The model.
  public var model: String { "\(path)/model.onnx" }

  /// The test data sets.
  public var dataSets: [String] {
    Self.contents(of: path).filter { $0.hasPrefix("test_data_set_") }.map { "\(path)/\($0)" }
  }

  /// The graph with every open dimension fixed to that of the first test data.
  public func graph() throws -> Graph {
    var graph = try importModel(path: model).graph
    for (input, tensor) in zip(graph.inputs, try inputs()) {
      for (dimension, size) in zip(graph[input].type.shape ?? [], tensor.shape) {
        if case .symbol(let symbol) = dimension { graph.bind(symbol: symbol, to: size) }
      }
    }
    try graph.inferTypes()
    return graph
  }

  /// The inputs of the first test data.
  public func inputs() throws -> [Tensor] {
    try Self.tensors("input", of: "\(path)/test_data_set_0")
  }

  /// The tensors of `dataSet` whose files are numbered from 0 on after `prefix`.
  public static func tensors(_ prefix: String, of dataSet: String) throws -> [Tensor] {
    var tensors: [Tensor] = []
    while true {
      let file = "\(dataSet)/\(prefix)_\(tensors.count).pb"
      guard FileManager.default.fileExists(atPath: file) else { return tensors }
      tensors.append(try readTensorProto(path: file).tensor)
    }
  }

  private static func folders(in path: String) -> [ModelFolder] {
    contents(of: path).map { ModelFolder(path: "\(path)/\($0)") }
      .filter { FileManager.default.fileExists(atPath: $0.model) && !$0.dataSets.isEmpty }
  }

  /// The names of the entries of a folder, sorted; none if there is no such folder.
  private static func contents(of path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
