import Basics
import Chip
import IR

/// The scales and converter ranges of every layer.
public struct Quantization: Hashable, Sendable {
  /// One entry a layer of the partition.
  public var layers: [LayerQuantization]

  /// Creates a collection of scales and ranges.
  public init(layers: [LayerQuantization]) { self.layers = layers }
}

/// The scales and converter ranges of a layer.
public struct LayerQuantization: Hashable, Sendable {
  /// The step of the DAC, in units of the layer's input: one for all rows, or one for each of so many
  /// `RowParts`.
  public var inputScales: [Float]
  /// The step of the DAC for the hidden state of a recurrent layer.
  public var stateScale: Float?
  /// The step of the LDPU's result, in units of the layer's result.
  public var outputScale: Float
  /// The step of each column's result in parts of `outputScale`; empty where all are 1.
  public var outputSteps: [Float] = []
  /// The blocks: `[stack][row block]`.
  public var blocks: [[BlockQuantization]]

  /// The largest step of the DAC for any row.
  public var inputScale: Float { inputScales.max() ?? 1 }

  /// The step of the DAC for one of the `rows` of a matrix that are of the input.
  func inputScale(ofRow row: Int, of rows: Int) -> Float {
    inputScales.count < 2
      ? inputScale : inputScales[RowParts(rows: rows, count: inputScales.count).part(ofRow: row)]
  }

  /// Whether all ranges are numbers of single precision.
  fileprivate var isFinite: Bool {
    inputScale.isFinite && stateScale?.isFinite != false && outputScale.isFinite
      && blocks.joined().allSatisfy {
        $0.partialMaxima.allSatisfy(\.isFinite) && $0.columnFactors.allSatisfy(\.isFinite)
      }
  }

  /// The factors of all columns of `layer` in the blocks of `rows`.
  func columnFactors(of rows: Range<Int>, in layer: Layer) -> [Float] {
    var factors = [Float](repeating: 1, count: layer.columns)
    for (stack, ranges) in zip(layer.stacks, blocks) {
      guard let number = stack.rows.firstIndex(of: rows) else { continue }
      for (column, factor) in zip(stack.columns, ranges[number].columnFactors) {
        factors[column] = factor
      }
    }
    return factors
  }

  /// The step of the partial sums that the segment of `stack` ending with row block `last` and
  /// beginning with `first` hands on.
  public func partialScale(stack: Int, from first: Int, through last: Int, codes: Int) -> Float {
    blocks[stack][last].partialMaxima[first].step(codes: codes)
  }

  /// The step of each of its columns in parts of that; empty where all are 1.
  func partialSteps(stack: Int, from first: Int, through last: Int) -> [Float] {
    let steps = blocks[stack][last].partialSteps
    return first < steps.count ? steps[first] : []
  }
}

/// The ranges of a block.
public struct BlockQuantization: Hashable, Sendable {
  /// The conductance of g = 1, in µS.
  public var gMax: Float
  /// The range of each column in parts of its largest weight: larger weights are cut; empty where every
  /// column spans its weights.
  public var columnFactors: [Float] = []
  /// What conductances stand for, as in `ConductanceBlock`.
  public var decoding: [Float] = []
  /// The largest magnitude that sums of row blocks `i` through this one reached, by i.
  public var partialMaxima: [Float]
  /// The step of each column in those sums in parts of the step that these need, by i: empty where all are
  /// 1, and left out behind the last i for which they are not.
  public var partialSteps: [[Float]] = []
}

extension Float {
  /// The step with which `codes` codes reach this magnitude, none that is subnormal; 1 for an empty range.
  fileprivate func step(codes: Int) -> Float {
    self > 0 ? max(self / Float(codes), .leastNormalMagnitude) : 1
  }
}

extension Partition {
  /// Chooses the ranges of converters, digital units and columns as `options` say.
  ///
  /// A layer whose input is stored integers takes each as one code, or as several where all have room,
  /// and one whose result is quantized by the model itself gives those integers; neither asks
  /// calibration. Else the DAC and the LDPU span the largest magnitudes that calibration met, the LDPU
  /// less where all that sees results is flat, or a column needs less, the DAC as `inputRange` says
  /// where training has found no range. Weights are scaled as `weightRange` says, which the LDPU's gain
  /// takes back. Where a line would carry more than its limit, or a count would saturate, on the
  /// sampled vectors with a fifth in reserve, conductances are lowered as `lineLimit` says. Sums are
  /// taken in a fixed order, so the choice is the same on any machine.
  ///
  /// Throws `Diagnostics` naming every layer whose weights or samples are not there or not finite.
  public func quantized(
    by calibration: Calibration, options: QuantizationOptions = QuantizationOptions()
  ) throws -> Quantization {
    var quantization = Quantization(layers: [])
    let producers = graph.producers()
    let users = graph.users()
    let ranges = calibration.rangesByNode
    var faults = Diagnostics()
    let results = mappedInParallel(layers.count, cost: .max) { index in
      Result {
        guard let range = ranges[layers[index].node] else {
          preconditionFailure("a layer without calibration")
        }
        return try quantized(layers[index], by: range, producers, users, options)
      }
    }
    for result in results {
      do {
        quantization.layers.append(try result.get())
      } catch let error as Diagnostics {
        faults.items += error.items
      }
    }
    try faults.throwIfErrors()
    return quantization
  }

