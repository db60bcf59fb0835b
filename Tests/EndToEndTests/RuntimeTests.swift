import Basics
import Foundation
import Frontend
import IR
import Reference
import Testing

/// The reference held to ONNX Runtime.
@Suite struct RuntimeTests {
  @Test func modelsAreThere() { #expect(ModelFolder.made.count > 50) }

  @Test(arguments: ModelFolder.made) func madeModel(folder: ModelFolder) throws {
    try expectOutputsOfRuntime(folder)
  }

  @Test(.enabled(if: !ModelFolder.real.isEmpty, "../shared/models is not there"))
  func realModels() throws {
    for name in ["mnist8", "resnet8-cifar10", "mobilenetv1-vww", "autoencoder-ad", "micro-kws"] {
      let folder = try #require(ModelFolder.real.first { $0.testDescription == name })
      try expectOutputsOfRuntime(folder)
    }
  }

  /// Models that import and yet are at the limits: they evaluate, or are refused with diagnostics.
  @Test func oddModels() throws {
    let folder = ModelFolder.package.appending(path: "Tests/Models/odd")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "onnx" }
    #expect(files.count > 20)
    for file in files {
      do {
        let graph = try importModel(path: file.path).graph
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
}
