import Chip
import Device

/// How target conductances are chosen so that what is left of them, not what is programmed, is in
/// proportion to the weights.
///
/// Small conductances drift more than large ones, and programming lifts those that should be zero.
/// With targets that expect this, one factor is left to be compensated over the chosen times.
public struct Predistortion: Hashable, Sendable {
  /// The model of the devices.
  public var model: DeviceModel
  /// The times after programming, in s, over which weights shall keep their proportions on average.
  public var times: [Double]

  /// The number of stretches of a decoding.
  static let stretches = 32

  /// Creates a predistortion for the devices of `model` over `times`, of which there is one at least.
  public init(model: DeviceModel, times: [Double]) {
    precondition(!times.isEmpty)
    self.model = model
    self.times = times
  }

  /// The weight, in parts of that of g = 1, which each of g = 0, 1/32, … 1 stands for in a block of
  /// `gMax` µS: rising numbers from 0 to 1.
  func decoding(gMax: Float) -> [Float] {
    let count = Self.stretches
    var sums = [Double](repeating: 0, count: count + 1)
    for time in times {
      // The other side of a pair is programmed to zero, and conducts a little.
      let zero = model.expectedConductance(of: 0, at: time)
      let pairs = (0...count).map {
        model.expectedConductance(of: Double(gMax) * Double($0) / Double(count), at: time) - zero
      }
      for index in pairs.indices { sums[index] += pairs[index] / pairs[count] }
    }
    var decoding = sums.map { Float($0 / Double(times.count)) }
    decoding[0] = 0
    decoding[count] = 1
    for index in 1..<count {
      decoding[index] = min(max(decoding[index], decoding[index - 1]), 1)
    }
    return decoding
  }
}
