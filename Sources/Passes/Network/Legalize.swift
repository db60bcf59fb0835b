import Basics
import IR
import Program
import Reference

/// A graph in the form that partitioning and host code know, as far as it has one.
public struct LegalForm: Sendable {
  /// The graph.
  public var graph: Graph
  /// The dimensions of each output that have room for more than may be found.
  public var paddedAxes: [[Int]]
  /// Everything that has no such form.
  public var faults: [Diagnostic]
}

extension Graph {
  /// Brings the graph into the form that partitioning and host code know, or says everything that
  /// has none.
  ///
  /// Paddings that depend on the size of the input become explicit, and results have room for all
  /// that may be found. What remains must have fixed shapes, element types that the host computes
  /// with, and constants where code depends on them.
  /// Throws `Diagnostics` naming every node that cannot be compiled, with what would be.
  public func legalized() throws -> Graph { try legalForm().graph }

  /// The same, with what is known of it; throws as `legalized`.
  public func legalForm() throws -> LegalForm {
    let form = legalFormInPart()
    try Diagnostics(form.faults).mergingNodes().throwIfErrors()
    return form
  }

  /// The form as far as there is one.
  public func legalFormInPart() -> LegalForm {
    let bounded = bounded()
    var graph = bounded.graph
    let faults =
      graph.faultsOfPorts()
      + graph.nodes.flatMap { node in
        bounded.faults[node.name].map { [$0] } ?? graph.faults(of: node)
      }
    for index in graph.nodes.indices {
      graph.nodes[index].op = graph.explicitPadding(of: graph.nodes[index])
    }
    return LegalForm(graph: graph, paddedAxes: bounded.paddedAxes, faults: faults)
  }

  /// Everything for which a sound graph is not one that `legalized` gives.
  func verifyLegal() -> [Diagnostic] {
    nodes.flatMap { node in
      let found = faults(of: node)
      guard found.isEmpty, explicitPadding(of: node) != node.op else { return found }
      return [fault(node, "has a padding that is not explicit", supported: "a legalized graph")]
    }
  }

  private func faults(of node: Node) -> [Diagnostic] {
    if case .control(let control) = node.op { return [controlFault(control, node)] }
    return faultsOfValues(node) + faultsOfOperands(node)
  }

  /// The most elements of a value, so that what is counted in a layer fits.
  private static let largestValue = Int(Int32.max)

  /// Whether a value, if its shape is known, has so many elements that what is counted of its node might not fit.
  public func isTooLarge(_ value: ValueID) -> Bool {
    self[value].type.fixedShape != nil && self[value].type.count ?? .max > Self.largestValue
  }

  /// What is wrong with the types of a node's operands and results.
  private func faultsOfValues(_ node: Node) -> [Diagnostic] {
    let values = node.operands.compactMap { $0 } + node.results
    if let open = values.first(where: { self[$0].type.fixedShape == nil }) {
      return faultsOfOpenShape(of: open, node)
    }
    return faultOfValues(values).map { found in
      var found = found
      (found.node, found.op) = (node.name, node.op.onnxName)
      return [found]
    } ?? []
  }

  /// What is wrong with the types of inputs and outputs that no node reads or writes, as constants are.
  private func faultsOfPorts() -> [Diagnostic] {
    let known = Set(nodes.flatMap { $0.operands.compactMap { $0 } + $0.results })
    return (inputs + outputs).filter { !known.contains($0) }.compactMap { faultOfValues([$0]) }
  }

  /// What is wrong with the type of one of some values, all of known shapes.
  private func faultOfValues(_ values: [ValueID]) -> Diagnostic? {
    if let large = values.first(where: isTooLarge) {
      return Diagnostic(
        .error, "\"\(self[large].name)\" is too large: \(self[large].type)",
        supported: "up to \(Self.largestValue) elements")
    }
    let longest = Descriptor.maximumSteps - 1
    if let long = values.first(where: { self[$0].type.fixedShape?.max() ?? 0 > longest }) {
      return Diagnostic(
        .error, "\"\(self[long].name)\" is too long: \(self[long].type)",
        supported: "up to \(longest) elements along each dimension")
    }
    if let wide = values.first(where: { self[$0].type.element == .f64 }) {
      return Diagnostic(
        .error, "\"\(self[wide].name)\" has elements of type f64",
        supported: "f32, f16, integers and bool: the host computes in single precision",
        help: "export the model in single precision")
    }
    return nil
  }

