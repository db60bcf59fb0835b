import Basics

/// What is wrong with the operands of an operator; `evaluate` adds the node and its operator.
struct Fault: Error {
  /// What is wrong.
  var message: String
  /// What would be accepted.
  var supported: String?

  /// Creates a fault.
  init(_ message: String, supported: String? = nil) {
    self.message = message
    self.supported = supported
  }

  /// An element type that the operator is not defined for.
  static func unsupported(_ type: ElementType, supported: [ElementType]) -> Fault {
    Fault(
      "element type \(type.rawValue) is not supported",
      supported: supported.map(\.rawValue).joined(separator: ", "))
  }
}

/// Shapes and axes in the words of a diagnostic.
func text(_ sizes: [Int]) -> String { sizes.map(String.init).joined(separator: "×") }

extension ElementType {
  /// The floating-point types.
  static let floating: [ElementType] = [.f16, .bf16, .f32, .f64]
  /// The types with arithmetic.
  static let numeric = floating + [.i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64]
  /// The types of matrix products and means.
  static let products = floating + [.i32, .i64, .u32, .u64]
}
