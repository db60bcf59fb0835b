import Basics
import Frontend
import IR
import TestSupport
import Testing

/// Real models, which are imported whole or refused with every offending node by name.
struct ImportModelsTests {
  /// The path of the model `name`.
  static func path(_ name: String) -> String { "\(Repository.shared)/models/\(name)/model.onnx" }

  /// The faults of the model `name`, of which each must name another node.
  static func faults(
    _ name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) -> [Diagnostic] {
    do {
      _ = try importModel(path: path(name))
      return []
    } catch {
      let faults = (error as? Diagnostics)?.items ?? []
      let nodes = Set(faults.map(\.node))
      #expect(nodes.count == faults.count && !nodes.contains(nil), sourceLocation: sourceLocation)
      #expect(faults.allSatisfy { $0.supported != nil }, sourceLocation: sourceLocation)
      return faults
    }
  }

  /// How many of `faults` are about each operator.
  static func count(_ faults: [Diagnostic]) -> [String: Int] {
    Dictionary(faults.map { ($0.op ?? "", 1 + $0.otherNodes.count) }, uniquingKeysWith: +)
  }

  @Test(
    .enabled(if: Repository.hasSharedModels, "../shared/models is not there"),
    arguments: [
      ("mnist8", 12), ("resnet8-cifar10", 24), ("mobilenetv1-vww", 59), ("autoencoder-ad", 19),
      ("micro-kws", 21),
    ])
  func imported(name: String, nodeCount: Int) throws {
    let model = try importModel(path: Self.path(name))
    #expect(model.graph.nodes.count == nodeCount)
    #expect(model.graph.inputs.count == 1 && model.graph.outputs.count == 1)
    #expect(model.warnings.isEmpty)
    #expect(model.graph.verify().isEmpty)
    for value in model.graph.values { #expect(value.type.fixedShape != nil, "\(value.name)") }
    #expect(!model.producer.isEmpty)
    #expect(Set(model.graph.nodes.map(\.name)).count == nodeCount)
    let data = model.graph.values.compactMap { value -> Tensor? in
      if case .tensor(let tensor)? = value.constant { tensor } else { nil }
    }
    #expect(!data.isEmpty)
    // Weights stay in the file.
    for tensor in data where tensor.type == .f32 { #expect(tensor.bytes.fileRange != nil) }
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func refused() {
    #expect(Self.faults("bidi-lstm").isEmpty)
    #expect(Self.faults("cct-1-16").isEmpty)
    #expect(Self.faults("micro-kws-qdq").isEmpty)
    #expect(Self.faults("silero-vad-16k").isEmpty)
    #expect(Self.faults("ultraface-rfb320").isEmpty)
    #expect(
      Self.count(Self.faults("unsupported-llama-custom"))
        == ["RMSNorm": 17, "HardSwish": 8, "Div": 8])
    #expect(Self.count(Self.faults("unsupported-requantshift")) == ["RequantShift": 10])
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func sayWhichDomain() {
    let swish = Self.faults("unsupported-llama-custom").first { $0.op == "HardSwish" }
    #expect(swish?.opset == 10)
    #expect(swish?.message == "is not in this operator set")
    #expect(swish?.supported == "opset 14 and later")
  }
}
