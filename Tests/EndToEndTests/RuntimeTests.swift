import Basics
import Foundation
import Frontend
import IR
import Reference
import TestSupport
import Testing

/// The reference held to ONNX Runtime.
@Suite struct RuntimeTests {
  @Test func modelsAreThere() { #expect(ModelFolder.made.count > 50) }

  @Test(arguments: ModelFolder.made) func madeModel(folder: ModelFolder) throws {
    try expectOutputsOfRuntime(folder)
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func realModels() throws {
    for name in ["mnist8", "resnet8-cifar10", "mobilenetv1-vww", "autoencoder-ad", "micro-kws"] {
      let folder = try #require(ModelFolder.real.first { $0.name == name })
      try expectOutputsOfRuntime(folder)
    }
  }

  /// Models that import and yet are at the limits: they evaluate, or are refused with diagnostics.
  @Test func oddModels() throws {
    let folder = Repository.model("odd")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".onnx") }
    #expect(files.count > 20)
    for file in files {
      do {
        let graph = try importModel(path: "\(folder)/\(file)").graph
        let inputs = graph.inputs.map { id in
          let type = graph[id].type
          let shape = (type.shape ?? []).map { $0.value ?? 1 }
          return Tensor(
            type: type.element, shape: shape,
            bytes: Bytes(count: shape.reduce(type.element.byteCount, *)) { _ in })
        }
        #expect(try evaluate(graph, inputs: inputs).count == graph.outputs.count)
      } catch is Diagnostics {}
    }
  }

  /// Evaluates the model of `folder` on each of its data sets and compares the outputs.
  private func expectOutputsOfRuntime(_ folder: ModelFolder) throws {
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
}
