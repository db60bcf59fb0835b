import Basics
import Program

extension Prover {
  /// The least positive f32 times more than any code.
  private static let codesOfLeast = 0x1p-149 * 0x1p15

  /// Checks that what should come out of the vectors of every probe is what the weights of its block
  /// make of them.
  mutating func checkProbes() {
    let faults = mappedInParallel(program.probes.count, cost: 1 << 22) {
      column(of: program.probes[$0])
    }
    for (probe, column) in zip(program.probes, faults) {
      guard let column else { continue }
      report(
        layer: layerOfBlock[probe.block.index], block: probe.block,
        "the mean or spread of its probe is not that of its vectors in column \(column)")
    }
  }

  /// The first column whose mean or spread are wrong.
  ///
  /// The sums of a column were taken in f32: they are within their number of rows times 2⁻²⁴ of the sum
  /// of magnitudes, and g stands for its weight within 2⁻²⁰; twice as much is allowed. A g that is
  /// subnormal may be wrong by half of the least positive f32, times a code.
  private func column(of probe: Probe) -> Int? {
    let block = program.blocks[probe.block.index]
    let (rows, columns) = (block.rows.count, block.columns.count)
    let vectors = probe.codes.count / (2 * rows)
    // A calibration makes up for what is cut.
    let layer = block.isCut ? layerOfBlock[probe.block.index] : nil
    let values =
      layer.flatMap { weights(of: probe.block, in: $0) } ?? block.decodedConductances
    var (sums, squares, magnitudes) = (
      [Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns),
      [Double](repeating: 0, count: columns)
    )
    var (line, lengths) = (sums, sums)
    probe.codes.withUnsafeBytes { bytes in
      for vector in 0..<vectors {
        for column in 0..<columns { (line[column], lengths[column]) = (0, 0) }
        for row in 0..<rows {
          let offset = 2 * (vector * rows + row)
          let code = Int16(
            littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
          if code == 0 { continue }
          let factor = Double(code)
          for column in 0..<columns {
            let product = factor * values[row * columns + column]
            line[column] += product
            lengths[column] += product.magnitude
          }
        }
        for column in 0..<columns {
          sums[column] += line[column]
          squares[column] += line[column] * line[column]
          magnitudes[column] = max(magnitudes[column], lengths[column])
        }
      }
    }
    let count = Double(vectors)
    return (0..<columns).first { column in
      let mean = sums[column] / count
      let spread = max(squares[column] / count - mean * mean, 0).squareRoot()
      let allowed =
        magnitudes[column] * (Double(rows) * 0x1p-23 + 0x1p-19) + squares[column].squareRoot()
        * 0x1p-22 + Double(rows) * Self.codesOfLeast
      return (Double(probe.mean[column]) - mean).magnitude > allowed
        || (Double(probe.spread[column]) - spread).magnitude > allowed
    }
  }
}

extension ConductanceBlock {
  /// What the conductances stand for, in parts of what 1 stands for, row by row.
  fileprivate var decodedConductances: [Double] {
    conductances.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        decoded(Double(raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)), decoding)
      }
    }
  }
}
