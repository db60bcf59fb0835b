/// A time after programming.
public struct TimeSpan: Hashable, Sendable, CustomStringConvertible {
  /// The time in s.
  public var seconds: Double
  /// As the user wrote it.
  public var description: String

  /// Creates a time of so many seconds.
  public init(seconds: Double) {
    self.seconds = seconds
    description = seconds == 0 ? "0 s" : "\(seconds) s"
  }

  /// Creates a time from a number with a unit: `s`, `min`, `h`, `d` or `y` (365 d), or without one
  /// for seconds; `nil` if it is not of that form.
  public init?(_ text: String) {
    let units: [(name: String, seconds: Double)] = [
      ("min", 60), ("s", 1), ("h", 3600), ("d", 86400), ("y", 365 * 86400),
    ]
    let unit = units.first { text.hasSuffix($0.name) } ?? ("", 1)
    let digits = text.dropLast(unit.name.count)
    guard let first = digits.first, first.isASCII, first.isNumber, let number = Double(digits),
      number.isFinite, number * unit.seconds <= 1e12
    else { return nil }
    seconds = number * unit.seconds
    description = text
  }
}

extension TimeSpan {
  /// The times in `text`, which commas separate; `nil` if one is none.
  public static func list(_ text: String) -> [TimeSpan]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let times = parts.compactMap { TimeSpan(String($0)) }
    return times.count == parts.count ? times : nil
  }
}
