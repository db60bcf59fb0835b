import Basics
import IR
import Passes
import Reference
import Testing

/// Folding, fusing and legalizing keep what a network computes.
struct FuseTests {
  @Test(arguments: Models.cases)
  func keepsResults(_ name: String) throws {
    let graph = try Models.graph(name)
    let inputs = try Models.inputs(graph, of: name)
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
}
