import Foundation

/// An axis of a chart: its name with the unit, what it covers, and where it has ticks.
public struct Axis: Sendable {
  /// A labelled place; one without a label has a line alone.
  public struct Tick: Sendable {
    public var value: Double
    public var label: String
  }

  /// What lies at which place.
  enum Scale: Sendable {
    case linear
    /// Decades are equally long; what is at most 0 lies at the beginning.
    case logarithmic
  }

  /// The name, with the unit behind a comma.
  public var name: String
  let scale: Scale
  /// The ends. With a logarithmic scale both are above 0.
  let first: Double
  let last: Double
  public var ticks: [Tick]
  /// Names of places that are no ticks, shown at the far side of the chart.
  public var landmarks: [Tick] = []
  /// Whether 0 has a place of its own before the first decade.
  var hasZero = false

  /// Where `value` lies, from 0 at the beginning to 1 at the end.
  func place(_ value: Double) -> Double {
    switch scale {
    case .linear:
      return min(max((value - first) / (last - first), 0), 1)
    case .logarithmic:
      let room = hasZero ? Self.roomOfZero : 0
      guard value > 0 else { return 0 }
      let share = (log10(value) - log10(first)) / (log10(last) - log10(first))
      return room + (1 - room) * min(max(share, 0), 1)
    }
  }

  /// The part of an axis that lies before the first decade where 0 has a place.
  private static let roomOfZero = 0.08

  // MARK: Makers

  /// A linear axis that covers `values` with ticks at round numbers, at least `count` apart in number.
  ///
  /// It stays within `bounds`, and is at least `least` long.
  public static func linear(
    _ name: String, covering values: [Double], within bounds: ClosedRange<Double>? = nil,
    least: Double = 0, ticks count: Int = 5
  ) -> Axis {
    let finite = values.filter(\.isFinite)
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if high - low < least || high == low {
      let middle = (high + low) / 2
      let half = max(least, high == low && least == 0 ? max(abs(high), 1) * 0.1 : 0) / 2
      (low, high) = (min(low, middle - half), max(high, middle + half))
    }
    if let bounds {
      (low, high) = (max(low, bounds.lowerBound), min(high, bounds.upperBound))
      if high <= low { (low, high) = (bounds.lowerBound, bounds.upperBound) }
    }
    let step = roundStep((high - low) / Double(count))
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
    let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    let ticks = stride(from: first, through: last, by: 1).map { number in
      Tick(value: number * step, label: decimal(number * step, digits))
    }
    return Axis(
      name: name, scale: .linear, first: first * step, last: last * step, ticks: ticks)
  }

  /// 1, 2 or 5 times a power of ten, not below `least`.
  static func roundStep(_ least: Double) -> Double {
    guard least > 0, least.isFinite else { return 1 }
    let power = pow(10, log10(least).rounded(.down))
    let factor = least / power
    return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10)
  }

  /// A logarithmic axis of times in s, with a tick at each power of ten; named times such as an hour are
  /// landmarks. A time of 0 has a place before the first of them.
  public static func time(_ name: String, covering seconds: [Double]) -> Axis {
    let known: [(Double, String)] = [
      (60, "1 min"), (3600, "1 h"), (86400, "1 d"), (30 * 86400, "30 d"), (365 * 86400, "1 y"),
      (3650 * 86400, "10 y"),
    ]
    var axis = logarithmic(name, covering: seconds)
    axis.landmarks = known.filter { axis.first...axis.last ~= $0.0 }
      .map { Tick(value: $0.0, label: $0.1) }
    return axis
  }

  /// A logarithmic axis that covers `values` in whole decades, with a tick at each; 0 has a place before the
  /// first of them.
  public static func logarithmic(_ name: String, covering values: [Double]) -> Axis {
    let positive = values.filter { $0 > 0 && $0.isFinite }
    var from = (log10(positive.min() ?? 1) + 1e-9).rounded(.down)
    var to = (log10(positive.max() ?? 10) - 1e-9).rounded(.up)
    if to <= from { (from, to) = (from - 1, from + 1) }
    let hasZero = values.contains { $0 <= 0 }
    let every = max(1, ((to - from) / 10).rounded(.up))
    var ticks = stride(from: from, through: to, by: 1).map { exponent in
      Tick(
        value: pow(10, exponent),
        label: (exponent - from).truncatingRemainder(dividingBy: every) == 0
          ? "10" + superscript(Int(exponent)) : "")
    }
    if hasZero { ticks.insert(Tick(value: 0, label: "0"), at: 0) }
    var axis = Axis(
      name: name, scale: .logarithmic, first: pow(10, from), last: pow(10, to), ticks: ticks)
    axis.hasZero = hasZero
    return axis
  }

  /// An axis of `names`, the first of them at the top or the left; each has the place of its number.
  public static func names(_ names: [String], axis name: String) -> Axis {
    Axis(
      name: name, scale: .linear, first: -0.5, last: max(Double(names.count), 1) - 0.5,
      ticks: names.enumerated().map { Tick(value: Double($0), label: $1) })
  }

  /// `number` in small raised digits.
  private static func superscript(_ number: Int) -> String {
    let digits: [Character: Character] = [
      "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
      "9": "⁹", "-": "⁻",
    ]
    return String(String(number).map { digits[$0] ?? $0 })
  }
}

/// `value` with `digits` digits behind the point, never as −0.
func decimal(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  let scale = pow(10, Double(digits))
  let scaled = (value * scale).rounded()
  return String(format: "%.\(digits)f", scaled == 0 ? 0 : scaled / scale)
}
