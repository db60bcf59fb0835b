/// The type of one element of a tensor.
///
/// Raw values are the names used in IR text, in program listings and on the command line.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case f16, f32, f64
  case i8, i16, i32, i64
  case u8, u16, u32, u64
  case bool
  /// The upper half of an f32.
  case bf16
  /// Floating-point types of 8 bits, named after the bits of their exponent and fraction; `fn` has no
  /// infinities, `uz` one zero only, and e8m0 holds powers of two only.
  case f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz, f8e8m0
  /// A floating-point type of 4 bits, without infinities and NaN.
  case f4e2m1
  case i4, u4, i2, u2

  /// The size of one element in memory, in bytes; one shorter than a byte takes a byte.
  public var byteCount: Int {
    switch self {
    case .i8, .u8, .bool, .i4, .u4, .i2, .u2, .f4e2m1: 1
    case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0: 1
    case .f16, .i16, .u16, .bf16: 2
    case .f32, .i32, .u32: 4
    case .f64, .i64, .u64: 8
    }
  }

  /// The number of bits that tell elements apart; those of a `bool` are its byte.
  public var bitCount: Int {
    switch self {
    case .i4, .u4, .f4e2m1: 4
    case .i2, .u2: 2
    default: byteCount * 8
    }
  }

  /// Whether an element is shorter than a byte, so that files hold several in a byte.
  public var isPacked: Bool { bitCount < 8 }

  /// Whether the type is a floating-point type of any format.
  public var isFloatingPoint: Bool {
    switch self {
    case .f16, .f32, .f64, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
      true
    case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .i4, .u4, .i2, .u2: false
    }
  }

  /// Whether the type is a signed or unsigned integer; `bool` is not.
  public var isInteger: Bool { !isFloatingPoint && self != .bool }

  /// Whether the type is a signed integer.
  public var isSignedInteger: Bool {
    switch self {
    case .i8, .i16, .i32, .i64, .i4, .i2: true
    default: false
    }
  }

  /// The values of an integer type, as far as an Int64 can hold them; 0 and 1 for `bool`, nothing
  /// for a floating-point type.
  public var integerRange: ClosedRange<Int64>? {
    switch self {
    case .i8, .i16, .i32, .i64, .i4, .i2:
      let greatest = Int64.max >> Int64(64 - bitCount)
      return (-greatest - 1)...greatest
    case .u8, .u16, .u32, .u4, .u2: return 0...(Int64(1) << Int64(bitCount) - 1)
    case .u64: return 0...Int64.max
    case .bool: return 0...1
    default: return nil
    }
  }

  /// The type with a Swift type of its own whose elements lie in memory the same way: the code of a
  /// floating-point type that Swift lacks, the value of an integer shorter than a byte.
  public var storage: ElementType {
    switch self {
    case .bf16: .u16
    case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .u4, .u2: .u8
    case .i4, .i2: .i8
    case .f16, .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool: self
    }
  }
}
