import Basics
import IR

extension OperatorImport {
  /// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
  static let quantization = [
    OperatorImport("QuantizeLinear", since: 10) { node in
      let opset = node.opset
      return quantize(&node, opset: opset)
    },
    OperatorImport("DequantizeLinear", since: 10) { node in
      let opset = node.opset
      return dequantize(&node, opset: opset)
    },
    OperatorImport("DynamicQuantizeLinear", since: 11) { node in
      node.expectOperands(1...1)
      return dynamic()
    },
  ]

  /// As of ONNX's operator set `opset`.
  static func quantize(_ node: inout NodeImport, opset: Int) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    var quantize = Quantize(to: .u8)
    (quantize.axis, quantize.blockSize) = node.scaleLayout(opset)
    if opset >= 19 { quantize.saturates = node.flag("saturate", default: true) }
    let zeroPoint = node.operands[2]?.type.element
    let stated = opset >= 21 ? node.optionalElementType("output_dtype", "gives") : nil
    if let zeroPoint, let stated, zeroPoint != stated {
      node.operandFault(
        "attribute output_dtype is \(OnnxElementType(stated).name), but its zero point has elements "
          + "of type \(OnnxElementType(zeroPoint).name)")
    }
    quantize.element = zeroPoint ?? stated ?? .u8
    if opset >= 23 {
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

  /// As of ONNX's operator set `opset`.
  static func dequantize(_ node: inout NodeImport, opset: Int) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    let (axis, blockSize) = node.scaleLayout(opset)
    let stated = opset >= 23 ? node.optionalElementType("output_dtype", "gives") : nil
    let scale = node.operands[1]?.type.element
    let element = stated ?? scale ?? .f32
    return .operation(
      .dequantize(Dequantize(to: element, axis: axis, blockSize: blockSize)),
      [.given(0), .given(1), .given(2)])
  }
}

extension OperatorImport {
  private static func dynamic() -> ImportedNode {
    var steps = ImportedSteps()
    let (y, scale, zeroPoint) = steps.dynamicallyQuantized(.given(0), name: "")
    return .steps(steps, results: [y, scale, zeroPoint])
  }
}

extension ImportedSteps {
  /// The function that defines DynamicQuantizeLinear; `name` is that of its last step.
  mutating func dynamicallyQuantized(
    _ x: ImportedOperand, name: String
  ) -> (y: ImportedOperand, scale: ImportedOperand, zeroPoint: ImportedOperand) {
    let zero = ImportedOperand.made("zero", Tensor(scalar: Float(0)))
    let greatest = ImportedOperand.made("greatest", Tensor(scalar: Float(255)))
    func extreme(
      _ kind: ReduceKind, _ function: BinaryFunction, _ name: String, _ steps: inout ImportedSteps
    ) -> ImportedOperand {
      let reduce = Reduce(kind: kind, keepsDimensions: false)
      let extreme = steps.add(.reduce(reduce), [x], name: name)
      return steps.add(.binary(function), [extreme, zero], name: "\(name).zero")
    }
    let least = extreme(.min, .min, "least", &self)
    let most = extreme(.max, .max, "most", &self)
    let range = add(.binary(.sub), [most, least], name: "range")
    let scale = add(.binary(.div), [range, greatest], name: "scale")
    let shift = add(.binary(.div), [least, scale], name: "shift")
    let position = add(.binary(.sub), [zero, shift], name: "position")
    let clipped = add(.clip, [position, zero, greatest], name: "clipped")
    let rounded = add(.unary(.round), [clipped], name: "rounded")
    let zeroPoint = add(.cast(to: .u8), [rounded], name: "zero_point")
    let y = add(.quantize(Quantize(to: .u8)), [x, scale, zeroPoint], name: name)
    return (y, scale, zeroPoint)
  }
}

extension NodeImport {
  /// The axis of scales and the size of their blocks.
  fileprivate mutating func scaleLayout(_ opset: Int) -> (axis: Int, blockSize: Int) {
    let axis = opset >= 13 ? integer("axis", default: 1) : 1
    let blockSize = opset >= 21 ? integer("block_size", default: 0) : 0
    if blockSize < 0 { fault("attribute block_size is \(blockSize), which is negative") }
    return (axis, blockSize)
  }
}
