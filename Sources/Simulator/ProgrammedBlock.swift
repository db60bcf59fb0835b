import Basics
import CCrossbar
import Chip
import Device
import Program

/// The conductances of a tile as its crossbar multiplies with them.
struct ProgrammedBlock: Sendable {
  let rows: Int
  let columns: Int
  /// 2 where the converters see polarities, else 1.
  let planes: Int
  /// In units of g_max and in the order of `packed_conductances`: g⁺ − g⁻, and where the converters see
  /// polarities, g⁺ + g⁻.
  private let conductances: [Float]
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
    let (rows, planes) = (count / columns, polarities ? 2 : 1)
    (self.rows, self.planes) = (rows, planes)
    var sums = [Float](repeating: 0, count: polarities ? 0 : columns)
    conductances = [Float](unsafeUninitializedCapacity: planes * count) { buffer, size in
      let group = packed_group(planes)
      for start in stride(from: 0, to: columns, by: group) {
        let width = min(group, columns - start)
        var place = start * rows * planes
        for row in 0..<rows {
          for column in 0..<width {
            let (difference, sum) = value(row * columns + start + column)
            buffer[place + column] = difference
            if polarities {
              buffer[place + width + column] = sum
            } else {
              sums[start + column] += difference.magnitude
            }
          }
          place += width * planes
        }
      }
      size = planes * count
    }
    self.sums = sums
  }

  /// Calls `body` with the conductances.
  @inline(__always)
  func withPacked<Result>(_ body: (UnsafePointer<packed_conductances>) -> Result) -> Result {
    conductances.withUnsafeBufferPointer { values in
      var packed = packed_conductances(
        values: values.baseAddress, rows: rows, columns: columns, planes: planes)
      return body(&packed)
    }
  }
}
