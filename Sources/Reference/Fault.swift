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
  static let floating: [ElementType] = [.f16, .f32, .f64]
  /// The types with arithmetic.
  static let numeric: [ElementType] = allCases.filter { $0 != .bool }
  /// The types of matrix products and means.
  static let products: [ElementType] = [.f16, .f32, .f64, .i32, .i64, .u32, .u64]
}
