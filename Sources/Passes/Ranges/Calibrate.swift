import Basics
import IR
import Program
import Reference

/// What was seen on the way of calibration data through the network.
public struct Calibration: Sendable {
  /// Where the data came from, for reports.
  public var origin: String
  /// The number of inferences.
  public var inferences: Int
  /// How the products are laid out, in whose matrices rows and columns of `layers` are.
  public var layouts: ProductLayouts
  /// What was seen at each product with constant weights, in the order of the nodes.
  public var layers: [LayerRange]

  /// What was seen at a product with constant weights.
  public struct LayerRange: Sendable {
    /// The node.
    public var node: NodeID
    /// The largest magnitude of an input, or what training has found for it: one number for all rows, or one
    /// for each of so many `RowParts`.
    public var inputMaxima: [Float]
    /// The largest magnitude of a result, or what training has found for it; in a recurrent layer, of
    /// a gate's sum.
    public var outputMaximum: Float
    /// The magnitude beyond which results may be cut, since all that sees them is flat there; `nil` if they
    /// may not be, or if that gains little.
    public var flatMaximum: Float?
    /// The largest magnitude of each column's results, or of a recurrent layer's sums, which are cut where
    /// the gate is flat but others are not; empty where converters alone read them, all in one step, or
    /// where training has found a range.
    public var columnMaxima: [Float] = []
    /// The largest magnitude of an element of the hidden state of a recurrent layer, or what training has found
    /// for it.
    public var stateMaximum: Float?
    /// Some of the input vectors: a constant f32[vectors, rows of the layer's matrix].
    public var samples: Value

    /// The largest magnitude of an input of any row.
    public var inputMaximum: Float { inputMaxima.max() ?? 0 }
  }

  /// What was seen at each product, by its node.
  var rangesByNode: [NodeID: LayerRange] {
    Dictionary(layers.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Graph {
  /// Runs `inferences`, each a tensor an input of the graph, and records what the products with
  /// constant weights meet, laid out as `layouts` say. Ranges that training has found stand as they are, whatever is met.
  /// Where sigmoid, tanh or clipping alone see results, `resultCodes`, the largest code of a
  /// result, decides from where on results are cut.
  ///
  /// `single` is the same graph with the first copy alone of every product: all copies meet what this one
  /// does, so that it runs instead. All shapes of the graph must be fixed. Throws `Diagnostics` where
  /// an input does not fit.
  public func calibrated(
    with inferences: [[Tensor]], origin: String, layouts: ProductLayouts = ProductLayouts(),
    single: Graph? = nil, resultCodes: Int = 127
  ) throws -> Calibration {
    let run = single ?? self
    let products = Products(of: self, layouts: layouts)
    let first = single.map { Products(of: $0, layouts: layouts) } ?? products
    let layers = products.copies(of: first)
    var readers = [[Int]](repeating: [], count: run.values.count)
    var writer = [Int?](repeating: nil, count: run.values.count)
    for (position, layer) in layers.enumerated() {
      readers[layer.first.input.index].append(position)
      writer[layer.first.result.index] = position
    }
    var inputMaxima = [Float](repeating: 0, count: layers.count)
    var samples = [[Float]](repeating: [], count: layers.count)
    var recurrent = try layers.map { layer throws(Diagnostics) in
      try RecurrentRange(of: layer.first, in: run)
    }
    var watchers = [[Int]](repeating: [], count: run.values.count)
    for (position, range) in recurrent.enumerated() {
      for value in range?.observed ?? [] { watchers[value.index].append(position) }
    }
    let users = run.users()
    var results = layers.map { ResultRange($0, among: first, in: run, users) }
    let uses = ResultRange.uses(of: results, values: run.values.count)
    let evaluator = try Evaluator(run)
    for (number, inputs) in inferences.enumerated() {
      for position in results.indices { results[position].beginInference() }
      _ = try evaluator.evaluate(inputs) { value, tensor in
        lazy var values = tensor.floats()
        lazy var largest = magnitude(values)
        for position in readers[value.index] {
          inputMaxima[position] = max(inputMaxima[position], largest)
          guard recurrent[position] == nil else { continue }
          layers[position].sample(
            values, inference: number, of: inferences.count, into: &samples[position])
        }
        for (position, use) in uses[value.index] {
          results[position].observe(values, use: use, of: inferences.count)
        }
        for position in watchers[value.index] {
          recurrent[position]?.observe(value, values)
        }
        if let position = writer[value.index], recurrent[position] != nil {
          recurrent[position]?.sample(
            values, inference: number, of: inferences.count, into: &samples[position])
        } else if let position = writer[value.index] {
          results[position].observe(values)
        }
      }
    }
    let ranges = try layers.enumerated().map { position, layer in
      let sums = recurrent[position]?.sumMaximum ?? results[position].maximum
      let gates = try recurrent[position]?.ranges(codes: resultCodes)
      let rows = layer.first.rows * layer.rowCopies
      let vectors = rows == 0 ? 0 : samples[position].count / rows
      return Calibration.LayerRange(
        node: layer.node,
        inputMaxima: layer.all.ranges.input.isEmpty
          ? [inputMaxima[position]] : layer.all.ranges.input,
        outputMaximum: layer.all.ranges.output ?? sums * layer.outputFactor,
        flatMaximum: try gates?.flat
          ?? results[position].flat?.magnitude(upTo: sums, codes: resultCodes),
        columnMaxima: layer.columnMaxima(
          ofFirst: results[position].columns?.maxima ?? gates?.columns ?? []),
        stateMaximum: layer.all.ranges.state ?? recurrent[position]?.stateMaximum,
        samples: Value(
          name: self[layer.node].name, type: ValueType(.f32, fixed: [vectors, rows]),
          constant: .tensor(Tensor(samples[position], shape: [vectors, rows]))))
    }
    return Calibration(
      origin: origin, inferences: inferences.count, layouts: layouts, layers: ranges)
  }
}

/// The largest finite magnitude.
func magnitude(_ values: some Sequence<Float>) -> Float {
  values.reduce(0) { $1.magnitude.isFinite ? max($0, $1.magnitude) : $0 }
}

extension Tensor {
  /// The elements of a floating tensor as f32.
  func floats() -> [Float] {
    switch type {
    case .f32: elements(of: Float.self)
    case .f16: withElements(of: Float16.self) { $0.map(Float.init) }
    case .f64: withElements(of: Double.self) { $0.map(Float.init) }
    case .bf16: decoded.elements(of: Float.self)
    default: []
    }
  }
}
