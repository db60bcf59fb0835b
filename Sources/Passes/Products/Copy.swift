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
  /// Products in `given` have as many copies as it says. With `onlyFirst` every product has its first copy alone, in a graph of the same nodes: what that copy
  /// meets, all copies meet. Returned are the graph and the layouts of the products that have columns kept.
  public func copied(
    for crossbar: Crossbar, factor: Int, given: [GivenCopies] = [], residual: Bool = false,
    except digital: Set<String> = [], onlyFirst: Bool = false
  ) -> (graph: Graph, layouts: ProductLayouts) {
    var layouts = ProductLayouts()
    let graph = repeatingProducts(except: digital) { graph, node, product, id, names in
      guard graph[product.result].type.element == .f32,
        product.bias.map({ graph.tensor(of: $0)?.type == .f32 }) ?? true
      else { return [node] }
      let crossbars = (product.columns + crossbar.columns - 1) / crossbar.columns
      let copies =
        given[of: node.name]?.columns
        ?? (factor > 0 ? factor * crossbars * crossbar.columns / product.columns : 1)
      let keepsLast = residual && copies >= Self.leastForResidual
      return copies > 1
        ? graph.copying(
          node, product, copies, keepsLast, onlyFirst: onlyFirst, &layouts[id], &names)
        : [node]
    }
    return (graph, layouts)
  }

  /// Of fewer copies, the last is worth more as one of the weights: all errors average out over it, while
  /// it would correct those of programming only, as far as a noisy read shows them.
  private static let leastForResidual = 4

  /// The nodes that compute `node`, which is `product`, as the mean of `copies` of it, or with `onlyFirst` as
  /// the first of them; `layout` becomes that of the first node, which has the copies.
  private mutating func copying(
    _ node: Node, _ product: Product, _ copies: Int, _ residual: Bool, onlyFirst: Bool,
    _ layout: inout ProductLayout, _ names: inout TakenNames
  ) -> [Node] {
    guard let weights = tensor(of: product.weights), let axis = product.columnAxis,
      let shape = self[product.result].type.fixedShape
    else { return [node] }
    var bias = product.bias.flatMap { tensor(of: $0) }?.elements(of: Float.self)
    // Some addends are no bias of each column.
    guard bias?.count ?? product.columns == product.columns else { return [node] }
    var node = node
    node.op = node.op.rectified(false)
    var elements = weights.elements(of: Float.self)
    let residual = residual && !onlyFirst
    let copies = onlyFirst ? 1 : copies
    let same = residual ? copies - 1 : copies
    if residual {
      // The mean is also over the copy that is none.
      let factor = Float(copies) / Float(same)
      for index in elements.indices { elements[index] *= factor }
      bias = bias.map { $0.map { $0 * factor } }
      layout.residualColumns = product.columns
    }
    node.operands[1] = addConstant(
      name: names.fresh("\(node.name)·copies"),
      product.repeatingColumns(
        of: elements, shape: weights.shape, times: same, zeros: residual ? 1 : 0))
    if let bias {
      node.operands[2] = addConstant(
        name: names.fresh("\(node.name)·biases"),
        Tensor(
          (0..<copies).flatMap { $0 < same ? bias : bias.map { _ in 0 } },
          shape: [copies * product.columns]))
    }
    let followers = averaging(
      &node, product.result, shape: shape, axis: axis, copies: copies, relu: product.relu, &names)
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

extension Product {
  /// Weights `elements` with every column `count` times, and `zeros` times as many columns of zeros, all of
  /// one copy behind each other.
  fileprivate func repeatingColumns(
    of elements: [Float], shape: [Int], times count: Int, zeros: Int
  ) -> Tensor {
    var repeated: [Float] = []
    repeated.reserveCapacity(elements.count * (count + zeros))
    var shape = shape
    switch order {
    case .columnByColumn:
      for _ in 0..<count { repeated += elements }
      repeated += [Float](repeating: 0, count: elements.count * zeros)
      shape[0] *= count + zeros
    case .rowByRow:
      for row in 0..<rows {
        let line = elements[row * columns..<(row + 1) * columns]
        for _ in 0..<count { repeated += line }
        repeated += [Float](repeating: 0, count: columns * zeros)
      }
      shape[shape.count - 1] = (count + zeros) * columns
    case .gates, .wide: preconditionFailure("such products have no axis of columns")
    }
    return Tensor(repeated, shape: shape)
  }
}
