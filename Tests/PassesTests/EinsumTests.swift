import Basics
import IR
import Passes
import Reference
import Testing

/// Einsums with constant weights become products that compute the same.
@Suite struct EinsumTests {
  @Test(arguments: [
    ("bsd,dhk->bshk", [2, 3, 4], [4, 2, 3]), ("bshk,hkd->bsd", [2, 2, 2, 3], [2, 3, 4]),
    ("ij,kj->ki", [2, 3], [4, 3]), ("...d,dk->...k", [2, 1, 3], [3, 2]),
  ])
  func becomeProducts(_ equation: String, _ shape: [Int], _ weights: [Int]) throws {
    let names = (shape: "\(shape)", weights: "\(weights)")
    let einsum = try Einsum(equation, ranks: [shape.count, weights.count])
    var sizes: [Einsum.Label: Int] = [:]
    for (labels, sizes_) in zip(einsum.operands, [shape, weights]) {
      for (label, size) in zip(labels, sizes_) { sizes[label] = size }
    }
    let result = einsum.result.map { sizes[$0]! }
    let graph = try Graph(
      text: """
        graph "einsum" {
          input %0 "x": f32\(names.shape)
          constant %1 "w": f32\(names.weights) = random(seed: 3)
          %2 "y": f32\(result) = einsum "e" (%0, %1) {equation = "\(equation)"}
          output %2
        }
        """)
    let fused = graph.fused()
    #expect(fused.verify().isEmpty)
    #expect(fused.nodes.contains { $0.op == .matMul(MatMul()) && $0.name == "e" })
    let count = shape.reduce(1, *)
    let x = Tensor((0..<count).map { Float($0 % 7) - 3 }, shape: shape)
    let (before, after) = (try evaluate(graph, inputs: [x])[0], try evaluate(fused, inputs: [x])[0])
    #expect(compare(after, with: before).isEqual(within: 1e-6))
  }

  @Test func stayWhereTheyAreNoProduct() throws {
    let graph = try Graph(
      text: """
        graph "einsum" {
          input %0 "x": f32[3, 3]
          constant %1 "w": f32[3] = random(seed: 3)
          %2 "y": f32[3] = einsum "e" (%0, %1) {equation = "ij,i->i"}
          output %2
        }
        """)
    #expect(graph.fused().nodes.map(\.op) == [.einsum(equation: "ij,i->i")])
  }
}
