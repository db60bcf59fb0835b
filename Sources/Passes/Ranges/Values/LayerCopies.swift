import IR
import Program

/// A product of a graph with copies, beside the first of the copies alone.
struct LayerCopies {
  /// The first copy, in a graph that has no others.
  let first: Product
  /// All copies.
  let all: Product

  /// The node, in both graphs.
  var node: NodeID { all.node }
  /// How often rows are repeated.
  var rowCopies: Int { first.rows > 0 ? all.rows / first.rows : 1 }
  /// What a result of the copies is in results of the first alone.
  var outputFactor: Float {
    let residuals = all.layout.residualColumns
    guard first.rows > 0, residuals > 0, residuals == first.columns else { return 1 }
    // All copies but the last give the whole mean of all.
    let copies = Float(all.columns / first.columns)
    return copies / (copies - 1)
  }

  /// The largest magnitudes of the columns of all copies, where those of the first are `maxima`.
  func columnMaxima(ofFirst maxima: [Float]) -> [Float] {
    guard !maxima.isEmpty, all.columns.isMultiple(of: maxima.count) else { return [] }
    return (0..<all.columns).map { maxima[$0 % maxima.count] * outputFactor }
  }

  /// Appends some evenly spread input vectors of inference number `inference` to `samples`.
  func sample(
    _ values: [Float], inference: Int, of inferences: Int, into samples: inout [Float]
  ) {
    for vector in first.sampledVectors(inference: inference, of: inferences) {
      append(vector: vector, of: values, to: &samples)
    }
  }

  /// Appends a vector of the input to `result`, once for every copy of the rows.
  func append(vector: Int, of values: [Float], to result: inout [Float]) {
    for _ in 0..<rowCopies { first.source.append(vector: vector, of: values, to: &result) }
  }
}

extension Products {
  /// The products, of which `single` has the first copies alone, in the order of the nodes.
  func copies(of single: Products) -> [LayerCopies] {
    single.inOrder.map { first in LayerCopies(first: first, all: self[first.node] ?? first) }
  }
}

extension Product {
  /// The most multiply-accumulates that the sampled vectors of a layer may cost later.
  private static let sampledMACs = 1 << 26

  /// Some evenly spread vectors of inference number `inference`.
  func sampledVectors(inference: Int, of inferences: Int) -> [Int] {
    let wanted = min(max(Self.sampledMACs / max(rows * columns, 1), 16), 256)
    let first = inference * wanted / inferences
    return spreadVectors(
      upTo: (inference + 1) * wanted / inferences - first, inference: inference)
  }

  /// Up to `limit` evenly spread vectors of inference number `inference`.
  func spreadVectors(upTo limit: Int, inference: Int) -> [Int] {
    // Shifted from one inference to the next, so that borders and centres are both seen.
    (0..<vectors).evenlySpread(upTo: limit).map { ($0 + inference) % vectors }
  }
}

extension Descriptor {
  /// Appends all elements of one vector, as read from `memory`, to `result`.
  fileprivate func append(vector: Int, of memory: [Float], to result: inout [Float]) {
    for address in addresses(ofVector: vector) { result.append(address.map { memory[$0] } ?? fill) }
  }
}
