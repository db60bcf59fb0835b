import Basics
import IR
import Passes
import Reference
import TestSupport
import Testing

/// Folding, fusing and legalizing keep what a network computes.
struct FuseTests {
  @Test(arguments: ModelFolder.madeNames)
  func keepsResults(_ name: String) throws {
    let graph = try Models.graph(name)
    let inputs = try Models.inputs(of: name)
    let expected = try evaluate(graph, inputs: inputs)
    let folded = try graph.folded()
    #expect(folded.verify().isEmpty)
    #expect(try evaluate(folded, inputs: inputs) == expected)
    let fused = folded.fused()
    #expect(fused.verify().isEmpty)
    for (result, expected) in zip(try evaluate(fused, inputs: inputs), expected) {
      #expect(compare(result, with: expected).isEqual(within: 1e-5))
    }
    #expect(fused.outputs.map { fused[$0].name } == graph.outputs.map { graph[$0].name })
  }

  @Test func absorbsBatchNormalizationAndReLU() throws {
    let graph = try Models.graph("conv-batchnorm").folded().fused()
    #expect(!graph.nodes.contains { if case .batchNormalization = $0.op { true } else { false } })
  }

  /// Constants a channel reach the products whose results are moved before they meet them.
  @Test(arguments: ["fold-convtranspose", "fold-reshape"])
  func absorbsThroughMovement(_ name: String) throws {
    let graph = try Models.graph(name).folded().fused()
    for node in graph.nodes {
      switch node.op {
      case .batchNormalization, .binary: Issue.record("\(node.name) is left")
      default: break
      }
    }
  }

  @Test func keepsWhatColumnsCannotAbsorb() throws {
    let graph = try Models.graph("fold-not").folded().fused()
    #expect(graph.nodes.count { if case .binary = $0.op { true } else { false } } >= 5)
  }

  /// A convolution, its normalization by constants, and a ReLU, in half precision.
  private func halfNetwork(_ element: ElementType) -> Graph {
    var graph = Graph(name: "half")
    func half(_ values: [Float], _ shape: [Int]) -> Tensor {
      element == .f16
        ? Tensor(values.map { Float16($0) }, shape: shape)
        : Tensor(codes: values.map { FloatFormat.bfloat16($0) }, type: .bf16, shape: shape)
    }
    let x = graph.addValue(name: "x", type: ValueType(element, fixed: [1, 2, 4, 4]))
    let weights = (0..<54).map { Float(($0 * 7) % 11 - 5) / 16 }
    let w = graph.addConstant(name: "w", half(weights, [3, 2, 3, 3]))
    let parameters: [(String, [Float])] = [
      ("scale", [1.5, -0.5, 2]), ("bias", [0.25, 1, -0.5]), ("mean", [0.1, -0.2, 0.3]),
      ("variance", [0.5, 1.5, 2]),
    ]
    let ids = parameters.map { graph.addConstant(name: $0.0, half($0.1, [3])) }
    let type = ValueType(element, fixed: [1, 3, 4, 4])
    let values = ["conv", "norm", "y"].map { graph.addValue(name: $0, type: type) }
    let window = Window(
      kernel: [3, 3], strides: [1, 1], dilations: [1, 1],
      padding: .explicit(begin: [1, 1], end: [1, 1]))
    graph.nodes = [
      Node(
        name: "conv", op: .conv(Convolution(window: window)), operands: [x, w],
        results: [values[0]]),
      Node(
        name: "norm", op: .batchNormalization(epsilon: 1e-5), operands: [values[0]] + ids,
        results: [values[1]]),
      Node(name: "relu", op: .unary(.relu), operands: [values[1]], results: [values[2]]),
    ]
    graph.inputs = [x]
    graph.outputs = [values[2]]
    return graph
  }

  @Test(arguments: [ElementType.f16, .bf16])
  func normalizesInHalfPrecision(_ element: ElementType) throws {
    let graph = halfNetwork(element)
    #expect(graph.verify().isEmpty)
    let fused = graph.fused()
    #expect(fused.verify().isEmpty)
    _ = try fused.legalized()
    // In f16 all is one product for a crossbar.
    if element == .f16 { #expect(fused.nodes.map(\.name) == ["conv"]) }
    let numbers = (0..<32).map { Float(($0 * 5) % 13 - 6) / 4 }
    let x =
      element == .f16
      ? Tensor(numbers.map { Float16($0) }, shape: [1, 2, 4, 4])
      : Tensor(
        codes: numbers.map { FloatFormat.bfloat16($0) }, type: .bf16, shape: [1, 2, 4, 4])
    let expected = try evaluate(graph, inputs: [x])[0]
    let result = try evaluate(fused, inputs: [x])[0]
    #expect(
      compare(result, with: expected).isEqual(within: element == .f16 ? 2e-3 : 1.6e-2))
  }

  @Test func keepsWeightsThatHalfPrecisionWouldLose() throws {
    var graph = halfNetwork(.f16)
    let scale = graph.values.firstIndex { $0.name == "scale" }!
    graph[ValueID(scale)].constant = .tensor(
      Tensor([1e-6, 1, 1].map { Float16($0) }, shape: [3]))
    let fused = graph.fused()
    #expect(fused.verify().isEmpty)
    #expect(fused.nodes.count > 1 && fused.nodes[0].name == "conv")
    _ = try fused.legalized()
  }
}
