/// A Swift type that stores one element of a tensor.
public protocol Scalar: BitwiseCopyable, Sendable, Hashable {
  /// The element type that this Swift type stores.
  static var elementType: ElementType { get }
}

extension Float16: Scalar { public static var elementType: ElementType { .f16 } }
extension Float: Scalar { public static var elementType: ElementType { .f32 } }
extension Double: Scalar { public static var elementType: ElementType { .f64 } }
extension Int8: Scalar { public static var elementType: ElementType { .i8 } }
extension Int16: Scalar { public static var elementType: ElementType { .i16 } }
extension Int32: Scalar { public static var elementType: ElementType { .i32 } }
extension Int64: Scalar { public static var elementType: ElementType { .i64 } }
extension UInt8: Scalar { public static var elementType: ElementType { .u8 } }
extension UInt16: Scalar { public static var elementType: ElementType { .u16 } }
extension UInt32: Scalar { public static var elementType: ElementType { .u32 } }
extension UInt64: Scalar { public static var elementType: ElementType { .u64 } }

/// One element of a `bool` tensor: a byte that is 0 or 1, so that foreign bytes stay well defined.
public struct Bool8: Scalar, ExpressibleByBooleanLiteral {
  /// The stored byte.
  public var byte: UInt8

  /// Whether the element is true: any byte but 0 is.
  public var value: Bool { byte != 0 }

  /// Creates an element from a truth value.
  public init(_ value: Bool) { byte = value ? 1 : 0 }

  /// Creates an element from a literal.
  public init(booleanLiteral value: Bool) { self.init(value) }

  public static var elementType: ElementType { .bool }

  public static func == (a: Bool8, b: Bool8) -> Bool { a.value == b.value }

  public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
