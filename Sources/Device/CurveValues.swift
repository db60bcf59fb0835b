import CDevice
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
    polynomial_values(coefficients, coefficients.count, ratios, count, values)
  }

  /// Sets the values where r < `split`.
  private static func evaluate(
    _ law: Law, below split: Double, _ ratios: UnsafePointer<Double>, _ count: Int,
    _ values: UnsafeMutablePointer<Double>
  ) {
    var bounded = bounded_law(
      a: law.a, b: law.b, lowest: law.lowest, highest: law.highest, is_power: law.form == .power)
    law_values(&bounded, split, smallest, ratios, count, values)
  }
}
