import Basics
import Foundation
import Frontend
import IR
import TestSupport
import Testing

/// The models in Tests/Models: all cases are imported, all bad ones are refused by name.
struct ImportFixturesTests {
  static let folder = Repository.path("Tests/Models")

  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// A bad model and what its diagnostic must name, as a row of the table in README.md has it.
  static func badModels() throws -> [(file: String, names: [String])] {
    let text = try String(contentsOfFile: "\(folder)/bad/README.md", encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 5, cells[1].hasSuffix(".onnx ") else { return nil }
      let names = cells[3].split(separator: "`").filter {
        !$0.allSatisfy { $0 == " " || $0 == "," }
      }
      return (cells[1].trimmingCharacters(in: .whitespaces), names.map(String.init))
    }
  }

  @Test func cases() throws {
    let folders = try Self.names(in: Self.folder).filter {
      FileManager.default.fileExists(atPath: "\(Self.folder)/\($0)/model.onnx")
    }
    #expect(folders.count > 50)
    for name in folders {
      let path = "\(Self.folder)/\(name)/model.onnx"
      do {
        let graph = try importModel(path: path).graph
        #expect(graph.verify().isEmpty, "\(path): \(graph.verify())")
        try checkOutputs(graph, in: "\(Self.folder)/\(name)/test_data_set_0")
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  /// Expects the inferred types of the outputs to agree with outputs that were computed.
  private func checkOutputs(_ graph: Graph, in folder: String) throws {
    for (index, id) in graph.outputs.enumerated() {
      let tensor = try readTensorProto(path: "\(folder)/output_\(index).pb").tensor
      let type = graph[id].type
      let name = "\(folder): \(graph[id].name)"
      #expect(type.element == tensor.type, "\(name)")
      guard let shape = type.shape else { continue }
      #expect(shape.count == tensor.shape.count, "\(name)")
      for (dimension, size) in zip(shape, tensor.shape) {
        #expect(dimension.value == nil || dimension.value == size, "\(name)")
      }
    }
  }

  @Test func badModelsAreRefused() throws {
    let models = try Self.badModels()
    #expect(models.count == (try Self.names(in: "\(Self.folder)/bad")).count - 1)
    for (file, names) in models {
      do {
        _ = try importModel(path: "\(Self.folder)/bad/\(file)")
        Issue.record("\(file) is accepted")
      } catch {
        let text = (error as? Diagnostics)?.description ?? ""
        for name in names { #expect(text.contains(name), "\(file): \(text)") }
        #expect(!text.isEmpty)
      }
    }
  }

  @Test func oddModelsDoNoHarm() throws {
    var refused: [String] = []
    for file in try Self.names(in: "\(Self.folder)/odd") where file.hasSuffix(".onnx") {
      do {
        _ = try importModel(path: "\(Self.folder)/odd/\(file)")
      } catch {
        #expect(error is Diagnostics)
        refused.append(file)
      }
    }
    #expect(
      refused == [
        "half-too-wide.onnx", "ir-version-missing.onnx", "ir-version-unknown.onnx",
        "output-twice.onnx",
      ])
  }
}
