import Basics

/// An element type with arithmetic: floating-point types in their own, integers modulo 2ⁿ as the
/// C types of ONNX Runtime.
protocol Arithmetic: Scalar, Comparable, Numeric {
  /// a + b.
  static func sum(_ a: Self, _ b: Self) -> Self
  /// a − b.
  static func difference(_ a: Self, _ b: Self) -> Self
  /// a · b.
  static func product(_ a: Self, _ b: Self) -> Self
  /// a / b, of integers truncated towards zero; an integer b must not be 0.
  static func quotient(_ a: Self, _ b: Self) -> Self
  /// The value that no other is less than.
  static var lowest: Self { get }
  /// The value that no other is greater than.
  static var highest: Self { get }
  /// `value` in this type, if it can stand there: any number for floating-point types.
  static func factor(_ value: Float) -> Self?
  /// This type from a count of elements.
  static func count(_ value: Int) -> Self
}

extension Arithmetic {
  /// The larger of two, NaN if one of them is NaN.
  static func larger(_ a: Self, _ b: Self) -> Self { a > b || a != a ? a : b }

  /// The smaller of two, NaN if one of them is NaN.
  static func smaller(_ a: Self, _ b: Self) -> Self { a < b || a != a ? a : b }
}

extension Arithmetic where Self: BinaryFloatingPoint {
  static func sum(_ a: Self, _ b: Self) -> Self { a + b }
  static func difference(_ a: Self, _ b: Self) -> Self { a - b }
  static func product(_ a: Self, _ b: Self) -> Self { a * b }
  static func quotient(_ a: Self, _ b: Self) -> Self { a / b }
  static var lowest: Self { -.infinity }
  static var highest: Self { .infinity }
  static func factor(_ value: Float) -> Self? { Self(value) }
  static func count(_ value: Int) -> Self { Self(value) }
}

extension Arithmetic where Self: FixedWidthInteger {
  static func sum(_ a: Self, _ b: Self) -> Self { a &+ b }
  static func difference(_ a: Self, _ b: Self) -> Self { a &- b }
  static func product(_ a: Self, _ b: Self) -> Self { a &* b }
  static func quotient(_ a: Self, _ b: Self) -> Self { a.dividedReportingOverflow(by: b).0 }
  static var lowest: Self { min }
  static var highest: Self { max }
  static func factor(_ value: Float) -> Self? { Self(exactly: value) }
  static func count(_ value: Int) -> Self { Self(truncatingIfNeeded: value) }
}

extension Float: Arithmetic {}
extension Double: Arithmetic {}
extension Int8: Arithmetic {}
extension Int16: Arithmetic {}
extension Int32: Arithmetic {}
extension Int64: Arithmetic {}
extension UInt8: Arithmetic {}
extension UInt16: Arithmetic {}
extension UInt32: Arithmetic {}
extension UInt64: Arithmetic {}

/// A floating-point type in which operators are computed; f16 is computed in f32.
protocol Real: Arithmetic, BinaryFloatingPoint, SIMDScalar, Codable, PanelElement {
  /// The value in double precision, which is exact.
  var wide: Double { get }
  /// Rounds a number of double precision.
  init(rounding value: Double)
  /// (x − center) · slope + offset of `count` elements.
  static func normalize(
    _ x: UnsafePointer<Self>, _ center: Self, _ slope: Self, _ offset: Self, _ count: Int,
    _ y: UnsafeMutablePointer<Self>)
}

extension Float: Real {
  var wide: Double { Double(self) }
  init(rounding value: Double) { self = Float(value) }
}

extension Double: Real {
  var wide: Double { self }
  init(rounding value: Double) { self = value }
}
