import Basics
import IR
import Reference

/// Some inferences, and what products with constant weights meet in them at some places, for a chip that is
/// calibrated with what it makes of the same inferences.
public struct LayerSamples: Sendable {
  /// The inputs of every inference.
  public private(set) var inferences: [[Tensor]]
  /// What each product meets, by its node; products of recurrent layers are left out.
  private(set) var vectors: [NodeID: Vectors] = [:]

  /// The vectors of a product.
  struct Vectors: Sendable {
    /// The inference and the number of each vector.
    var places: [UInt32] = []
    /// Their elements, vector by vector.
    var values: [Float] = []
  }

  /// The most inferences that are used, and the most vectors of one.
  private static let (inferenceLimit, vectorLimit) = (64, 8)

  /// Runs `graph` on evenly spread ones of `inferences`.
  ///
  /// Throws `Diagnostics` where an input does not fit.
  public init(_ graph: Graph, inferences: [[Tensor]]) throws {
    let used = min(inferences.count, Self.inferenceLimit)
    self.inferences = (0..<used).map { inferences[$0 * inferences.count / used] }
    var readers = [[(node: NodeID, matrix: LayerMatrix)]](
      repeating: [], count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      guard let matrix = LayerMatrix(node, in: graph), matrix.gates == nil else { continue }
      readers[matrix.input.index].append((NodeID(index), matrix))
    }
    let evaluator = try Evaluator(graph)
    for (number, inputs) in self.inferences.enumerated() {
      _ = try evaluator.evaluate(inputs) { value, tensor in
        for (node, matrix) in readers[value.index] {
          let elements = tensor.floats()
          let count = min(matrix.vectors, Self.vectorLimit)
          for index in 0..<count {
            // Shifted from one inference to the next, so that borders and centres are both met.
            let vector = (index * matrix.vectors / count + number) % matrix.vectors
            matrix.source.append(
              vector: vector, of: elements, to: &vectors[node, default: Vectors()].values)
            vectors[node, default: Vectors()].places += [UInt32(number), UInt32(vector)]
          }
        }
      }
    }
  }
}
