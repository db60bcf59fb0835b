import Passes

/// What the command line says of the ranges of DACs: `max`, `mse`, or a percentile as `99.9%`.
public struct InputRangeRule: Hashable, Sendable, CustomStringConvertible {
  /// How ranges are chosen.
  public var rule: InputRange

  /// The largest magnitude that was met.
  public static let maximum = InputRangeRule(rule: .maximum)
  /// The least mean squared error.
  public static let leastSquares = InputRangeRule(rule: .leastSquares)

  /// A rule.
  public init(rule: InputRange) { self.rule = rule }

  /// Reads `max`, `mse`, or a percentile above 50 % and at most 100 %; `nil` if it is none.
  public init?(_ text: String) {
    switch text {
    case "max": rule = .maximum
    case "mse": rule = .leastSquares
    default:
      guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 50,
        percent <= 100
      else { return nil }
      rule = .percentile(percent / 100)
    }
  }

  public var description: String {
    switch rule {
    case .maximum: "max"
    case .leastSquares: "mse"
    case .percentile(let part): "\((part * 1e8).rounded() / 1e6)%"
    }
  }
}
