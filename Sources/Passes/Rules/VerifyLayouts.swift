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
      if !layout.positions.isEmpty && product.ranges.differByRow {
        return fault(
          "computes positions \(layout.positions) together, and its rows have different ranges")
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
      if let column = product.filledColumn(of: layout, columns: columns, in: graph) {
        return fault("has weights other than 0 in column \(column), which it keeps for errors")
      }
      return nil
    }
  }
}

extension Product {
  /// The first of the columns that `layout` keeps for errors in which a weight is not 0; `nil` if there is none,
  /// or if only a checksum of the weights is known.
  fileprivate func filledColumn(
    of layout: ProductLayout, columns: Int, in graph: Graph
  ) -> Int? {
    guard layout.residualColumns > 0, let weights = graph.tensor(of: weights) else { return nil }
    var product = self
    product.lay(out: layout)
    let singles = Singles(weights)
    return (columns - layout.residualColumns..<columns).first { column in
      product.block(rows: 0..<product.rows, columns: column..<column + 1, of: singles)
        .contains { $0 != 0 }
    }
  }
}
