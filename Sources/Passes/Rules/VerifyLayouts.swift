import Basics
import IR

extension ProductLayouts {
  /// Everything for which products of `graph`, a sound one, cannot be laid out like this.
  public func verify(of graph: Graph) -> [Diagnostic] {
    let products = Products(of: graph)
    return inOrder.compactMap { id, layout in
      let node = graph[id]
      func fault(_ message: String) -> Diagnostic {
        Diagnostic(node: node.name, op: node.op.onnxName, message)
      }
      guard let product = products[id], product.gates == nil, product.macs > 0 else {
        return fault("is not a Conv, Gemm or MatMul with constant weights")
      }
      guard layout.positions.isEmpty || product.canCompute(positions: layout.positions) else {
        return fault(
          "computes positions \(layout.positions) together, which do not make up its result")
      }
      let columns = product.columns * layout.positions.reduce(1, *)
      guard 0...columns / 2 ~= layout.residualColumns else {
        return fault(
          "keeps \(layout.residualColumns) of its \(columns) columns for what is wrong in others")
      }
      return nil
    }
  }
}
