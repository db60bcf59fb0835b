import Basics
import IR

extension OperatorImport {
  /// Cast and CastLike.
  static let casts = [
    OperatorImport("Cast") { node in
      node.expectOperands(1...1)
      node.expectOneResult()
      let target = node.elementType("to", "casts to")
      return cast(&node, to: target)
    },
    OperatorImport("CastLike", since: 15) { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      return cast(&node, to: node.operands[1]?.type.element)
    },
  ]

  /// The parameters other than the type are about short floating-point types.
  private static func cast(_ node: inout NodeImport, to element: ElementType?) -> ImportedNode {
    let saturates = node.opset >= 19 ? node.flag("saturate", default: true) : true
    var rounding = FloatFormat.PowerRounding.up
    if node.opset >= 24 {
      let word = node.word("round_mode", of: FloatFormat.PowerRounding.allCases.map(\.rawValue))
      rounding = FloatFormat.PowerRounding(rawValue: word) ?? .up
    }
    return .operation(
      .cast(to: element ?? .f32, saturates: saturates, rounding: rounding), [.given(0)])
  }
}

extension NodeImport {
  /// The element type that an attribute names; `nil`, and a fault that begins with `action`, if it
  /// names none that is supported.
  mutating func elementType(_ name: String, _ action: String) -> ElementType? {
    elementType(numbered: integer(name), action)
  }

  /// The element type that an attribute names, if it is given and not 0.
  mutating func optionalElementType(_ name: String, _ action: String) -> ElementType? {
    let number = integer(name, default: 0)
    return number == 0 ? nil : elementType(numbered: number, action)
  }

  private mutating func elementType(numbered number: Int, _ action: String) -> ElementType? {
    let type = Int32(exactly: number).map(OnnxElementType.init(rawValue:))
    if let element = type?.elementType { return element }
    if faults.isEmpty {
      fault(
        "\(action) type \(type?.name ?? "\(number)"), which is not supported",
        supported: OnnxElementType.supported)
    }
    return nil
  }
}