  /// What is wrong with a value of `node` whose shape is not known.
  ///
  /// It is said of the nodes that read an input of unknown shape, and of those that make of known
  /// shapes one that depends on elements; not of what follows from these.
  private func faultsOfOpenShape(of value: ValueID, _ node: Node) -> [Diagnostic] {
    let known = "shapes that follow from those of the inputs"
    let name = self[value].name
    if inputs.contains(where: { self[$0].type.shape == nil && node.operands.contains($0) }) {
      return [
        fault(
          node, "the shape of \"\(name)\" is not known when compiling", supported: known,
          help: "give it with --input-shape \(name)=SIZExSIZE…")
      ]
    }
    let free = Set(
      inputs.flatMap { self[$0].type.shape ?? [] }.filter { $0.value == nil })
    let symbols = (self[value].type.shape ?? []).compactMap { dimension in
      if case .symbol(let name) = dimension, free.contains(dimension) { name } else { nil }
    }
    if !symbols.isEmpty {
      return [
        fault(
          node, "the shape of \"\(name)\" is not known when compiling", supported: known,
          help: "give " + symbols.map { "--dim \($0)=SIZE" }.joined(separator: " "))
      ]
    }
    guard node.results.contains(value) else { return [] }
    return [
      fault(
        node, "the shape of \"\(name)\" depends on elements that are computed at run time",
        supported: known, help: "make a constant of what it depends on")
    ]
  }

  /// What is wrong with operands that have to be constant, or with the operator itself.
  private func faultsOfOperands(_ node: Node) -> [Diagnostic] {
    let variable = faultsOfVariables(node)
    guard node.op.hasHostCode else {
      if !variable.isEmpty { return variable }
      return [
        faultOfForm(node)
          ?? fault(
            node, "has no code for the chip or its host",
            supported: "the operators that 'aimcc operators' does not mark with 'reference'",
            help: "'aimcc run' evaluates the network")
      ]
    }
    let found = faultOfConversion(node) ?? faultOfArithmetic(node) ?? faultOfForm(node)
    if let found { return [found] }
    let isDouble = node.operands.contains { $0.map { self[$0].type.element == .f64 } ?? false }
    guard case .batchNormalization = node.op, !isDouble else { return variable }
    return [fault(node, "is not rewritten", supported: "a graph after fusing")]
  }

  /// The operands of `node` that have to be constant, but are computed.
  private func faultsOfVariables(_ node: Node) -> [Diagnostic] {
    let names = node.op.signature.operands
    return node.op.constantOperands.compactMap { index in
      guard index < node.operands.count, let operand = node.operands[index],
        self[operand].constant == nil
      else { return nil }
      return fault(
        node, "operand \(names[index].name), \"\(self[operand].name)\", is computed at run time",
        supported: "a constant", help: "make it an initializer, or fix the shapes it depends on")
    }
  }

  func fault(
    _ node: Node, _ message: String, supported: String, help: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      node: node.name, op: node.op.onnxName, message, supported: supported, help: help)
  }

  /// The operator of `node` with its padding in numbers.
  func explicitPadding(of node: Node) -> Op {
    guard let shape = node.operands.first.flatMap({ $0 }).flatMap({ self[$0].type.fixedShape })
    else { return node.op }
    switch node.op {
    case .conv(var convolution):
      convolution.window.padding = explicitPadding(of: convolution.window, shape, ceil: false)
      return .conv(convolution)
    case .pool(var pool):
      pool.window.padding = explicitPadding(of: pool.window, shape, ceil: pool.ceil)
      return .pool(pool)
    default: return node.op
    }
  }

  private func explicitPadding(of window: Window, _ shape: [Int], ceil: Bool) -> Window.Padding {
    let resolved = window.kernel.indices.compactMap {
      try? window.resolved(dimension: $0, size: shape[$0 + 2], ceil: ceil)
    }
    precondition(resolved.count == window.kernel.count, "inference has resolved the same windows")
    return .explicit(begin: resolved.map(\.begin), end: resolved.map(\.end))
  }
}
