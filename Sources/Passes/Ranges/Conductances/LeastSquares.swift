import Chip
import Device

/// Where weights are cut so that what that makes wrong and what programming makes wrong are least
/// together.
struct LeastSquares {
  /// The variance of a programmed weight in parts of its column's squared range, by how much of the
  /// range it is, in equal steps from 0 to 1.
  private let variances: [Double]

  private static let steps = 256
  /// The least factor that is tried, and the steps of those above it.
  private static let (least, parts) = (8, 32)

  /// The errors of programming devices of `model` whose g = 1 is `gMax` µS.
  init(_ model: DeviceModel, gMax: Double) {
    func variance(_ g: Double) -> Double {
      let spread = model.programmingSpread(of: g * gMax) / gMax
      return spread * spread
    }
    variances = (0...Self.steps).map {
      variance(Double($0) / Double(Self.steps)) + variance(0)
    }
  }

  /// The range of each column of `block` in parts of its largest weight.
  ///
  /// `power` is the mean squared input of each row, and `copies` how many columns hold the same as each
  /// one, over which errors of programming average out, while what is cut is missing in all of them.
  func factors(of block: BlockConductances, power: [Double], copies: [Int]) -> [Float] {
    let columns = block.columnScale.count
    var best = [Float](repeating: 1, count: columns)
    var least = [Double](repeating: .infinity, count: columns)
    for part in (Self.least...Self.parts).reversed() {
      let factor = Double(part) / Double(Self.parts)
      var errors = [Double](repeating: 0, count: columns)
      for (row, power) in power.enumerated() where power > 0 {
        for column in 0..<columns {
          let weight = Double(block.values[row * columns + column].magnitude)
          let missing = max(weight - factor, 0)
          let step = Int(min(weight / factor, 1) * Double(Self.steps))
          let noise = factor * factor * variances[step] / Double(copies[column])
          errors[column] += power * (missing * missing + noise)
        }
      }
      for column in 0..<columns where errors[column] < least[column] {
        (least[column], best[column]) = (errors[column], Float(factor))
      }
    }
    return best
  }
}
