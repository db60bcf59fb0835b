import Basics
import IR

/// Operators of ONNX Runtime's own domain that are much like ONNX's.
extension OperatorImport {
  /// QuantizeLinear and DequantizeLinear: those of ONNX's operator set 13, in types that it had not yet.
  static let contributedQuantization = [
    OperatorImport("QuantizeLinear") { quantize(&$0, opset: 13) },
    OperatorImport("DequantizeLinear") { dequantize(&$0, opset: 13) },
  ]

  /// Gelu, BiasGelu, FastGelu and QuickGelu.
  static let contributedActivations = [
    plain("Gelu", .gelu(tanh: false)),
    OperatorImport("BiasGelu") { biased(&$0, .gelu(tanh: false), operands: 2...2) },
    OperatorImport("FastGelu") { biased(&$0, .gelu(tanh: true), operands: 1...2) },
    OperatorImport("QuickGelu") { node in
      unary(&node, .swish(alpha: node.float("alpha", default: 1.702)))
    },
  ]

  /// A function of operand 0 plus operand 1, where that is given.
  private static func biased(
    _ node: inout NodeImport, _ function: UnaryFunction, operands: ClosedRange<Int>
  ) -> ImportedNode {
    node.expectOperands(operands)
    node.expectOneResult()
    var steps = ImportedSteps()
    let x = node.isGiven(1) ? steps.binary(.add, .given(0), .given(1)) : .given(0)
    return steps.ending(in: steps.unary(function, x, name: ""))
  }

  /// FusedConv, FusedGemm and FusedMatMul.
  static let fusedProducts = [
    OperatorImport("FusedConv") { convolution(&$0) },
    OperatorImport("FusedGemm") { gemm(&$0) },
    OperatorImport("FusedMatMul") { matMul(&$0) },
  ]

  /// Operands are x, weights, [bias], [addend of the results]; an activation is the last step.
  private static func convolution(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...4)
    node.expectOneResult()
    let convolution = node.convolution(weights: 1)
    let parameters = node.floats("activation_params") ?? []
    let activation = node.activation { parameters.indices.contains($0) ? parameters[$0] : nil }
    var steps = ImportedSteps()
    var result = steps.add(
      .conv(convolution), [.given(0), .given(1), .given(2)],
      name: node.isGiven(3) || activation != nil ? "product" : "")
    if node.isGiven(3) {
      result = steps.binary(.add, result, .given(3), name: activation == nil ? "" : nil)
    }
    return steps.activated(result, activation, of: &node)
  }

  private static func gemm(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    let gemm = node.gemm()
    let parameters = ["alpha", "beta", "gamma"].map { node.float("activation_\($0)") }
    let activation = node.activation { parameters[$0] }
    var steps = ImportedSteps()
    let product = steps.add(
      .gemm(gemm), [.given(0), .given(1), .given(2)], name: activation == nil ? "" : "product")
    return steps.activated(product, activation, of: &node)
  }

  /// A product of matrices whose dimensions may lie in other orders.
  private static func matMul(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let (own, _) = node.precision()
    let alpha = node.float("alpha", default: 1)
    var steps = ImportedSteps()
    let factors = ["A", "B"].enumerated().map { index, name -> ImportedOperand in
      let isTurned = node.integer("trans\(name)", default: 0) != 0
      let isBatchTurned = node.integer("transBatch\(name)", default: 0) != 0
      guard isTurned || isBatchTurned else { return .given(index) }
      let rank = node.rank(of: index, in: 1...64)
      guard rank > 1 else { return .given(index) }
      var order = Array(0..<rank)
      if isBatchTurned { order.insert(order.removeFirst(), at: rank - 2) }
      if isTurned { order.swapAt(rank - 2, rank - 1) }
      return steps.transpose(.given(index), order)
    }
    let product = steps.matMul(factors[0], factors[1], name: alpha == 1 ? "" : "product")
    guard alpha != 1, let factor = ImportedOperand.number("alpha", alpha, own) else {
      return .steps(steps, results: [product])
    }
    return steps.ending(in: steps.binary(.mul, product, factor, name: ""))
  }
}

/// A function that ONNX Runtime's optimizer has put behind a product.
enum FusedActivation {
  case function(UnaryFunction)
  case clip(Float, Float)
}

extension NodeImport {
  /// The function that attribute `activation` names, whose parameters are alpha, beta, gamma, as far
  /// as they are given; `nil` where there is none.
  fileprivate mutating func activation(_ parameter: (Int) -> Float?) -> FusedActivation? {
    guard has("activation"), let name = text("activation"), !name.isEmpty else { return nil }
    func number(_ index: Int, _ value: Float) -> Float { parameter(index) ?? value }
    switch name {
    case "Relu": return .function(.relu)
    case "Sigmoid": return .function(.sigmoid)
    case "Tanh": return .function(.tanh)
    case "Softplus": return .function(.softplus)
    case "Softsign": return .function(.softsign)
    case "LeakyRelu": return .function(.leakyRelu(alpha: number(0, 0.01)))
    case "Elu": return .function(.elu(alpha: number(0, 1)))
    case "ThresholdedRelu": return .function(.thresholdedRelu(alpha: number(0, 1)))
    case "HardSigmoid":
      return .function(.hardSigmoid(alpha: number(0, 0.2), beta: number(1, 0.5)))
    case "Selu":
      return .function(.selu(alpha: number(0, 1.673_263_2), gamma: number(2, 1.050_701)))
    case "Clip":
      return .clip(
        number(0, -.greatestFiniteMagnitude), number(1, .greatestFiniteMagnitude))
    default:
      fault(
        "attribute activation is \"\(name)\", which is not supported",
        supported: "Relu, LeakyRelu, Sigmoid, Tanh, Clip, HardSigmoid, Elu, Selu, Softplus, "
          + "Softsign, ThresholdedRelu")
      return nil
    }
  }
}

extension ImportedSteps {
  /// The last step, an activation of the products; they themselves where there is none.
  fileprivate mutating func activated(
    _ x: ImportedOperand, _ activation: FusedActivation?, of node: inout NodeImport
  ) -> ImportedNode {
    switch activation {
    case nil: return .steps(self, results: [x])
    case .function(let function):
      return ending(in: unary(function, x, name: ""))
    case .clip(let minimum, let maximum):
      let bounds = [node.scalar("min", minimum), node.scalar("max", maximum)]
      return ending(in: add(.clip, [x] + bounds, name: ""))
    }
  }
}
