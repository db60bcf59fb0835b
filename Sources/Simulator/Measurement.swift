import Basics
import Program

/// What came out of a tile, column by column, in input codes times g.
struct Measurement {
  var vectors: Int
  var mean: [Double]
  var spread: [Double]

  /// How many times the factor of all columns that of one may be. Devices do not drift so far apart: a
  /// column that shows less than that shows noise, which would be all that its results are.
  private static let mostOfGlobal = 8.0

  private static func size(_ mean: Double, _ spread: Double) -> Double {
    (mean * mean + spread * spread).squareRoot()
  }

  /// What all columns show together.
  var size: Double { zip(mean, spread).reduce(0) { $0 + Self.size($1.0, $1.1) } }

  /// What makes of this what `probe` expects, column by column, as far as `routine` corrects it.
  func changes(to probe: Probe, _ routine: Probe.Routine) -> [ColumnChange] {
    var (expected, found) = (0.0, 0.0)
    for column in mean.indices {
      let wanted = Self.size(Double(probe.mean[column]), Double(probe.spread[column]))
      // What shows in columns that should show nothing is no measure of the others.
      if wanted == 0 { continue }
      expected += wanted
      found += Self.size(mean[column], spread[column])
    }
    let global = found > 0 && expected > 0 ? expected / found : 1
    let most = Self.mostOfGlobal * global
    return mean.indices.map { column in
      let (target, width) = (Double(probe.mean[column]), Double(probe.spread[column]))
      switch routine {
      case .none: return ColumnChange(factor: 1, addend: 0)
      case .global: return ColumnChange(factor: global, addend: 0)
      case .column:
        let (wanted, have) = (
          Self.size(target, width), Self.size(mean[column], spread[column])
        )
        let factor = wanted > 0 && have > 0 ? min(wanted / have, most) : global
        return ColumnChange(factor: factor, addend: 0)
      case .refit, .layers:
        let factor = width > 0 && spread[column] > 0 ? min(width / spread[column], most) : global
        return ColumnChange(factor: factor, addend: target - factor * mean[column])
      }
    }
  }
}

/// What a column has become, in input codes times g: `factor` times what it is now, plus `addend`, is what it was.
struct ColumnChange {
  var factor: Double
  var addend: Double

  /// The same of a tile that has become weaker by `other` besides.
  func scaled(by other: Double) -> ColumnChange {
    ColumnChange(factor: other * factor, addend: other * addend)
  }
}

extension Measurement {
  /// What makes of this what was measured `before`, column by column: of columns that show nothing, what all show
  /// together.
  func changes(to before: Measurement) -> [ColumnChange] {
    let all = before.size / size
    return mean.indices.map { column in
      guard all.isFinite && all > 0 else { return ColumnChange(factor: 1, addend: 0) }
      let hasSpread = spread[column] > 0 && before.spread[column] > 0
      let factor = hasSpread ? before.spread[column] / spread[column] : all
      guard factor <= Self.mostOfGlobal * all else { return ColumnChange(factor: all, addend: 0) }
      return ColumnChange(
        factor: factor, addend: hasSpread ? before.mean[column] - factor * mean[column] : 0)
    }
  }

  /// The same with `changes`.
  func corrected(by changes: [ColumnChange]) -> Measurement {
    var result = self
    for (column, change) in changes.enumerated() {
      result.mean[column] = change.factor * mean[column] + change.addend
      result.spread[column] = change.factor * spread[column]
    }
    return result
  }
}

extension Affine {
  /// Corrects every column by its change.
  mutating func follow(_ changes: [ColumnChange]) {
    for (column, change) in changes.enumerated() {
      let factor = Double(gain[column])
      gain[column] = Float(factor * change.factor)
      offset[column] = Float(Double(offset[column]) + factor * change.addend)
    }
  }
}

extension Machine {
  /// Multiplies vectors of `codes`, as those of a probe, with a crossbar.
  func measure(_ codes: Bytes, crossbar: Int, tile: Int) -> Measurement {
    let (rows, columns) = (crossbars[crossbar].rows, crossbars[crossbar].columns)
    let count = codes.count / (2 * rows)
    var sums = [Double](repeating: 0, count: columns)
    var squares = sums
    let perCount = plan.hasPolarities ? 1 / Double(plan.crossbars[crossbar].countsPerCode) : 1
    codes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: count, by: Panel.width) {
        let used = min(Panel.width, count - start)
        for row in 0..<rows {
          let line = panel.inputs + row * Panel.step
          for i in 0..<Panel.width {
            let offset = 2 * ((start + i) * rows + row)
            line[i] =
              i < used
              ? Float(
                Int16(
                  littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
              : 0
          }
        }
        multiply(crossbar, used: used, tile, firstVector: start)
        for column in 0..<columns {
          let line = panel.results + column * Panel.step
          for i in 0..<used {
            let value =
              Double(plan.hasPolarities ? line[i] - line[columns * Panel.step + i] : line[i])
              * perCount
            sums[column] += value
            squares[column] += value * value
          }
        }
      }
    }
    let total = Double(max(count, 1))
    return Measurement(
      vectors: count, mean: sums.map { $0 / total },
      spread: zip(sums, squares).map {
        max($1 / total - ($0 / total) * ($0 / total), 0).squareRoot()
      })
  }
}
