import Basics
import IR

extension OperatorImport {
  /// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
  static let quantization = [
    OperatorImport("QuantizeLinear", since: 10) { quantize(&$0) },
    OperatorImport("DequantizeLinear", since: 10) { dequantize(&$0) },
    OperatorImport("DynamicQuantizeLinear", since: 11) { node in
      node.expectOperands(1...1)
      return dynamic()
    },
  ]

  private static func quantize(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    var quantize = Quantize(to: .u8)
    (quantize.axis, quantize.blockSize) = node.scaleLayout()
    if node.opset >= 19 { quantize.saturates = node.flag("saturate", default: true) }
    let zeroPoint = node.operands.count > 2 ? node.operands[2]?.type.element : nil
    let stated = node.opset >= 21 ? node.optionalElementType("output_dtype", "gives") : nil
    if let zeroPoint, let stated, zeroPoint != stated {
      node.operandFault(
        "attribute output_dtype is \(OnnxElementType(stated).name), but its zero point has elements "
          + "of type \(OnnxElementType(zeroPoint).name)")
    }
    quantize.element = zeroPoint ?? stated ?? .u8
    if node.opset >= 23 {
      quantize.precision = node.optionalElementType("precision", "divides in")
      let possible: [ElementType] = [.f32, .f16, .bf16]
      if let precision = quantize.precision, !possible.contains(precision) {
        node.fault(
          "divides in type \(OnnxElementType(precision).name), which is not supported",
          supported: possible.map { OnnxElementType($0).name }.joined(separator: ", "))
      }
    }
    return .operation(.quantize(quantize), [.given(0), .given(1), .given(2)])
  }

  private static func dequantize(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    let (axis, blockSize) = node.scaleLayout()
    let stated = node.opset >= 23 ? node.optionalElementType("output_dtype", "gives") : nil
    let scale = node.operands.count > 1 ? node.operands[1]?.type.element : nil
    let element = stated ?? scale ?? .f32
    return .operation(
      .dequantize(Dequantize(to: element, axis: axis, blockSize: blockSize)),
      [.given(0), .given(1), .given(2)])
  }
}

extension OperatorImport {
  /// The function that defines DynamicQuantizeLinear: y, scale, zero point.
  private static func dynamic() -> ImportedNode {
    var steps = ImportedSteps()
    let zero = ImportedOperand.made("zero", Tensor(scalar: Float(0)))
    let greatest = ImportedOperand.made("greatest", Tensor(scalar: Float(255)))
    func extreme(_ kind: ReduceKind, _ function: BinaryFunction, _ name: String) -> ImportedOperand
    {
      let reduce = Reduce(kind: kind, keepsDimensions: false)
      let extreme = steps.add(.reduce(reduce), [.given(0)], name: name)
      return steps.add(.binary(function), [extreme, zero], name: "\(name).zero")
    }
    let least = extreme(.min, .min, "least")
    let most = extreme(.max, .max, "most")
    let range = steps.add(.binary(.sub), [most, least], name: "range")
    let scale = steps.add(.binary(.div), [range, greatest], name: "scale")
    let shift = steps.add(.binary(.div), [least, scale], name: "shift")
    let position = steps.add(.binary(.sub), [zero, shift], name: "position")
    let clipped = steps.add(.clip, [position, zero, greatest], name: "clipped")
    let rounded = steps.add(.unary(.round), [clipped], name: "rounded")
    let zeroPoint = steps.add(.cast(to: .u8), [rounded], name: "zero_point")
    let y = steps.add(.quantize(Quantize(to: .u8)), [.given(0), scale, zeroPoint], name: "")
    return .steps(steps, results: [y, scale, zeroPoint])
  }
}

extension NodeImport {
  /// The axis of scales and the size of their blocks.
  fileprivate mutating func scaleLayout() -> (axis: Int, blockSize: Int) {
    let axis = opset >= 13 ? integer("axis", default: 1) : 1
    let blockSize = opset >= 21 ? integer("block_size", default: 0) : 0
    if blockSize < 0 { fault("attribute block_size is \(blockSize), which is negative") }
    return (axis, blockSize)
  }
}
