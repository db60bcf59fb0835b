import Basics
import Chip
import IR

extension Graph {
  /// Repeats the columns of every product with constant weights, and takes the mean of what the
  /// copies give, so that the errors of their conductances and converters average out.
  ///
  /// First the columns that are free in the crossbars which the product takes anyway are filled;
  /// `factor` multiplies the number of its crossbars beyond that. With `residual` the last of
  /// four copies or more is not of the weights, but is kept for what programming makes wrong
  /// in the others. Depthwise products and those of f16 stay as they are, and so do those in `digital`,
  /// which no noise touches.
  ///
  /// With `onlyFirst` every product has its first copy alone, in a graph of the same nodes: what that copy
  /// meets, all copies meet.
  public func copied(
    for crossbar: Crossbar, factor: Int, residual: Bool = false, except digital: Set<String> = [],
    onlyFirst: Bool = false
  ) -> Graph {
    var graph = self
    var names = TakenNames(in: self)
    var nodes: [Node] = []
    for node in self.nodes {
      guard !digital.contains(node.name), let matrix = LayerMatrix(node, in: self),
        matrix.groups == 1,
        self[node.results[0]].type.element == .f32,
        tensor(of: matrix.weights)?.type == .f32,
        matrix.bias.map({ tensor(of: $0)?.type == .f32 }) ?? true, matrix.columns > 0
      else {
        nodes.append(node)
        continue
      }
      let crossbars = (matrix.columns + crossbar.columns - 1) / crossbar.columns
      let copies = max(factor, 1) * crossbars * crossbar.columns / matrix.columns
      let keepsLast = residual && copies >= Self.leastForResidual
      nodes +=
        copies > 1
        ? graph.copying(node, matrix, copies, keepsLast, onlyFirst: onlyFirst, &names) : [node]
    }
    graph.nodes = nodes
    return graph
  }

  /// Of fewer copies, the last is worth more as one of the weights: all errors average out over it, while
  /// it would correct those of programming only, as far as a noisy read shows them.
  private static let leastForResidual = 4

  /// The nodes that compute `node` as the mean of `copies` of it, or with `onlyFirst` as the first of them.
  private mutating func copying(
    _ node: Node, _ matrix: LayerMatrix, _ copies: Int, _ residual: Bool, onlyFirst: Bool,
    _ names: inout TakenNames
  ) -> [Node] {
    guard let weights = tensor(of: matrix.weights),
      let shape = self[node.results[0]].type.fixedShape
    else { return [node] }
    var bias = matrix.bias.flatMap { tensor(of: $0) }?.elements(of: Float.self)
    // A product with a vector has no axis of columns, and some addends are no bias of each column.
    guard weights.shape.count > 1, bias?.count ?? matrix.columns == matrix.columns else {
      return [node]
    }
    var node = node
    let result = node.results[0]
    // The axis of the columns in the result, and in the weights.
    let axis: Int
    var relu = false
    var elements = weights.elements(of: Float.self)
    switch node.op {
    case .conv(var convolution):
      axis = 1
      (relu, convolution.relu) = (convolution.relu, false)
      node.op = .conv(convolution)
    case .gemm(var gemm):
      axis = 1
      (relu, gemm.relu) = (gemm.relu, false)
      node.op = .gemm(gemm)
    case .matMul(var matMul):
      guard node.operands[1] == matrix.weights else { return [node] }
      axis = shape.count - 1
      (relu, matMul.relu) = (matMul.relu, false)
      node.op = .matMul(matMul)
    default: return [node]
    }
    let residual = residual && !onlyFirst
    let copies = onlyFirst ? 1 : copies
    let same = residual ? copies - 1 : copies
    if residual {
      // The mean is also over the copy that is none.
      let factor = Float(copies) / Float(same)
      for index in elements.indices { elements[index] *= factor }
      bias = bias.map { $0.map { $0 * factor } }
      node.residualColumns = matrix.columns
    }
    var repeated: [Float] = []
    var weightShape = weights.shape
    switch matrix.order {
    case .columnByColumn:
      for _ in 0..<same { repeated += elements }
      if residual { repeated += [Float](repeating: 0, count: elements.count) }
      weightShape[0] *= copies
    case .rowByRow:
      for row in 0..<matrix.rows {
        let line = elements[row * matrix.columns..<(row + 1) * matrix.columns]
        for _ in 0..<same { repeated += line }
        if residual { repeated += [Float](repeating: 0, count: matrix.columns) }
      }
      weightShape[weightShape.count - 1] = copies * matrix.columns
    case .gates, .wide: return [node]
    }
    node.operands[1] = addConstant(
      name: names.fresh("\(node.name)·copies"), Tensor(repeated, shape: weightShape))
    if let bias {
      node.operands[2] = addConstant(
        name: names.fresh("\(node.name)·biases"),
        Tensor(
          (0..<copies).flatMap { $0 < same ? bias : bias.map { _ in 0 } },
          shape: [copies * matrix.columns]))
    }
    let followers = averaging(
      &node, result, shape: shape, axis: axis, copies: copies, relu: relu, &names)
    return [node] + followers
  }

  /// Gives `node` a result of `copies` times as many columns along `axis`, and returns the nodes
  /// that make their mean, and then negative numbers 0 if `relu`, its result of before.
  private mutating func averaging(
    _ node: inout Node, _ result: ValueID, shape: [Int], axis: Int, copies: Int, relu: Bool,
    _ names: inout TakenNames
  ) -> [Node] {
    var wide = shape
    wide[axis] *= copies
    var split = shape
    split.insert(copies, at: axis)
    let each = addValue(name: names.fresh("\(node.name)·each"), type: ValueType(.f32, fixed: wide))
    node.results = [each]
    let apart = addValue(
      name: names.fresh("\(node.name)·apart"), type: ValueType(.f32, fixed: split))
    let shapeConstant = addConstant(
      name: names.fresh("\(node.name)·shape"), Tensor(split.map(Int64.init), shape: [split.count]))
    let axes = addConstant(
      name: names.fresh("\(node.name)·axis"), Tensor([Int64(axis)], shape: [1]))
    let mean =
      relu
      ? addValue(name: names.fresh("\(node.name)·mean of copies"), type: self[result].type) : result
    var nodes = [
      Node(
        name: names.fresh(nodeName: "\(node.name)·split"), op: .reshape(allowZero: false),
        operands: [each, shapeConstant], results: [apart]),
      Node(
        name: names.fresh(nodeName: "\(node.name)·average"),
        op: .reduce(Reduce(kind: .mean, keepsDimensions: false)),
        operands: [apart, axes], results: [mean]),
    ]
    if relu {
      nodes.append(
        Node(
          name: names.fresh(nodeName: "\(node.name)·relu"), op: .unary(.relu), operands: [mean],
          results: [result]))
    }
    return nodes
  }
}
