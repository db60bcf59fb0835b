import IR

extension OperatorImport {
  /// Gemm and MatMul.
  static let matrixProducts = [
    OperatorImport("Gemm") { node in
      node.expectOperands(node.opset >= 11 ? 2...3 : 3...3)
      node.expectOneResult()
      // The addend is broadcast in any case.
      if node.opset < 7 { node.ignore("broadcast") }
      return .operation(.gemm(node.gemm()), [.given(0), .given(1), .given(2)])
    },
    OperatorImport("MatMul") { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      return .operation(.matMul(MatMul()), [.given(0), .given(1), .none])
    },
  ]
}

extension NodeImport {
  /// The parameters of a Gemm.
  mutating func gemm() -> Gemm {
    Gemm(
      alpha: float("alpha", default: 1), beta: float("beta", default: 1),
      transposeA: integer("transA", default: 0) != 0,
      transposeB: integer("transB", default: 0) != 0)
  }
}
