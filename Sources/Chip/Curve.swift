/// How a figure of a device depends on its relative conductance r.
///
/// r is the conductance over `DeviceModel.maximumConductance`. Specs/chip.md, "Curves", has the
/// formulas and the text form.
public enum Curve: Hashable, Sendable {
  /// Σ cᵢ · rⁱ.
  case polynomial([Double])
  /// The bounded law for every r.
  case bounded(Law)
  /// The bounded law where r < `split`, else the polynomial.
  case piecewise(Law, split: Double, polynomial: [Double])

  /// A law of few figures, kept within bounds.
  public struct Law: Hashable, Sendable {
    /// The form of a law with the figures a and b.
    public enum Form: String, Hashable, Sendable, CaseIterable {
      /// a + b · ln r.
      case logarithm
      /// a · rᵇ.
      case power
    }

    /// The form.
    public var form: Form
    /// The figure a.
    public var a: Double
    /// The figure b.
    public var b: Double
    /// The smallest value.
    public var lowest: Double
    /// The largest value.
    public var highest: Double

    /// Creates a law.
    public init(_ form: Form, _ a: Double, _ b: Double, within bounds: ClosedRange<Double>) {
      self.form = form
      self.a = a
      self.b = b
      lowest = bounds.lowerBound
      highest = bounds.upperBound
    }
  }
}

extension Curve {
  /// The most coefficients of a polynomial.
  static let maximumCoefficients = 8
  /// The largest magnitude of a figure.
  static let maximumMagnitude = 1e6
  /// What the text of a curve looks like.
  static let form = """
    polynomial C0 [C1 …], or logarithm|power A B within LOWEST HIGHEST \
    [below R polynomial C0 [C1 …]]
    """

  /// Reads a curve from its text; `nil` if it is none.
  init?(_ text: String) {
    var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)[...]
    if let coefficients = Self.polynomial(&words) {
      self = .polynomial(coefficients)
    } else if let law = Self.law(&words) {
      if words.isEmpty {
        self = .bounded(law)
      } else {
        guard Self.take("below", &words), let split = Self.number(&words), split > 0,
          let coefficients = Self.polynomial(&words)
        else { return nil }
        self = .piecewise(law, split: split, polynomial: coefficients)
      }
    } else {
      return nil
    }
    guard words.isEmpty else { return nil }
  }

  /// Whether its figures are those that a text can give.
  var isInRange: Bool {
    func areInRange(_ numbers: [Double]) -> Bool {
      numbers.allSatisfy { $0.magnitude <= Self.maximumMagnitude }
    }
    func isInRange(_ law: Law) -> Bool {
      areInRange([law.a, law.b, law.lowest, law.highest]) && law.lowest <= law.highest
    }
    func isInRange(_ coefficients: [Double]) -> Bool {
      (1...Self.maximumCoefficients).contains(coefficients.count) && areInRange(coefficients)
    }
    switch self {
    case .polynomial(let coefficients): return isInRange(coefficients)
    case .bounded(let law): return isInRange(law)
    case .piecewise(let law, let split, let coefficients):
      return isInRange(law) && split > 0 && areInRange([split]) && isInRange(coefficients)
    }
  }

  /// The text that reads back as this curve.
  var text: String {
    func line(_ word: String, _ numbers: [Double]) -> String {
      ([word] + numbers.map(\.description)).joined(separator: " ")
    }
    func text(_ law: Law) -> String {
      line(law.form.rawValue, [law.a, law.b]) + " " + line("within", [law.lowest, law.highest])
    }
    switch self {
    case .polynomial(let coefficients): return line("polynomial", coefficients)
    case .bounded(let law): return text(law)
    case .piecewise(let law, let split, let coefficients):
      return [text(law), line("below", [split]), line("polynomial", coefficients)]
        .joined(separator: " ")
    }
  }

  private static func take(_ word: String, _ words: inout ArraySlice<String>) -> Bool {
    guard words.first == word else { return false }
    words.removeFirst()
    return true
  }

  private static func number(_ words: inout ArraySlice<String>) -> Double? {
    guard let word = words.first,
      let number = Chip.Scalar(text: word, isPlain: true).number,
      number.magnitude <= maximumMagnitude
    else { return nil }
    words.removeFirst()
    return number == 0 ? 0 : number  // -0.0 would be written with its sign
  }

  private static func polynomial(_ words: inout ArraySlice<String>) -> [Double]? {
    guard take("polynomial", &words) else { return nil }
    var coefficients: [Double] = []
    while let coefficient = number(&words) { coefficients.append(coefficient) }
    return (1...maximumCoefficients).contains(coefficients.count) ? coefficients : nil
  }

  private static func law(_ words: inout ArraySlice<String>) -> Law? {
    guard let word = words.first, let form = Law.Form(rawValue: word) else { return nil }
    words.removeFirst()
    guard let a = number(&words), let b = number(&words), take("within", &words),
      let lowest = number(&words), let highest = number(&words), lowest <= highest
    else { return nil }
    return Law(form, a, b, within: lowest...highest)
  }
}
