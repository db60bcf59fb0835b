import Basics
import Chip
import Device
import Program

/// The conductances of a tile as its crossbar multiplies with them.
struct ProgrammedBlock: Sendable {
  let rows: Int
  let columns: Int
  /// Column by column, `rows` values each, in units of g_max: g⁺ − g⁻ of every column, and where the
  /// converters see polarities, then g⁺ + g⁻ of every column.
  let conductances: [Float]
  /// Σ |g⁺ − g⁻| of every column, where the converters do not see polarities; else empty.
  let sums: [Float]

  /// The values g of `block`, row by row.
  static func targets(of block: ConductanceBlock) -> [Float] {
    Tensor(type: .f32, shape: [block.rows.count, block.columns.count], bytes: block.conductances)
      .elements(of: Float.self)
  }

  /// What conductances `targets` stand for, as the `decoding` of their block says.
  static func decoded(_ targets: [Float], _ decoding: [Float]) -> [Float] {
    guard decoding.count > 1 else { return targets }
    let last = decoding.count - 1
    return targets.map { g in
      let position = Double(g.magnitude) * Double(last)
      let below = min(Int(position), last - 1)
      let (from, to) = (Double(decoding[below]), Double(decoding[below + 1]))
      let value = Float(from + (to - from) * (position - Double(below)))
      return g < 0 ? -value : value
    }
  }

  /// A block whose conductances are exactly `targets`, row by row.
  init(targets: [Float], columns: Int, polarities: Bool) {
    self.init(columns: columns, count: targets.count, polarities: polarities) {
      (difference: targets[$0], sum: targets[$0].magnitude)
    }
  }

  /// A block whose `cells` are read at `time` s, in units of `gMax` µS.
  init(_ cells: ProgrammedCells, gMax: Float, at time: Double, _ noise: ReadNoise, polarities: Bool)
  {
    let (positive, negative) = cells.conductances(at: time, noise)
    self.init(columns: cells.columns, count: positive.count, polarities: polarities) {
      (
        difference: (positive[$0] - negative[$0]) / gMax, sum: (positive[$0] + negative[$0]) / gMax
      )
    }
  }

  private init(
    columns: Int, count: Int, polarities: Bool, _ value: (Int) -> (difference: Float, sum: Float)
  ) {
    self.columns = columns
    rows = count / columns
    let rows = rows
    conductances = [Float](unsafeUninitializedCapacity: polarities ? 2 * count : count) {
      buffer, size in
      for row in 0..<rows {
        for column in 0..<columns {
          let (difference, sum) = value(row * columns + column)
          buffer[column * rows + row] = difference
          if polarities { buffer[count + column * rows + row] = sum }
        }
      }
      size = polarities ? 2 * count : count
    }
    let differences = conductances
    sums =
      polarities
      ? []
      : (0..<columns).map { column in
        differences[column * rows..<(column + 1) * rows].reduce(0) { $0 + $1.magnitude }
      }
  }
}
