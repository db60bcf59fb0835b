import Basics
import IR
import Reference

/// The values of a recurrent layer that are kept while calibration data passes, until its result is
/// there too.
struct RecurrentRange {
  private let product: Product
  private let gates: Product.Gates
  private let weights: LayerWeights
  private var inputs: [Float] = []
  private var initialState: [Float] = []
  /// The largest magnitude of an element of the hidden state.
  private(set) var stateMaximum: Float = 0
  /// The largest magnitude of a sum of a gate, among the vectors sampled.
  var sumMaximum: Float { columnMaxima.max() ?? 0 }
  /// The functions of sums that are flat for large ones, and the columns of a unit that they belong to.
  private var flat: (range: FlatRange, columns: [Int])?
  /// The largest magnitude of each column's sum, among the vectors sampled.
  private var columnMaxima: [Float] = []

  /// Creates the range of `product`; `nil` if it is no recurrent layer.
  init?(of product: Product, in graph: Graph) throws(Diagnostics) {
    guard let gates = product.gates else { return nil }
    self.product = product
    self.gates = gates
    flat = FlatRange.gates(gates)
    weights = try LayerWeights(of: product, in: graph)
    if let initial = gates.initialState, let constant = graph.tensor(of: initial) {
      initialState = constant.floats()
    }
  }

  /// The values that it has to see, but for the result.
  var observed: [ValueID] { [product.input] + (gates.initialState.map { [$0] } ?? []) }

  /// Keeps a value that it has to see.
  mutating func observe(_ value: ValueID, _ elements: [Float]) {
    if value == product.input { inputs = elements }
    if value == gates.initialState { initialState = elements }
  }

  /// Appends some evenly spread vectors of an inference whose result y is `states` to `samples`:
  /// x of a step with the state before it, in which steps behind the end of a sequence are 0.
  mutating func sample(
    _ states: [Float], inference: Int, of inferences: Int, into samples: inout [Float]
  ) {
    let (hidden, depth) = (gates.hidden, gates.stateRow)
    let batch = product.vectors / max(gates.steps, 1)
    stateMaximum = max(stateMaximum, magnitude(states), magnitude(initialState))
    let first = samples.count
    for vector in product.sampledVectors(inference: inference, of: inferences) {
      let (step, sequence) = (vector / batch, vector % batch)
      samples += inputs[vector * depth..<(vector + 1) * depth]
      let previous = gates.recurrent.reverse ? step + 1 : step - 1
      if previous < 0 || previous >= gates.steps {
        samples +=
          initialState.isEmpty
          ? [Float](repeating: 0, count: hidden)
          : Array(initialState[sequence * hidden..<(sequence + 1) * hidden])
      } else {
        let start = (previous * batch + sequence) * hidden
        samples += states[start..<start + hidden]
      }
    }
    let columns = gates.columns.count
    var arguments = [[Float]](repeating: [], count: columns)
    for start in stride(from: first, to: samples.count, by: product.rows) {
      let sums = weights.product(samples[start..<start + product.rows])
      if columnMaxima.isEmpty { columnMaxima = [Float](repeating: 0, count: sums.count) }
      for (column, sum) in sums.enumerated() {
        if flat != nil { arguments[column % columns].append(sum) }
        columnMaxima[column] = max(columnMaxima[column], magnitude(CollectionOfOne(sum)))
      }
    }
    flat?.range.beginInference()
    for (use, column) in (flat?.columns ?? []).enumerated() {
      flat?.range.observe(arguments[column], use: use, of: inferences * columns)
    }
  }

  /// The magnitude at which all sums are cut, with `codes` codes either side of 0, if they are, and what
  /// those of each column need.
  func ranges(codes: Int) throws -> (flat: Float?, columns: [Float]) {
    guard let flat else { return (nil, columnMaxima) }
    let count = gates.columns.count
    let isFlat = columnMaxima.indices.map { flat.columns.contains($0 % count) }
    let largest = zip(columnMaxima, isFlat).map { $1 ? $0 : 0 }.max() ?? 0
    guard let limit = try flat.range.magnitude(upTo: largest, codes: codes) else {
      return (nil, columnMaxima)
    }
    if flat.columns.count == count { return (limit, columnMaxima) }
    return (nil, zip(columnMaxima, isFlat).map { $1 ? min($0, limit) : $0 })
  }
}

extension LayerWeights {
  /// The product of a vector with the matrix, and the bias; summed in the order of the rows.
  fileprivate func product(_ vector: ArraySlice<Float>) -> [Float] {
    var sums = bias ?? [Float](repeating: 0, count: product.columns)
    for (row, element) in vector.enumerated() where element != 0 {
      let weights = self.row(row)
      for column in sums.indices { sums[column] += element * weights[column] }
    }
    return sums
  }
}
