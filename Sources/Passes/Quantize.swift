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
  /// The step of the DAC, in units of the layer's input.
  public var inputScale: Float
  /// The step of the DAC for the hidden state of a recurrent layer.
  public var stateScale: Float?
  /// The step of the LDPU's result, in units of the layer's result.
  public var outputScale: Float
  /// The blocks: `[stack][row block]`.
  public var blocks: [[BlockQuantization]]

  /// The step of the partial sums that the segment of `stack` ending with row block `last` and
  /// beginning with `first` hands on.
  public func partialScale(stack: Int, from first: Int, through last: Int, codes: Int) -> Float {
    blocks[stack][last].partialMaxima[first].step(codes: codes)
  }
}

/// The ranges of a block.
public struct BlockQuantization: Hashable, Sendable {
  /// The conductance of g = 1, in µS.
  public var gMax: Float
  /// What conductances stand for, as in `ConductanceBlock`.
  public var decoding: [Float] = []
  /// The largest magnitude that sums of row blocks `i` through this one reached, by i.
  public var partialMaxima: [Float]
}

extension Float {
  /// The step with which `codes` codes reach this magnitude; 1 for an empty range.
  fileprivate func step(codes: Int) -> Float { self > 0 ? self / Float(codes) : 1 }
}

extension Partition {
  /// Chooses the ranges of converters and digital units.
  ///
  /// A layer whose input is stored integers takes them as they are, and one whose result is quantized
  /// by the model itself gives those integers; neither asks calibration. Else the DAC and the LDPU
  /// span the largest magnitudes that calibration met, the DAC as `inputRange` says where training has
  /// found no range. Each column of weights is scaled by its largest one, which the LDPU's gain takes back. A block's g_max is lowered where
  /// a line would carry more than its limit, or a count would saturate, on the sampled vectors with a
  /// fifth in reserve. Sums are taken in a fixed order, so the choice is the same on any machine.
  /// No g_max is above `range` of the chip's, and targets expect drift as `predistortion` says.
  ///
  /// Throws `Diagnostics` naming every layer whose weights or samples are not there or not finite.
  public func quantized(
    by calibration: Calibration, range: Double = 1, predistortion: Predistortion? = nil,
    inputRange: InputRange = .maximum
  ) throws -> Quantization {
    var quantization = Quantization(layers: [])
    let producers = graph.producers()
    let users = graph.users()
    let largest = range * chip.crossbar.gMax
    var faults = Diagnostics()
    let results = mappedInParallel(layers.count, cost: .max) { index in
      Result {
        try quantized(
          layers[index], by: calibration, producers, users, largest, predistortion, inputRange)
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

  private func quantized(
    _ layer: Layer, by calibration: Calibration, _ producers: [NodeID?], _ users: [[NodeID]],
    _ largest: Double, _ predistortion: Predistortion?, _ inputRange: InputRange
  ) throws -> LayerQuantization {
    guard let range = calibration.layers.first(where: { $0.node == layer.node }) else {
      preconditionFailure("a layer without calibration")
    }
    let node = graph[layer.node]
    let matrix = LayerMatrix(node, in: graph)
    let takesCodes =
      chip.dac.maximumCode >= 127
      && matrix.map { graph.holdsIntegerCodes($0.input, producers) } == true
    let givesCodes =
      chip.ldpu.maximumCode >= 127
      && graph.becomesIntegerCodes(node.results[0], isRectified: matrix?.relu == true, users)
    guard let samples = range.samples.tensor?.floats() else {
      throw Diagnostics(
        Diagnostic(
          node: node.name, op: node.op.onnxName,
          "the input vectors sampled for calibration are known by their checksum only",
          help: "give the file that has their elements, or calibrate again"))
    }
    let weights = try LayerWeights(of: node, in: graph)
    let greatest = Float(chip.dac.maximumCode)
    let stateScale = range.stateMaximum?.step(codes: chip.dac.maximumCode)
    let stateRow = weights.matrix.gates?.stateRow ?? weights.matrix.rows
    let rows = weights.matrix.rows
    var inputMaximum = range.inputMaximum
    // The samples of a recurrent layer hold states too, which have a range of their own.
    if node.ranges.input == nil && stateScale == nil {
      inputMaximum = inputRange.magnitude(
        of: samples, rows: rows, upTo: inputMaximum, codes: chip.dac.maximumCode)
    }
    let inputScale = takesCodes ? 1 : inputMaximum.step(codes: chip.dac.maximumCode)
    var codes = samples
    for vector in stride(from: 0, to: codes.count, by: max(rows, 1)) {
      for row in 0..<rows {
        let scale = row >= stateRow ? stateScale ?? inputScale : inputScale
        let code = (codes[vector + row] / scale).rounded(.toNearestOrEven)
        codes[vector + row] = min(max(code, -greatest), greatest)
      }
    }
    return LayerQuantization(
      inputScale: inputScale, stateScale: stateScale,
      outputScale: givesCodes ? 1 : range.outputMaximum.step(codes: chip.ldpu.maximumCode),
      blocks: layer.stacks.map { stack in
        blocks(
          of: stack, weights: weights, codes: codes,
          scale: { $0.lowerBound >= stateRow ? stateScale ?? inputScale : inputScale },
          largest: largest, predistortion)
      })
  }

  private func blocks(
    of stack: Stack, weights: LayerWeights, codes: [Float], scale: (Range<Int>) -> Float,
    largest: Double, _ predistortion: Predistortion?
  ) -> [BlockQuantization] {
    let widest = predistortion?.decoding(gMax: Float(largest))
    let columns = stack.columns.count
    let vectors = codes.count / weights.matrix.rows
    // One running sum a starting block, so that any segment's range is known before placement.
    var running: [[Float]] = []
    return stack.rows.map { rows in
      let block = weights.block(rows: rows, columns: stack.columns)
      let currents = LineCurrents(
        block.values, rows: rows, columns: columns, codes: codes, rowStride: weights.matrix.rows,
        vectors: vectors)
      let inputScale = scale(rows)
      running.append([Float](repeating: 0, count: vectors * columns))
      let partialMaxima = running.indices.map { start in
        add(
          currents.difference, to: &running[start],
          factors: block.columnScale.map { $0 * inputScale })
      }
      let maximum =
        widest.map {
          LineCurrents(
            weights.block(rows: rows, columns: stack.columns, decoding: $0).values, rows: rows,
            columns: columns, codes: codes, rowStride: weights.matrix.rows, vectors: vectors
          ).maximum
        } ?? currents.maximum
      let gMax = largestConductance(for: maximum, atMost: largest)
      return BlockQuantization(
        gMax: gMax, decoding: predistortion?.decoding(gMax: gMax) ?? [],
        partialMaxima: partialMaxima)
    }
  }

  /// Adds `currents`, each times the factor of its column, to `sums`, and returns the largest magnitude.
  private func add(_ currents: [Float], to sums: inout [Float], factors: [Float]) -> Float {
    var maximum: Float = 0
    for start in stride(from: 0, to: currents.count, by: max(factors.count, 1)) {
      for column in factors.indices {
        sums[start + column] += currents[start + column] * factors[column]
        maximum = max(maximum, sums[start + column].magnitude)
      }
    }
    return maximum
  }

  /// The g_max, in µS, at which a line that carries `maximum`, in codes times g, stays within
  /// the current limit and the counter within its range.
  private func largestConductance(for maximum: Float, atMost largest: Double) -> Float {
    let reserve = 1.2
    let fullPairs = Double(maximum) / Double(chip.dac.maximumCode) * reserve
    guard fullPairs > 0 else { return Float(largest) }
    let current = chip.crossbar.lineCurrentLimit / (fullPairs * chip.crossbar.readVoltage)
    let counts = Double(chip.adc.maximumCount) / chip.adc.countsPerGMax / fullPairs
    return Float(min(largest, current, counts * chip.crossbar.gMax))
  }
}
