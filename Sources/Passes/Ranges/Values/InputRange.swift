/// How the range of a layer's DAC is chosen from what calibration data show.
///
/// A smaller range has finer steps, and cuts the inputs beyond it.
public enum InputRange: Hashable, Sendable {
  /// The largest magnitude that was met.
  case maximum
  /// The magnitude that this part of the inputs, of 0 to 1, does not exceed.
  case percentile(Double)
  /// The magnitude with which the mean squared error of rounding and cutting is least.
  case leastSquares

  /// The magnitude that the largest of `codes` codes either side of 0 stands for, where `samples` are
  /// some of the input vectors of `rows` elements and none is above `maximum` in magnitude.
  func magnitude(of samples: [Float], rows: Int, upTo maximum: Float, codes: Int) -> Float {
    guard maximum > 0, !samples.isEmpty, self != .maximum else { return maximum }
    // Whole vectors, so that every channel is looked at.
    let distance = rows * max(1, samples.count / max(rows, Self.mostSamples))
    let magnitudes = stride(from: 0, to: samples.count, by: distance)
      .flatMap { samples[$0..<$0 + rows] }.map(\.magnitude).filter(\.isFinite)
    switch self {
    case .maximum: return maximum
    case .percentile(let part):
      let sorted = magnitudes.sorted()
      guard let last = sorted.last, last > 0 else { return maximum }
      let position = Int((part * Double(sorted.count)).rounded(.up)) - 1
      let found = sorted[min(max(position, 0), sorted.count - 1)]
      return part >= 1 || found == 0 ? maximum : min(found, maximum)
    case .leastSquares:
      var best = (error: Double.infinity, magnitude: maximum)
      for part in (Self.parts / 8...Self.parts).reversed() {
        let magnitude = maximum * Float(part) / Float(Self.parts)
        let error = Self.squaredError(of: magnitudes, cutAt: magnitude, codes: codes)
        if error < best.error { best = (error, magnitude) }
      }
      return best.magnitude
    }
  }

  /// How many samples decide at most, and into how many parts the range is divided to be searched.
  private static let mostSamples = 1 << 16
  private static let parts = 64

  private static func squaredError(
    of magnitudes: [Float], cutAt largest: Float, codes: Int
  ) -> Double {
    let step = largest / Float(codes)
    return magnitudes.reduce(0.0) { sum, value in
      let code = min((value / step).rounded(.toNearestOrEven), Float(codes))
      let error = Double(value - code * step)
      return sum + error * error
    }
  }
}

extension InputRange: LosslessStringConvertible {
  /// Reads `max`, `mse`, or a percentile above 50 % and at most 100 % as `99.9%`; `nil` if it is none.
  public init?(_ description: String) {
    switch description {
    case "max": self = .maximum
    case "mse": self = .leastSquares
    default:
      guard description.hasSuffix("%"), let percent = Double(description.dropLast()),
        percent > 50, percent <= 100
      else { return nil }
      self = .percentile(percent / 100)
    }
  }

  public var description: String {
    switch self {
    case .maximum: "max"
    case .leastSquares: "mse"
    case .percentile(let part): "\((part * 1e8).rounded() / 1e6)%"
    }
  }
}
