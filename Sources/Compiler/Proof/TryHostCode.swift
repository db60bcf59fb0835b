import Basics
import Checker
import IR
import Program
import Reference
import Simulator

extension ValidProgram {
  /// What of the program is not proved to compute `graph`, whose products are laid out as `layouts` say, and
  /// where all is, what departs when it is tried.
  public func faults(
    computing graph: Graph, layouts: ProductLayouts, limits: Limits = .none
  ) -> [Diagnostic] {
    let faults = check(self, against: graph, layouts: layouts, memory: limits.memory)
    return faults.isEmpty ? faultsOfHostCode(computing: graph, limits: limits) : faults
  }

  /// The most elements that all probes together read; nodes that take more than is left are not tried.
  private static let probeLimit = 1 << 21

  /// What the host code of the program computes otherwise than the nodes of `graph`: the checker does not
  /// follow it, so each node's code runs on probes, in `ideal`, and its results are those of the
  /// reference within what `Agreement` says. Nodes that are alike are tried once.
  ///
  /// Code that takes more than `limits` allow is a fault.
  func faultsOfHostCode(computing graph: Graph, limits: Limits = .none) -> [Diagnostic] {
    var faults: [Diagnostic] = []
    var tried: Set<NodeForm> = []
    var left = Self.probeLimit
    for code in hostCode(of: self, computing: graph) {
      let probe = ProbeOperands(node: code.node, graph: graph)
      let cost = code.steps.saturatingProduct(probe.kinds.count)
      guard cost <= left, tried.insert(NodeForm(code.node, graph)).inserted else { continue }
      left -= cost
      let simulation = Result {
        try Simulation(ValidProgram(code.program), fidelity: .ideal, limits: limits)
      }
      for kind in probe.kinds {
        guard let found = code.departure(probe, kind, simulation) else { continue }
        faults.append(
          Diagnostic(
            node: code.node.name, op: code.node.op.onnxName,
            "its host code departs from the operator: \(found)"))
        break
      }
    }
    return faults
  }
}

/// What the code of a node follows from.
private struct NodeForm: Hashable {
  let op: Op
  let types: [ValueType?]
  let constants: [ValueID?]

  init(_ node: Node, _ graph: Graph) {
    op = node.op
    types = node.operands.map { $0.map { graph[$0].type } } + node.results.map { graph[$0].type }
    constants = node.operands.map { $0.flatMap { graph[$0].constant == nil ? nil : $0 } }
  }
}

extension HostCode {
  /// Where results of the code are not those of the node; `nil` also where the node cannot be evaluated
  /// with these operands.
  fileprivate func departure(
    _ probe: ProbeOperands, _ kind: ProbeOperands.Kind, _ simulation: Result<Simulation, any Error>
  ) -> String? {
    let tensors = node.operands.indices.map { index in
      // A value that is read twice is one.
      probe.tensor(node.operands.firstIndex(of: node.operands[index]) ?? index, kind)
    }
    for (tensor, operand) in zip(tensors, node.operands) where tensor == nil && operand != nil {
      return nil
    }
    guard let expected = try? evaluate(node, operands: tensors) else { return nil }
    do {
      var options = Simulation.Options()
      options.threads = 1
      let outputs = try simulation.get()
        .run(operands.map { tensors[$0]! }, options: options).outputs
      var results: [Tensor?] = expected.map { _ in nil }
      for (index, output) in zip(self.results, outputs) { results[index] = output }
      return try Reference.departure(of: results, from: node, operands: tensors)
    } catch {
      return "\(error)"
    }
  }
}
