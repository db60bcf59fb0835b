import Basics
import IR
import Program

/// What the chip is calibrated with: the vectors that were sampled on the way of calibration data
/// through the network, and what each column should make of them.
public struct Probes: Sendable {
  /// The samples, by the products that met them.
  private let ranges: [NodeID: Calibration.LayerRange]
  /// What is corrected by what is measured.
  public let routine: Probe.Routine
  /// The inferences with which a chip is calibrated layer by layer; `nil` if it is not.
  public let layers: LayerSamples?

  /// Creates probes from the samples of `calibration`, or of `layers` where they have some.
  public init(_ calibration: Calibration, routine: Probe.Routine, layers: LayerSamples? = nil) {
    ranges = calibration.rangesByNode
    self.routine = routine
    self.layers = layers
  }

  /// The probe of a block whose columns span `factors`: the codes of its rows, and the mean and the
  /// spread of the sums of code × weight / scale, in a fixed order in f64. What is cut of weights is part
  /// of the sums, so that calibration makes up for it as far as it can.
  func probe(
    _ block: BlockID, rows: Range<Int>, columns: Range<Int>, of weights: LayerWeights,
    factors: [Float], inputScale: Float, largestCode: Int
  ) -> Probe {
    let layer = weights.product.node
    guard let range = ranges[layer] else {
      preconditionFailure("a layer without calibration")
    }
    let known = layers?.vectors[layer]
    let samples = known?.values ?? range.samples.tensor?.floats() ?? []
    let stride = weights.product.rows
    let limit = Float(largestCode)
    let vectors = samples.count / max(stride, 1)
    let values = weights.block(rows: rows, columns: columns).values
    var codes: [Int16] = []
    codes.reserveCapacity(vectors * rows.count)
    var sums = [Double](repeating: 0, count: columns.count)
    var squares = sums
    var line = [Float](repeating: 0, count: columns.count)
    for vector in 0..<vectors {
      for column in line.indices { line[column] = 0 }
      for (i, row) in rows.enumerated() {
        let scaled = (samples[vector * stride + row] / inputScale).rounded(.toNearestOrEven)
        let code = min(max(scaled, -limit), limit)
        codes.append(Int16(code == code ? code : 0))
        if code == 0 || code != code { continue }
        values.withUnsafeBufferPointer { values in
          line.withUnsafeMutableBufferPointer { line in
            let weights = values.baseAddress! + i * line.count
            for column in 0..<line.count { line[column] += code * weights[column] }
          }
        }
      }
      for (column, value) in line.enumerated() {
        sums[column] += Double(value)
        squares[column] += Double(value) * Double(value)
      }
    }
    for (column, factor) in factors.enumerated() {
      sums[column] /= Double(factor)
      squares[column] /= Double(factor) * Double(factor)
    }
    let count = Double(max(vectors, 1))
    return Probe(
      block: block, routine: routine, codes: Bytes(copying: codes),
      places: Bytes(copying: known?.places ?? []), mean: sums.map { Float($0 / count) },
      spread: zip(sums, squares).map {
        Float(max($1 / count - ($0 / count) * ($0 / count), 0).squareRoot())
      })
  }
}
