import Basics
import Chip
import IR

extension Graph {
  /// Repeats the rows of every product with constant weights in the free ones of its crossbars, each
  /// time with the same inputs and an equal part of the weights, so that bit lines add up copies whose
  /// errors average out.
  ///
  /// Unlike copies of columns these give no more results to average, but as many more inputs. Grouped
  /// products, those of f16 and those whose rows have different ranges stay as they are, and so do those in
  /// `digital`, which no noise touches.
  ///
  /// Those in `given` are repeated as often as it says. With `onlyFirst` every product has its first copy alone, with all of the weights, in a graph of the
  /// same nodes.
  public func copiedInRows(
    for crossbar: Crossbar, filling: Bool = true, given: [GivenCopies] = [],
    except digital: Set<String> = [], onlyFirst: Bool = false
  ) -> Graph {
    repeatingProducts(except: digital) { graph, node, product, _, names in
      guard product.rows > 0, graph[product.input].type.element == .f32, !node.ranges.differByRow
      else { return [node] }
      let crossbars = (product.rows + crossbar.rows - 1) / crossbar.rows
      let copies =
        given[of: node.name]?.rows ?? (filling ? crossbars * crossbar.rows / product.rows : 1)
      return copies > 1
        ? graph.copyingRows(node, product, onlyFirst ? 1 : copies, &names) : [node]
    }
  }

  /// The nodes that compute `node`, which is `product`, with every row `copies` times.
  private mutating func copyingRows(
    _ node: Node, _ product: Product, _ copies: Int, _ names: inout TakenNames
  ) -> [Node] {
    guard let weights = tensor(of: product.weights), let axis = product.rowAxis,
      var shape = self[product.input].type.fixedShape
    else { return [node] }
    let repeated = product.repeatingRows(
      of: weights.elements(of: Float.self).map { $0 / Float(copies) }, shape: weights.shape,
      times: copies)
    var node = node
    shape[axis] *= copies
    let stacked = addValue(
      name: names.fresh("\(node.name)·stacked"), type: ValueType(.f32, fixed: shape))
    let stack = Node(
      name: names.fresh(nodeName: "\(node.name)·stack"), op: .concat(axis: axis),
      operands: Array(repeating: product.input, count: copies), results: [stacked])
    node.operands[0] = stacked
    node.operands[1] = addConstant(name: names.fresh("\(node.name)·rows"), repeated)
    return [stack, node]
  }
}

extension Product {
  /// Weights `elements` with every row `count` times, all of one copy behind each other.
  fileprivate func repeatingRows(of elements: [Float], shape: [Int], times count: Int) -> Tensor {
    var repeated: [Float] = []
    repeated.reserveCapacity(elements.count * count)
    var shape = shape
    switch order {
    case .columnByColumn:
      for start in stride(from: 0, to: elements.count, by: rows) {
        for _ in 0..<count { repeated += elements[start..<start + rows] }
      }
      shape[1] *= count
    case .rowByRow:
      for _ in 0..<count { repeated += elements }
      shape[shape.count - 2] *= count
    case .gates, .wide: preconditionFailure("such products have no axis of rows")
    }
    return Tensor(repeated, shape: shape)
  }
}
