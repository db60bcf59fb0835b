import IR

extension Graph {
  /// The arithmetic of a node in host code: its multiply-accumulates, or its elements.
  func hostOperations(of node: Node) -> Int {
    let elements = node.results.reduce(0) { $0 + (self[$1].type.count ?? 0) }
    switch node.op {
    case .conv:
      guard let weights = node.operands[1].flatMap({ self[$0].type.fixedShape }) else { return 0 }
      return elements * weights.dropFirst().reduce(1, *)
    case .gemm, .matMul:
      guard let a = node.operands[0].flatMap({ self[$0].type.fixedShape }) else { return 0 }
      var inner = a.last ?? 1
      if case .gemm(let gemm) = node.op, gemm.transposeA { inner = a[0] }
      return elements * inner
    case .pool(let pool): return elements * pool.window.kernel.reduce(1, *)
    case .einsum(let equation): return einsumOperations(of: node, equation)
    case .globalPool, .reduce:
      return node.operands[0].flatMap { self[$0].type.count } ?? 0
    case .recurrent:
      guard
        let shapes = [0, 1, 2].map({ node.operands[$0].flatMap({ self[$0].type.fixedShape }) })
          as? [[Int]]
      else { return 0 }
      return shapes[0][0] * shapes[0][1] * shapes[1][1] * (shapes[1][2] + shapes[2][2])
    case .reshape, .flatten, .squeeze, .unsqueeze: return 0
    default: return elements
    }
  }
}
