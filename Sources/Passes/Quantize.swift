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
  /// span the largest magnitudes that calibration met. Each column of weights is scaled by its largest one, which the LDPU's gain takes back. A block's g_max is lowered where
  /// a line would carry more than its limit, or a count would saturate, on the sampled vectors with a
  /// fifth in reserve. Sums are taken in a fixed order, so the choice is the same on any machine.
  /// No g_max is above `range` of the chip's, and targets expect drift as `predistortion` says.
  ///
  /// Throws `Diagnostics` naming every layer whose weights or samples are not there or not finite.
  public func quantized(
    by calibration: Calibration, range: Double = 1, predistortion: Predistortion? = nil
  ) throws -> Quantization {
    var quantization = Quantization(layers: [])
    let producers = graph.producers()
    let users = graph.users()
    var faults = Diagnostics()
    for layer in layers {
      guard let ranges = calibration.layers.first(where: { $0.node == layer.node }) else {
        preconditionFailure("a layer without calibration")
      }
      do {
        let node = graph[layer.node]
        let matrix = LayerMatrix(node, in: graph)
        let takesCodes =
          chip.dac.maximumCode >= 127
          && matrix.map { graph.holdsIntegerCodes($0.input, producers) } == true
        let givesCodes =
          chip.ldpu.maximumCode >= 127
          && graph.becomesIntegerCodes(
            node.results[0], isRectified: matrix?.relu == true, users)
        quantization.layers.append(
          try quantized(
            layer, by: ranges, inputScale: takesCodes ? 1 : nil, outputScale: givesCodes ? 1 : nil,
            largest: range * chip.crossbar.gMax, predistortion))
      } catch let error as Diagnostics {
        faults.items += error.items
      }
    }
    try faults.throwIfErrors()
    return quantization
  }

  private func quantized(
    _ layer: Layer, by range: Calibration.LayerRange, inputScale: Float?, outputScale: Float?,
    largest: Double, _ predistortion: Predistortion?
  ) throws -> LayerQuantization {
    let node = graph[layer.node]
    guard let samples = range.samples.tensor?.floats() else {
      throw Diagnostics(
        Diagnostic(
          node: node.name, op: node.op.onnxName,
          "the input vectors sampled for calibration are known by their checksum only",
          help: "give the file that has their elements, or calibrate again"))
    }
    let weights = try LayerWeights(of: node, in: graph)
    let inputScale = inputScale ?? range.inputMaximum.step(codes: chip.dac.maximumCode)
    let greatest = Float(chip.dac.maximumCode)
    let stateScale = range.stateMaximum?.step(codes: chip.dac.maximumCode)
    let stateRow = weights.matrix.gates?.stateRow ?? weights.matrix.rows
    let codes = samples.enumerated().map { index, sample in
      let isState = index % weights.matrix.rows >= stateRow
      let scale = isState ? stateScale ?? inputScale : inputScale
      return min(max((sample / scale).rounded(.toNearestOrEven), -greatest), greatest)
    }
    return LayerQuantization(
      inputScale: inputScale, stateScale: stateScale,
      outputScale: outputScale ?? range.outputMaximum.step(codes: chip.ldpu.maximumCode),
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
        var maximum: Float = 0
        for index in 0..<vectors * columns {
          running[start][index] +=
            currents.difference[index] * block.columnScale[index % columns] * inputScale
          maximum = max(maximum, running[start][index].magnitude)
        }
        return maximum
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

/// The currents of a block's bit lines on sampled input codes, in codes times g.
private struct LineCurrents {
  /// The current of either polarity that is largest.
  var maximum: Float = 0
  /// Positive minus negative current: `[vector][column]`.
  var difference: [Float]

  init(
    _ g: [Float], rows: Range<Int>, columns: Int, codes: [Float], rowStride: Int, vectors: Int
  ) {
    difference = [Float](repeating: 0, count: vectors * columns)
    var sum = [Float](repeating: 0, count: columns)
    var magnitude = [Float](repeating: 0, count: columns)
    for vector in 0..<vectors {
      for column in 0..<columns {
        sum[column] = 0
        magnitude[column] = 0
      }
      g.withUnsafeBufferPointer { g in
        sum.withUnsafeMutableBufferPointer { sum in
          magnitude.withUnsafeMutableBufferPointer { magnitude in
            for (i, row) in rows.enumerated() {
              let code = codes[vector * rowStride + row]
              if code == 0 { continue }
              for column in 0..<columns {
                let product = code * g[i * columns + column]
                sum[column] += product
                magnitude[column] += product.magnitude
              }
            }
          }
        }
      }
      for column in 0..<columns {
        // The larger polarity of a sum s of magnitude m carries (m + |s|) / 2.
        maximum = max(maximum, (magnitude[column] + sum[column].magnitude) / 2)
        difference[vector * columns + column] = sum[column]
      }
    }
  }
}
