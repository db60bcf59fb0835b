import Basics
import Chip
import IR

extension Graph {
  /// Repeats the rows of every product with constant weights in the free ones of its crossbars, each
  /// time with the same inputs and an equal part of the weights, so that bit lines add up copies whose
  /// errors average out.
  ///
  /// Unlike copies of columns these give no more results to average, but as many more inputs. Grouped
  /// products and those of f16 stay as they are, and so do those in `digital`, which no noise touches.
  ///
  /// With `onlyFirst` every product has its first copy alone, with all of the weights, in a graph of the
  /// same nodes.
  public func copiedInRows(
    for crossbar: Crossbar, except digital: Set<String> = [], onlyFirst: Bool = false
  ) -> Graph {
    var graph = self
    var names = TakenNames(in: self)
    var nodes: [Node] = []
    for node in self.nodes {
      guard !digital.contains(node.name), let matrix = LayerMatrix(node, in: self),
        matrix.groups == 1, matrix.rows > 0, tensor(of: matrix.weights)?.type == .f32,
        self[matrix.input].type.element == .f32
      else {
        nodes.append(node)
        continue
      }
      let crossbars = (matrix.rows + crossbar.rows - 1) / crossbar.rows
      let copies = crossbars * crossbar.rows / matrix.rows
      nodes +=
        copies > 1 ? graph.copyingRows(node, matrix, onlyFirst ? 1 : copies, &names) : [node]
    }
    graph.nodes = nodes
    return graph
  }

  /// The nodes that compute `node` with every row `copies` times.
  private mutating func copyingRows(
    _ node: Node, _ matrix: LayerMatrix, _ copies: Int, _ names: inout TakenNames
  ) -> [Node] {
    guard let weights = tensor(of: matrix.weights), weights.shape.count > 1,
      node.operands[0] == matrix.input, var shape = self[matrix.input].type.fixedShape
    else { return [node] }
    // The axis of the rows in the input, and in the weights.
    let axis: Int
    switch node.op {
    case .conv: axis = 1
    case .gemm(let gemm): axis = gemm.transposeA ? 0 : 1
    case .matMul: axis = shape.count - 1
    default: return [node]
    }
    let elements = weights.elements(of: Float.self).map { $0 / Float(copies) }
    var repeated: [Float] = []
    var weightShape = weights.shape
    switch matrix.order {
    case .columnByColumn:
      for start in stride(from: 0, to: elements.count, by: matrix.rows) {
        for _ in 0..<copies { repeated += elements[start..<start + matrix.rows] }
      }
      weightShape[1] *= copies
    case .rowByRow:
      for _ in 0..<copies { repeated += elements }
      weightShape[weightShape.count - 2] *= copies
    case .gates, .wide: return [node]
    }
    var node = node
    shape[axis] *= copies
    let stacked = addValue(
      name: names.fresh("\(node.name)·stacked"), type: ValueType(.f32, fixed: shape))
    let stack = Node(
      name: names.fresh(nodeName: "\(node.name)·stack"), op: .concat(axis: axis),
      operands: Array(repeating: matrix.input, count: copies), results: [stacked])
    node.operands[0] = stacked
    node.operands[1] = addConstant(
      name: names.fresh("\(node.name)·rows"), Tensor(repeated, shape: weightShape))
    return [stack, node]
  }
}
