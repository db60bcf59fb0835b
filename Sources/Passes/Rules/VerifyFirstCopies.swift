import Basics
import IR

extension StageDump {
  /// Everything for which `firstCopies` cannot be the graph, a sound and legal one, with the first copy alone of
  /// every product.
  func verifyFirstCopies() -> [Diagnostic] {
    guard let first = firstCopies else { return [] }
    func fault(_ message: String, _ node: Node? = nil) -> Diagnostic {
      Diagnostic(node: node?.name, op: node?.op.onnxName, "the first copies: \(message)")
    }
    let found = first.verify()
    guard found.isEmpty else { return found.map { fault($0.message) } }
    let illegal = first.verifyLegal()
    guard illegal.isEmpty else { return illegal.map { fault($0.message) } }
    guard first.nodes.map(\.name) == graph.nodes.map(\.name),
      first.inputs.map({ first[$0].type }) == graph.inputs.map({ graph[$0].type })
    else { return [fault("have other nodes or inputs than the graph")] }
    let (one, all) = (Products(of: first), Products(of: graph))
    return graph.nodes.indices.compactMap { index in
      let id = NodeID(index)
      guard one[id] != nil || all[id] != nil else { return nil }
      guard let one = one[id], let all = all[id], one.vectors == all.vectors,
        one.gates == nil ? all.gates == nil : all.gates != nil && one.rows == all.rows,
        all.isMultiple(of: one)
      else { return fault("differ from the products of the graph", graph.nodes[index]) }
      guard layouts[id].positions.isEmpty else {
        return fault("have no positions side by side", graph.nodes[index])
      }
      return nil
    }
  }
}

extension Product {
  /// Whether its matrix can be that of `one` several times.
  fileprivate func isMultiple(of one: Product) -> Bool {
    one.rows == 0 || one.columns == 0
      ? rows == one.rows && columns == one.columns
      : rows.isMultiple(of: one.rows) && columns.isMultiple(of: one.columns)
  }
}
