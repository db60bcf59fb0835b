import Chip

extension Curve {
  /// The smallest relative conductance of a logarithm and a power: Specs/chip.md, "Curves".
  private static let smallest = 1e-7

  /// The value at each of `count` relative conductances.
  func values(
    at ratios: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Double>
  ) {
    switch self {
    case .polynomial(let coefficients):
      Self.evaluate(coefficients, ratios, count, values)
    case .bounded(let law):
      Self.evaluate(law, below: .infinity, ratios, count, values)
    case .piecewise(let law, let split, let coefficients):
      Self.evaluate(coefficients, ratios, count, values)
      Self.evaluate(law, below: split, ratios, count, values)
    }
  }

  private static func evaluate(
    _ coefficients: [Double], _ ratios: UnsafePointer<Double>, _ count: Int,
    _ values: UnsafeMutablePointer<Double>
  ) {
    values.update(repeating: coefficients.last!, count: count)
    for coefficient in coefficients.dropLast().reversed() {
      for i in 0..<count { values[i] = values[i] * ratios[i] + coefficient }
    }
  }

  /// Sets the values where r < `split`.
  private static func evaluate(
    _ law: Law, below split: Double, _ ratios: UnsafePointer<Double>, _ count: Int,
    _ values: UnsafeMutablePointer<Double>
  ) {
    let (a, b, lowest, highest) = (law.a, law.b, law.lowest, law.highest)
    let isPower = law.form == .power
    for i in 0..<count {
      let exponent = b * Elementary.log(max(ratios[i], smallest))
      let value = isPower ? a * Elementary.exp(exponent) : a + exponent
      let bounded = min(max(value, lowest), highest)
      values[i] = ratios[i] < split ? bounded : values[i]
    }
  }
}
