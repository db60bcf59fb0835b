import Basics
import Chip
import IR

/// The conductances, scales and converter ranges of every layer.
public struct Quantization: Sendable {
  /// One entry a layer of the partition.
  public var layers: [LayerQuantization]
}

/// The conductances, scales and converter ranges of a layer.
public struct LayerQuantization: Sendable {
  /// The step of the DAC, in units of the layer's input.
  public var inputScale: Float
  /// The step of the LDPU's result, in units of the layer's result.
  public var outputScale: Float
  /// The blocks: `[stack][row block]`.
  public var blocks: [[BlockQuantization]]
  /// The bias of every column of the layer, or `nil` if there is none.
  public var bias: [Float]?

  /// The step of the partial sums that the segment of `stack` ending with row block `last` and
  /// beginning with `first` hands on.
  public func partialScale(stack: Int, from first: Int, through last: Int, codes: Int) -> Float {
    blocks[stack][last].partialMaxima[first].step(codes: codes)
  }
}

/// The conductances and ranges of a block.
public struct BlockQuantization: Sendable {
  /// g, row by row, each within −1 ... 1.
  public var conductances: Bytes
  /// The weight of g = 1, a column each: the largest magnitude of the column.
  public var columnScale: [Float]
  /// The conductance of g = 1, in µS.
  public var gMax: Float
  /// The largest magnitude that sums of row blocks `i` through this one reached, by i.
  public var partialMaxima: [Float]
}

extension Float {
  /// The step with which `codes` codes reach this magnitude; 1 for an empty range.
  fileprivate func step(codes: Int) -> Float { self > 0 ? self / Float(codes) : 1 }
}

extension Partition {
  /// Turns weights into conductances and chooses the ranges of converters and digital units.
  ///
  /// Each column is scaled by its largest weight, which the LDPU's gain takes back. The DAC and the
  /// LDPU span the largest magnitudes that calibration met. A block's g_max is lowered where a line
  /// would carry more than its limit, or a count would saturate, on the sampled vectors with a
  /// fifth in reserve. Sums are taken in a fixed order, so the choice is the same on any machine.
  public func quantized(by calibration: Calibration) -> Quantization {
    let ranges = calibration.layers
    return Quantization(
      layers: layers.map { layer in
        let range = ranges.first { $0.node == layer.node }
        guard let range, let matrix = LayerMatrix(graph[layer.node], in: graph),
          let weights = graph.tensor(of: matrix.weights)?.floats()
        else { preconditionFailure("layer without calibration or weights") }
        let bias = matrix.bias.flatMap { graph.tensor(of: $0)?.floats() }
        let inputScale = range.inputMaximum.step(codes: chip.dac.maximumCode)
        let samples = range.vectors.map {
          min(
            max(($0 / inputScale).rounded(.toNearestOrEven), -Float(chip.dac.maximumCode)),
            Float(chip.dac.maximumCode))
        }
        return LayerQuantization(
          inputScale: inputScale,
          outputScale: range.outputMaximum.step(codes: chip.ldpu.maximumCode),
          blocks: layer.stacks.map { stack in
            blocks(
              of: stack, matrix: matrix, weights: weights, codes: samples, inputScale: inputScale)
          }, bias: bias)
      })
  }

  private func blocks(
    of stack: Stack, matrix: LayerMatrix, weights: [Float], codes: [Float], inputScale: Float
  ) -> [BlockQuantization] {
    let columns = stack.columns.count
    let vectors = matrix.rows == 0 ? 0 : codes.count / matrix.rows
    // One running sum a starting block, so that any segment's range is known before placement.
    var running: [[Float]] = []
    return stack.rows.map { rows in
      var g = matrix.block(rows: rows, columns: stack.columns, of: weights)
      let columnScale = g.normalizeColumns(columns)
      let currents = LineCurrents(
        g, rows: rows, columns: columns, codes: codes, rowStride: matrix.rows, vectors: vectors)
      running.append([Float](repeating: 0, count: vectors * columns))
      let partialMaxima = running.indices.map { start in
        var maximum: Float = 0
        for index in 0..<vectors * columns {
          running[start][index] +=
            currents.difference[index] * columnScale[index % columns] * inputScale
          maximum = max(maximum, running[start][index].magnitude)
        }
        return maximum
      }
      return BlockQuantization(
        conductances: Bytes(copying: g), columnScale: columnScale,
        gMax: largestConductance(for: currents.maximum), partialMaxima: partialMaxima)
    }
  }

  /// The g_max, in µS, at which a line that carries `maximum`, in codes times g, stays within
  /// the current limit and the counter within its range.
  private func largestConductance(for maximum: Float) -> Float {
    let reserve = 1.2
    let fullPairs = Double(maximum) / Double(chip.dac.maximumCode) * reserve
    guard fullPairs > 0 else { return Float(chip.crossbar.gMax) }
    let current = chip.crossbar.lineCurrentLimit / (fullPairs * chip.crossbar.readVoltage)
    let counts = Double(chip.adc.maximumCount) / chip.adc.countsPerGMax / fullPairs
    return Float(min(chip.crossbar.gMax, current, counts * chip.crossbar.gMax))
  }
}

extension [Float] {
  /// Divides every column by its largest magnitude and returns the divisors.
  fileprivate mutating func normalizeColumns(_ columns: Int) -> [Float] {
    var scale = [Float](repeating: 0, count: columns)
    for index in indices {
      scale[index % columns] = Swift.max(scale[index % columns], self[index].magnitude)
    }
    for column in scale.indices where scale[column] == 0 { scale[column] = 1 }
    for index in indices { self[index] /= scale[index % columns] }
    return scale
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
