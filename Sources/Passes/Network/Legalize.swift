import Basics
import IR
import Program
import Reference

extension Graph {
  /// Brings the graph into the form that partitioning and host code know, or says everything that
  /// has none.
  ///
  /// Paddings that depend on the size of the input become explicit. What remains must have fixed
  /// shapes, element types that the host computes with, and constants where code depends on them.
  /// Throws `Diagnostics` naming every node that cannot be compiled, with what would be.
  public func legalized() throws -> Graph {
    let (graph, faults) = legalizedInPart()
    try Diagnostics(faults).mergingNodes().throwIfErrors()
    return graph
  }

  /// The graph as `legalized` brings it into form as far as it can, and everything that has none.
  public func legalizedInPart() -> (graph: Graph, faults: [Diagnostic]) {
    let faults = nodes.flatMap(faults)
    var graph = self
    for index in nodes.indices { graph.nodes[index].op = explicitPadding(of: nodes[index]) }
    return (graph, faults)
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

  /// What is wrong with the types of a node's operands and results.
  private func faultsOfValues(_ node: Node) -> [Diagnostic] {
    let values = node.operands.compactMap { $0 } + node.results
    if let open = values.first(where: { self[$0].type.fixedShape == nil }) {
      return faultsOfOpenShape(of: open, node)
    }
    if let large = values.first(where: { self[$0].type.count ?? .max > Self.largestValue }) {
      return [
        fault(
          node, "\"\(self[large].name)\" is too large: \(self[large].type)",
          supported: "up to \(Self.largestValue) elements")
      ]
    }
    let longest = Descriptor.maximumSteps - 1
    if let long = values.first(where: { self[$0].type.fixedShape?.max() ?? 0 > longest }) {
      return [
        fault(
          node, "\"\(self[long].name)\" is too long: \(self[long].type)",
          supported: "up to \(longest) elements along each dimension")
      ]
    }
    if let wide = values.first(where: { self[$0].type.element == .f64 }) {
      return [
        fault(
          node, "\"\(self[wide].name)\" has elements of type f64",
          supported: "f32, f16, integers and bool: the host computes in single precision",
          help: "export the model in single precision")
      ]
    }
    return []
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
    guard node.op.hasHostCode else {
      return [
        fault(
          node, "has no code for the chip or its host",
          supported: "the operators that 'aimcc operators' does not mark with 'reference'",
          help: "'aimcc run' evaluates the network")
      ]
    }
    switch node.op {
    case .constantOfShape where node.operands[0].flatMap { self[$0].constant } != nil,
      .identityMatrix:
      return [
        fault(
          node, "fills more memory than folding allows",
          supported: "tensors that are computed when compiling, up to 1 GiB")
      ]
    case .quantize(let quantize):
      guard quantize.element.isInteger || quantize.saturates else {
        return [
          fault(
            node, "does not saturate, to elements of type \(quantize.element.rawValue)",
            supported: "saturating conversion")
        ]
      }
    case .cast(let element, let saturates, let rounding):
      guard element.format != nil, element != .bf16 else { break }
      guard saturates, rounding == .up || element != .f8e8m0 else {
        return [
          fault(
            node, "does not saturate, or round up, to elements of type \(element.rawValue)",
            supported: "saturating conversion")
        ]
      }
      guard
        element != .f8e8m0 || node.operands[0].map({ self[$0].type.element.isLongInteger }) != true
      else {
        return [
          fault(
            node, "makes powers of two of long integers",
            supported: "floating-point numbers, and integers of up to 16 bits",
            help: "cast to f32 before")
        ]
      }
    case .fourier where fourierTableCount(of: node) ?? .max > Self.largestFourierTable:
      return [
        fault(
          node, "transforms too many elements",
          supported: "transforms whose matrix has up to \(Self.largestFourierTable) elements",
          help: "split the transform, or leave it out of the network")
      ]
    case .shape: return [fault(node, "is not folded", supported: "a graph after folding")]
    case .recurrent(let recurrent)
    where recurrent.activations.contains { $0.function == .thresholdedRelu }:
      return [
        fault(
          node, "has the activation ThresholdedRelu",
          supported: "Affine, Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, Softplus, "
            + "Softsign, Tanh")
      ]
    case .reduce(let reduce) where reduce.kind.isOfRealNumbers:
      guard let x = node.operands[0], !self[x].type.element.isFloatingPoint else { break }
      return [
        fault(
          node, "computes with elements of type \(self[x].type.element.rawValue)",
          supported: "f32, f16 and bf16: the host has no double precision",
          help: "cast its operand to f32")
      ]
    case .resize(let resize) where resize.mode != .nearest:
      guard let x = node.operands[0], !Self.interpolated.contains(self[x].type.element) else {
        break
      }
      return [
        fault(
          node, "interpolates elements of type \(self[x].type.element.rawValue)",
          supported: "f32, f16, bf16 and integers of 8 and 16 bits; the mode nearest of all",
          help: "cast its operand to f32")
      ]
    case .unary(.shrink(let bias, _)):
      guard let x = node.operands[0], self[x].type.element.isInteger, bias != 0,
        self[x].type.element.byteCount > 2
      else { break }
      return [
        fault(
          node, "has the bias \(bias) for elements of type \(self[x].type.element.rawValue)",
          supported: "a bias of 0, floating-point numbers, and integers of up to 16 bits")
      ]
    case .binary(.pow):
      guard let a = node.operands[0], let b = node.operands[1], self[a].type.element.isInteger,
        self[b].type.element.isFloatingPoint, !hasSmallWholeNumbers(b)
      else { break }
      return [
        fault(
          node, "raises integers to powers of type \(self[b].type.element.rawValue)",
          supported: "integer powers, and constant whole ones from 0 to 63",
          help: "cast the base to f32, or the power to i64")
      ]
    case .conv:
      guard let result = node.results.first, !self[result].type.element.isFloatingPoint else {
        break
      }
      return [
        fault(
          node, "multiplies elements of type \(self[result].type.element.rawValue)",
          supported: "convolutions of f32, f16 and integers of 8 bits")
      ]
    case .gemm(let gemm) where !gemm.factorsAre(self[node.results[0]].type.element):
      return [
        fault(
          node,
          "has the factors \(gemm.alpha) and \(gemm.beta) for elements of type "
            + self[node.results[0]].type.element.rawValue,
          supported: "factors that the type has")
      ]
    default: break
    }
    let names = node.op.signature.operands
    let found = node.op.constantOperands.compactMap { index -> Diagnostic? in
      guard index < node.operands.count, let operand = node.operands[index],
        self[operand].constant == nil
      else { return nil }
      return fault(
        node, "operand \(names[index].name), \"\(self[operand].name)\", is computed at run time",
        supported: "a constant", help: "make it an initializer, or fix the shapes it depends on")
    }
    let isDouble = node.operands.contains { $0.map { self[$0].type.element == .f64 } ?? false }
    guard case .batchNormalization = node.op, !isDouble else { return found }
    return [fault(node, "is not rewritten", supported: "a graph after fusing")]
  }

  /// The element types between whose numbers host code resizes.
  private static let interpolated: [ElementType] = [.f32, .f16, .bf16, .i8, .u8, .i16, .u16]

  /// Whether a value is a constant of whole numbers from 0 to 63.
  private func hasSmallWholeNumbers(_ value: ValueID) -> Bool {
    guard let tensor = tensor(of: value) else { return false }
    let cast = Node(name: "", op: .cast(to: .f32), operands: [value], results: [])
    let numbers = try? evaluate(cast, operands: [tensor]).first?.elements(of: Float.self)
    return numbers?.allSatisfy { 0...63 ~= $0 && $0 == $0.rounded() } ?? false
  }

  /// The most elements of the matrix of a Fourier transform.
  private static let largestFourierTable = 1 << 24

  /// The number of elements of the matrix by which host code transforms.
  private func fourierTableCount(of node: Node) -> Int? {
    let given = node.operands.count > 2 ? node.operands[2].flatMap(tensor) : nil
    guard let x = node.operands[0].flatMap({ self[$0].type.fixedShape }),
      let y = self[node.results[0]].type.fixedShape, x.count == y.count, let parts = x.last,
      let results = y.last
    else { return nil }
    var axis = -2
    if let given, given.type == .i64, let first = given.elements(of: Int64.self).first {
      axis = Int(first)
    }
    let place = axis < 0 ? axis + x.count : axis
    guard x.indices.contains(place) else { return nil }
    return elementCount([x[place], parts, y[place], results])
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

extension Gemm {
  /// Whether alpha and beta are numbers of an element type.
  fileprivate func factorsAre(_ element: ElementType) -> Bool {
    guard let range = element.integerRange else { return true }
    return [alpha, beta].allSatisfy { factor in
      Int64(exactly: factor).map { $0 >= 0 || range.lowerBound < 0 } ?? false
    }
  }
}

extension ElementType {
  /// Whether the type is an integer of which f32 has not all numbers.
  fileprivate var isLongInteger: Bool { isInteger && byteCount > 2 }
}

extension ReduceKind {
  /// Whether results have fractions, also of integers.
  fileprivate var isOfRealNumbers: Bool {
    switch self {
    case .l2, .logSum, .logSumExp: true
    case .sum, .mean, .max, .min, .product, .l1, .sumSquare: false
    }
  }
}
