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

  /// Runs `graph`, whose products are laid out as `layouts` say, on evenly spread ones of `inferences`.
  ///
  /// `single` is the same graph with the first copy alone of every product, which runs instead. Throws
  /// `Diagnostics` where an input does not fit.
  public init(
    _ graph: Graph, layouts: ProductLayouts, inferences: [[Tensor]], single: Graph? = nil
  ) throws {
    self.inferences = inferences.evenlySpread(upTo: Self.inferenceLimit)
    let run = single ?? graph
    var readers = [[LayerCopies]](repeating: [], count: run.values.count)
    let products = Products(of: graph, layouts: layouts)
    let first = single.map { Products(of: $0, layouts: layouts) } ?? products
    for layer in products.copies(of: first) where layer.first.gates == nil {
      readers[layer.first.input.index].append(layer)
    }
    let evaluator = try Evaluator(run)
    for (number, inputs) in self.inferences.enumerated() {
      _ = try evaluator.evaluate(inputs) { value, tensor in
        for layer in readers[value.index] {
          let (node, product) = (layer.node, layer.first)
          let elements = tensor.floats()
          for vector in product.spreadVectors(upTo: Self.vectorLimit, inference: number) {
            layer.append(
              vector: vector, of: elements, to: &vectors[node, default: Vectors()].values)
            vectors[node, default: Vectors()].places += [UInt32(number), UInt32(vector)]
          }
        }
      }
    }
  }
}
