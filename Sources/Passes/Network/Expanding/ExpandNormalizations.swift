import Basics
import IR

extension Graph {
  /// Rewrites the batch normalizations that no product absorbed as elementwise arithmetic in single
  /// precision, a channel at a time: factor · x + addend where the statistics are constants, else
  /// (x − mean) · (scale / √(variance + epsilon)) + bias.
  ///
  /// Elements of half precision are widened before and rounded once after.
  func withExpandedNormalizations() -> Graph {
    guard nodes.contains(where: { $0.op.isBatchNormalization }) else { return self }
    var expansion = NodeExpansion(self)
    for node in nodes where !expansion.expandNormalization(node) { expansion.append(node) }
    return expansion.finished
  }

  /// The factor and addend a channel of a batch normalization whose parameters are constants of f32,
  /// f16 or bf16.
  func channelAffine(
    of node: Node, epsilon: Float
  ) -> (factor: [Float], addend: [Float])? {
    let parameters = node.operands.dropFirst().compactMap { operand -> [Float]? in
      guard let operand, self[operand].type.element.isAtMostSingle else { return nil }
      return tensor(of: operand)?.floats()
    }
    guard parameters.count == 4 else { return nil }
    let (scale, bias, mean, variance) = (
      parameters[0], parameters[1], parameters[2], parameters[3]
    )
    let factor = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
    let addend = bias.indices.map { bias[$0] - mean[$0] * factor[$0] }
    return (factor, addend)
  }
}

extension NodeExpansion {
  /// Whether `node` is a batch normalization, and was written as arithmetic.
  fileprivate mutating func expandNormalization(_ node: Node) -> Bool {
    guard case .batchNormalization(let epsilon) = node.op, isExpandable(node) else { return false }
    let type = graph[node.results[0]].type
    let isWide = type.element == .f32
    let x = wide(node.operands[0]!, node, "x")
    let target = isWide ? node.results[0] : value("wide", ValueType(.f32, type.shape), node)
    if let (factor, addend) = graph.channelAffine(of: node, epsilon: epsilon) {
      appendAffine(x, factor, addend, to: target, node)
    } else {
      appendArithmetic(x, epsilon, to: target, node)
    }
    if !isWide {
      append(.cast(to: type.element), [target], to: node.results[0], node, role: "cast")
    }
    return true
  }

  /// Whether all operands are floating-point numbers of at most single precision and x has a known
  /// number of dimensions.
  private func isExpandable(_ node: Node) -> Bool {
    let operands = node.operands.compactMap { $0 }
    return operands.count == 5 && graph[operands[0]].type.shape != nil
      && operands.allSatisfy { graph[$0].type.element.isAtMostSingle }
  }

  private mutating func appendAffine(
    _ x: ValueID, _ factor: [Float], _ addend: [Float], to target: ValueID, _ node: Node
  ) {
    let scale = constant(factor, node, "scale", x)
    let shift = constant(addend, node, "shift", x)
    let product = step(.binary(.mul), [x, scale], graph[target].type.shape, node, "scaled")
    append(.binary(.add), [product, shift], to: target, node)
  }

  private mutating func appendArithmetic(
    _ x: ValueID, _ epsilon: Float, to target: ValueID, _ node: Node
  ) {
    let shape = graph[target].type.shape
    let scale = parameter(1, of: node, "scale", x)
    let bias = parameter(2, of: node, "bias", x)
    let mean = parameter(3, of: node, "mean", x)
    let factor = factor(scale, epsilon, node, x)
    let distance = step(.binary(.sub), [x, mean], shape, node, "distance")
    let scaled = step(.binary(.mul), [distance, factor], shape, node, "scaled")
    append(.binary(.add), [scaled, bias], to: target, node)
  }

  /// scale / √(variance + epsilon), of which what is constant is computed here.
  private mutating func factor(
    _ scale: ValueID, _ epsilon: Float, _ node: Node, _ x: ValueID
  ) -> ValueID {
    let columns = graph[scale].type.shape
    let deviation: ValueID
    if let variance = floats(node.operands[4]!) {
      let roots = variance.map { ($0 + epsilon).squareRoot() }
      if let scale = floats(node.operands[1]!) {
        return constant(zip(scale, roots).map { $0 / $1 }, node, "factor", x)
      }
      deviation = constant(roots, node, "deviation", x)
    } else {
      let variance = parameter(4, of: node, "variance", x)
      let least = constant("epsilon", Tensor(scalar: epsilon), node)
      let lifted = step(.binary(.add), [variance, least], columns, node, "lifted")
      deviation = step(.unary(.sqrt), [lifted], columns, node, "deviation")
    }
    return step(.binary(.div), [scale, deviation], columns, node, "factor")
  }

  /// A parameter in single precision, with a dimension of size 1 for each of x behind the channels.
  private mutating func parameter(
    _ index: Int, of node: Node, _ role: String, _ x: ValueID
  ) -> ValueID {
    let given = node.operands[index]!
    if let elements = floats(given) { return constant(elements, node, role, x) }
    let parameter = wide(given, node, role)
    let trail = trail(of: x)
    guard trail > 0 else { return parameter }
    let axes = constant(
      "\(role)·axes", Tensor((1...trail).map { Int64($0) }, shape: [trail]), node)
    let shape = graph[parameter].type.shape.map {
      $0 + [Dimension](repeating: .fixed(1), count: trail)
    }
    return step(.unsqueeze, [parameter, axes], shape, node, role)
  }

  private mutating func constant(
    _ elements: [Float], _ node: Node, _ role: String, _ x: ValueID
  ) -> ValueID {
    let shape = [elements.count] + [Int](repeating: 1, count: trail(of: x))
    return constant(role, Tensor(elements, shape: shape), node)
  }

  private func floats(_ id: ValueID) -> [Float]? {
    graph[id].constant == nil ? nil : graph.tensor(of: id)?.floats()
  }

  /// The number of dimensions of `x` behind the channels.
  private func trail(of x: ValueID) -> Int { max((graph[x].type.shape?.count ?? 0) - 2, 0) }

  /// `id` in single precision.
  private mutating func wide(_ id: ValueID, _ node: Node, _ role: String) -> ValueID {
    let type = graph[id].type
    guard type.element != .f32 else { return id }
    return step(.cast(to: .f32), [id], type.shape, node, role + "·wide")
  }

  private mutating func step(
    _ op: Op, _ operands: [ValueID], _ shape: [Dimension]?, _ node: Node, _ role: String
  ) -> ValueID {
    step(op, operands, role, ValueType(.f32, shape), node)
  }
}

extension Op {
  fileprivate var isBatchNormalization: Bool {
    if case .batchNormalization = self { true } else { false }
  }
}

extension ElementType {
  /// Whether single precision holds every element.
  fileprivate var isAtMostSingle: Bool { self == .f32 || self == .f16 || self == .bf16 }
}
