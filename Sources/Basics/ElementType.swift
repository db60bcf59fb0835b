/// The type of one element of a tensor.
///
/// Raw values are the names used in IR text, in program listings and on the command line.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case f16, f32, f64
  case i8, i16, i32, i64
  case u8, u16, u32, u64
  case bool

  /// The size of one element in memory, in bytes.
  public var byteCount: Int {
    switch self {
    case .i8, .u8, .bool: 1
    case .f16, .i16, .u16: 2
    case .f32, .i32, .u32: 4
    case .f64, .i64, .u64: 8
    }
  }

  /// Whether the type is one of the IEEE 754 binary formats.
  public var isFloatingPoint: Bool {
    switch self {
    case .f16, .f32, .f64: true
    default: false
    }
  }

  /// Whether the type is a signed or unsigned integer; `bool` is not.
  public var isInteger: Bool { !isFloatingPoint && self != .bool }
}
