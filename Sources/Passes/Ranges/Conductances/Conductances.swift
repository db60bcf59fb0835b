import Basics
import IR
import Program

/// The weights and the bias of a layer, to be cut into blocks of conductances.
struct LayerWeights {
  /// The product.
  let product: Product
  /// The bias of every column, or `nil` if there is none.
  let bias: [Float]?

  private let weights: Singles
  /// The weights for the hidden state of a recurrent layer.
  private let recurrence: Singles?

  /// Reads the weights of `product`.
  ///
  /// Throws `Diagnostics` if only a checksum of them is known or they are not all finite.
  init(of product: Product, in graph: Graph) throws(Diagnostics) {
    let node = graph[product.node]
    func elements(_ id: ValueID) throws(Diagnostics) -> Singles {
      func fault(_ message: String, help: String? = nil) -> Diagnostics {
        Diagnostics(
          Diagnostic(
            node: node.name, op: node.op.onnxName, "constant \(quoted(graph[id].name)) \(message)",
            help: help))
      }
      guard let tensor = graph.tensor(of: id) else {
        throw fault("is known by its checksum only", help: "give the file that has its elements")
      }
      let elements = Singles(tensor)
      guard elements.bytes.greatestMagnitude.isFinite else {
        throw fault("has elements that are infinite or not a number, which no crossbar can hold")
      }
      return elements
    }
    self.product = product
    weights = try elements(product.weights)
    let biases = try product.bias.map(elements)
    bias = biases.map { product.bias($0.array) }
    recurrence = try product.gates.map { gates throws(Diagnostics) in
      try elements(gates.recurrence)
    }
  }

  /// The weights of one row of the matrix.
  func row(_ row: Int) -> [Float] {
    product.block(rows: row..<row + 1, columns: 0..<product.columns, of: weights, recurrence)
  }

  /// The conductances of the block of these rows and columns, which span `factors` and stand for
  /// weights as `decoding` says.
  func block(
    rows: Range<Int>, columns: Range<Int>, factors: [Float] = [], decoding: [Float] = []
  ) -> BlockConductances {
    BlockConductances(
      weights: product.block(rows: rows, columns: columns, of: weights, recurrence),
      columns: columns.count, factors: factors, decoding: decoding)
  }

  /// How many columns of the layer hold the same weights as each one, itself among them.
  func equalColumns() -> [Int] {
    let columns = (0..<product.columns).map {
      product.block(rows: 0..<product.rows, columns: $0..<$0 + 1, of: weights, recurrence)
    }
    let counts = Dictionary(columns.map { ($0, 1) }, uniquingKeysWith: +)
    return columns.map { counts[$0] ?? 1 }
  }
}

/// A block of weights as conductances: weight = decoded(g) · the scale of its column, but for weights
/// that are cut.
struct BlockConductances {
  /// g, row by row, each within −1 ... 1.
  private(set) var values: [Float]
  /// The largest magnitude of a weight, a column each.
  private(set) var magnitudes: [Float]
  /// The weight of g = 1, a column each: the largest magnitude of the column, or 1 if it is 0, times
  /// the factor of the column; never subnormal, where a product with a factor would have few digits.
  private(set) var columnScale: [Float]

  /// Scales each column of `weights`, which lie row by row, by its largest magnitude times its
  /// factor, if there are `factors`, cuts what is beyond 1, and finds the conductances that stand for
  /// the results: the same numbers where `decoding` is empty.
  init(weights: [Float], columns: Int, factors: [Float] = [], decoding: [Float] = []) {
    var g = weights
    var largest = [Float](repeating: 0, count: columns)
    let rows = stride(from: 0, to: g.count, by: max(columns, 1))
    g.withUnsafeBufferPointer { g in
      largest.withUnsafeMutableBufferPointer { largest in
        for start in rows {
          for column in 0..<columns {
            largest[column] = max(largest[column], g[start &+ column].magnitude)
          }
        }
      }
    }
    magnitudes = largest
    columnScale = magnitudes.map { $0 == 0 ? 1 : max($0, .leastNormalMagnitude) }
    for (column, factor) in factors.enumerated() {
      columnScale[column] = max(columnScale[column] * factor, .leastNormalMagnitude)
    }
    columnScale.withUnsafeBufferPointer { scales in
      g.withUnsafeMutableBufferPointer { g in
        for start in rows {
          for column in 0..<columns {
            g[start &+ column] = min(max(g[start &+ column] / scales[column], -1), 1)
          }
        }
      }
    }
    values = g
    if decoding.isEmpty { return }
    for index in values.indices {
      values[index] = ConductanceBlock.conductance(standingFor: values[index], decoding)
    }
  }
}
