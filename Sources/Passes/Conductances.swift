import Basics
import IR
import Program

/// The weights and the bias of a layer, to be cut into blocks of conductances.
struct LayerWeights {
  /// The layer's matrix.
  var matrix: LayerMatrix
  /// The bias of every column, or `nil` if there is none.
  let bias: [Float]?

  private let weights: [Float]
  /// The weights for the hidden state of a recurrent layer.
  private let recurrence: [Float]

  /// Reads the weights of `node`, which must be a product with constant weights.
  ///
  /// Throws `Diagnostics` if only a checksum of them is known or they are not all finite.
  init(of node: Node, in graph: Graph) throws(Diagnostics) {
    guard let matrix = LayerMatrix(node, in: graph) else {
      preconditionFailure("a layer is a product with constant weights")
    }
    func elements(_ id: ValueID) throws(Diagnostics) -> [Float] {
      func fault(_ message: String, help: String? = nil) -> Diagnostics {
        Diagnostics(
          Diagnostic(
            node: node.name, op: node.op.onnxName, "constant \(quoted(graph[id].name)) \(message)",
            help: help))
      }
      guard let tensor = graph.tensor(of: id) else {
        throw fault("is known by its checksum only", help: "give the file that has its elements")
      }
      let elements = tensor.floats()
      guard elements.allSatisfy(\.isFinite) else {
        throw fault("has elements that are infinite or not a number, which no crossbar can hold")
      }
      return elements
    }
    self.matrix = matrix
    weights = try elements(matrix.weights)
    let biases = try matrix.bias.map(elements)
    bias = biases.map(matrix.bias)
    recurrence =
      try matrix.gates.map { gates throws(Diagnostics) in try elements(gates.recurrence) } ?? []
  }

  /// The weights of one row of the matrix.
  func row(_ row: Int) -> [Float] {
    matrix.block(rows: row..<row + 1, columns: 0..<matrix.columns, of: weights, recurrence)
  }

  /// The conductances of the block of these rows and columns, which stand for weights as `decoding`
  /// says.
  func block(rows: Range<Int>, columns: Range<Int>, decoding: [Float] = []) -> BlockConductances {
    BlockConductances(
      weights: matrix.block(rows: rows, columns: columns, of: weights, recurrence),
      columns: columns.count, decoding: decoding)
  }
}

/// A block of weights as conductances: weight = decoded(g) · the scale of its column.
struct BlockConductances {
  /// g, row by row, each within −1 ... 1.
  private(set) var values: [Float]
  /// The weight of g = 1, a column each: the largest magnitude of the column, or 1 if it is 0.
  private(set) var columnScale: [Float]

  /// Scales each column of `weights`, which lie row by row, by its largest magnitude, and finds the
  /// conductances that stand for the results: the same numbers where `decoding` is empty.
  init(weights: [Float], columns: Int, decoding: [Float] = []) {
    values = weights
    columnScale = [Float](repeating: 0, count: columns)
    for start in stride(from: 0, to: values.count, by: max(columns, 1)) {
      for column in 0..<columns {
        columnScale[column] = max(columnScale[column], values[start + column].magnitude)
      }
    }
    for column in columnScale.indices where columnScale[column] == 0 { columnScale[column] = 1 }
    for start in stride(from: 0, to: values.count, by: max(columns, 1)) {
      for column in 0..<columns { values[start + column] /= columnScale[column] }
    }
    if decoding.isEmpty { return }
    for index in values.indices {
      values[index] = ConductanceBlock.conductance(standingFor: values[index], decoding)
    }
  }
}