  /// The step of the DAC in which it takes the stored integers that `product` reads, if it reads some.
  ///
  /// Those of few bits become several codes each: currents are larger, and counts finer. The step is a
  /// power of 2, with which sums stay the same.
  private func step(ofIntegersInto product: Product, _ producers: [NodeID?]) -> Float? {
    guard chip.dac.maximumCode >= 127, let codes = graph.integerCodes(product.input, producers)
    else { return nil }
    let largest = max(codes.range.upperBound, -codes.range.lowerBound, 1)
    // Of stored integers that are shifted, one may be beyond the codes at one end.
    guard largest <= chip.dac.maximumCode + 1 else { return nil }
    if !product.ranges.input.isEmpty { return codes.unit == 1 ? 1 : nil }
    let room = Float(max(chip.dac.maximumCode / largest, 1))
    return codes.unit * Float(sign: .plus, exponent: -Int(room.exponent), significand: 1)
  }

  private func quantized(
    _ layer: Layer, by range: Calibration.LayerRange, _ producers: [NodeID?],
    _ users: [[NodeID]], _ options: QuantizationOptions
  ) throws -> LayerQuantization {
    let (node, product) = (graph[layer.node], layer.product)
    let codeStep = step(ofIntegersInto: product, producers)
    let givesCodes =
      chip.ldpu.maximumCode >= 127
      && graph.becomesIntegerCodes(product.result, isRectified: product.relu, users)
    guard let samples = range.samples.tensor?.floats() else {
      throw Diagnostics(
        Diagnostic(
          node: node.name, op: node.op.onnxName,
          "the input vectors sampled for calibration are known by their checksum only",
          help: "give the file that has their elements, or calibrate again"))
    }
    let weights = try LayerWeights(of: product, in: graph)
    let stateScale = range.stateMaximum?.step(codes: chip.dac.maximumCode)
    let rows = product.rows
    let stateRow = product.inputRows
    var inputMaxima = range.inputMaxima
    // The samples of a recurrent layer hold states too, which have a range of their own.
    if product.ranges.input.isEmpty && stateScale == nil {
      inputMaxima = [
        options.inputRange.magnitude(
          of: samples, rows: rows, upTo: range.inputMaximum, codes: chip.dac.maximumCode)
      ]
    }
    let inputScales =
      codeStep.map { [$0] } ?? inputMaxima.map { $0.step(codes: chip.dac.maximumCode) }
    let parts = RowParts(rows: stateRow, count: inputScales.count)
    func scale(ofRow row: Int) -> Float {
      row >= stateRow
        ? stateScale ?? inputScales[0]
        : inputScales[inputScales.count < 2 ? 0 : parts.part(ofRow: row)]
    }
    var codes = samples
    for vector in stride(from: 0, to: codes.count, by: max(rows, 1)) {
      for (part, scale) in inputScales.enumerated() {
        let rows = parts[part]
        codes.round(
          vector + rows.lowerBound..<vector + rows.upperBound, by: scale, chip.dac.maximumCode)
      }
      codes.round(
        vector + stateRow..<vector + rows, by: stateScale ?? inputScales[0], chip.dac.maximumCode)
    }
    // Columns that a ReLU cuts may hardly have shown themselves.
    let hasColumns =
      !range.columnMaxima.isEmpty && !givesCodes && product.ranges.output == nil && !product.relu
    var maximum = range.flatMaximum ?? range.outputMaximum
    if hasColumns { maximum = min(maximum, range.columnMaxima.max() ?? maximum) }
    var outputSteps: [Float] = []
    if hasColumns {
      let largest = weights.block(rows: 0..<rows, columns: 0..<product.columns).magnitudes
      let inputs = max(inputMaxima.max() ?? 0, range.stateMaximum ?? 0)
      let needed = range.columnMaxima.enumerated().map { column, found in
        // Gain and bias have to be numbers of the unit's precision, in steps.
        let least = max(
          (weights.bias?[column].magnitude ?? 0) / 256, inputs * largest[column] / 512)
        return min(max(found, least), maximum)
      }
      outputSteps = ColumnRanges.steps(of: needed, in: maximum)
    }
    let limits = (0..<product.columns).map { column in
      maximum * (outputSteps.isEmpty ? 1 : outputSteps[column])
        + (weights.bias?[column].magnitude ?? 0)
    }
    let ranges = BlockRanges(
      weights, codes: codes, chip: chip, options, limitsOfColumns: hasColumns ? limits : nil)
    let result = LayerQuantization(
      inputScales: inputScales, stateScale: stateScale,
      outputScale: givesCodes ? 1 : maximum.step(codes: chip.ldpu.maximumCode),
      outputSteps: outputSteps,
      blocks: layer.stacks.map { stack in
        ranges.blocks(of: stack) { scale(ofRow: $0.lowerBound) }
      })
    guard result.isFinite else { throw Diagnostics(.sumsTooLarge(of: node)) }
    return result
  }
}

extension [Float] {
  /// Turns the elements in `range` into the nearest codes for a step of `scale`, of two the even one.
  fileprivate mutating func round(_ range: Range<Int>, by scale: Float, _ maximumCode: Int) {
    let greatest = Float(maximumCode)
    withUnsafeMutableBufferPointer { elements in
      for index in range {
        let code = Swift.min(Swift.max(elements[index] / scale, -greatest), greatest)
        // A sum of this size has no bits behind the point.
        elements[index] = (code + 0x1.8p23) - 0x1.8p23
      }
    }
  }
}

extension Diagnostic {
  /// What is said of a product whose sums no number of single precision holds.
  static func sumsTooLarge(of node: Node) -> Diagnostic {
    Diagnostic(
      node: node.name, op: node.op.onnxName,
      "has weights and inputs so large that their products are beyond single precision",
      supported: "sums of products within ±\(Float.greatestFiniteMagnitude)",
      help: "scale the weights, or look whether training has diverged")
  }
}
