import IR
import Program

extension Product {
  /// Lowers `node`, which stands for node `id` of `graph`, and lays it out; `nil` if it is no product of
  /// floating-point numbers with constant weights, or if its shapes are not known or larger than any that compiles.
  init?(_ node: Node, _ id: NodeID, in graph: Graph, layout: ProductLayout = .plain) {
    guard let result = node.results.first,
      graph[result].type.element == .f32
        || graph[result].type.element == .f16,
      !graph.isTooLarge(result)
    else { return nil }
    switch node.op {
    case .conv(let convolution): self.init(convolution, node, id, graph)
    case .gemm(let gemm): self.init(gemm, node, id, graph)
    case .matMul(let matMul): self.init(matMul, node, id, graph)
    case .recurrent(let recurrent): self.init(recurrent, node, id, graph)
    default: return nil
    }
    lay(out: layout)
  }

  private init?(_ convolution: Convolution, _ node: Node, _ id: NodeID, _ graph: Graph) {
    guard let input = node.operands[0], let weights = node.operands[1],
      graph[weights].constant != nil, let x = graph[input].type.fixedShape,
      let w = graph[weights].type.fixedShape, let y = graph[node.results[0]].type.fixedShape,
      let matrix = WeightMatrix(of: node.op, shape: w),
      case .explicit(let begin, let end) = convolution.window.padding,
      2 * x.count - 2 <= Descriptor.maximumRank
    else { return nil }
    let bias = node.operand(2)
    if let bias, graph[bias].constant == nil { return nil }
    let windows = Windows(
      window: convolution.window, begin: begin, end: end, input: x, output: y)
    self.init(
      node: id, input: input, result: node.results[0], weights: weights, bias: bias,
      ranges: node.ranges, relu: convolution.relu,
      rows: matrix.rows, columns: matrix.columns,
      groups: convolution.groups, isDepthwise: convolution.groups > 1 && w[1] == 1,
      order: matrix.order, rowAxis: 1, columnAxis: 1, windows: windows,
      source: windows.source, destination: windows.destination)
  }

  private init?(_ gemm: Gemm, _ node: Node, _ id: NodeID, _ graph: Graph) {
    guard let input = node.operands[0], let weights = node.operands[1],
      graph[weights].constant != nil, gemm.alpha == 1, gemm.beta == 1,
      let x = graph[input].type.fixedShape, let w = graph[weights].type.fixedShape,
      let matrix = WeightMatrix(of: node.op, shape: w)
    else { return nil }
    let bias = node.operand(2)
    if let bias {
      guard graph[bias].constant != nil, graph[bias].type.fixedShape == [matrix.columns] else {
        return nil
      }
    }
    let vectors = gemm.transposeA ? x[1] : x[0]
    self.init(
      node: id, input: input, result: node.results[0], weights: weights, bias: bias,
      ranges: node.ranges, relu: gemm.relu, rows: matrix.rows, columns: matrix.columns,
      order: matrix.order,
      rowAxis: gemm.transposeA ? 0 : 1, columnAxis: 1,
      source: Self.walk(
        vectors: vectors, elements: matrix.rows,
        vectorStride: gemm.transposeA ? 1 : matrix.rows,
        elementStride: gemm.transposeA ? vectors : 1),
      destination: Self.walk(vectors: vectors, elements: matrix.columns))
  }

  private init?(_ matMul: MatMul, _ node: Node, _ id: NodeID, _ graph: Graph) {
    guard let a = node.operands[0], let b = node.operands[1],
      let left = graph[a].type.fixedShape, let right = graph[b].type.fixedShape,
      !left.isEmpty, !right.isEmpty
    else { return nil }
    let bias = node.operand(2)
    if let bias, graph[bias].constant == nil { return nil }
    let result = node.results[0]
    if graph[b].constant != nil, right.dropLast(2).allSatisfy({ $0 == 1 }),
      let matrix = WeightMatrix(of: node.op, shape: right)
    {
      // A product with a vector has no axis of columns.
      let hasColumns = right.count > 1
      let vectors = left.dropLast().reduce(1, *)
      let rank = graph[result].type.fixedShape?.count
      self.init(
        node: id, input: a, result: result, weights: b, bias: bias, ranges: node.ranges,
        relu: matMul.relu, rows: matrix.rows, columns: matrix.columns,
        order: matrix.order, rowAxis: hasColumns ? left.count - 1 : nil,
        columnAxis: hasColumns ? rank.map { $0 - 1 } : nil,
        source: Self.walk(vectors: vectors, elements: matrix.rows),
        destination: Self.walk(vectors: vectors, elements: matrix.columns))
    } else if graph[a].constant != nil, left.dropLast(2).allSatisfy({ $0 == 1 }), left.count >= 2,
      right.count >= 2, bias == nil
    {
      let (rows, columns) = (left[left.count - 1], left[left.count - 2])
      let batch = right.dropLast(2).reduce(1, *)
      let width = right[right.count - 1]
      self.init(
        node: id, input: b, result: result, weights: a, ranges: node.ranges,
        relu: matMul.relu, rows: rows, columns: columns,
        order: .columnByColumn,
        source: Self.walk(batch: batch, vectors: width, elements: rows),
        destination: Self.walk(batch: batch, vectors: width, elements: columns))
    } else {
      return nil
    }
  }

  /// The gates of a recurrent layer: a vector is x of one step, then the hidden state before it;
  /// column `unit · columns of a unit + number` is one of a hidden unit.
  private init?(_ recurrent: Recurrent, _ node: Node, _ id: NodeID, _ graph: Graph) {
    guard let input = node.operands[0], let weights = node.operands[1],
      let recurrence = node.operands[2], graph[weights].constant != nil,
      graph[recurrence].constant != nil, let x = graph[input].type.fixedShape,
      let r = graph[recurrence].type.fixedShape
    else { return nil }
    let bias = node.operand(3)
    if let bias, graph[bias].constant == nil { return nil }
    let gates = Gates(
      recurrent: recurrent, columns: recurrent.gateColumns, hidden: r[2], recurrence: recurrence,
      stateRow: x[2], steps: x[0],
      initialState: node.operand(5), hasPeepholes: node.operand(7) != nil)
    let columns = gates.columns.count * r[2]
    self.init(
      node: id, input: input, result: node.results[0], weights: weights, bias: bias,
      ranges: node.ranges, relu: false,
      rows: x[2] + r[2], columns: columns, order: .gates(gates),
      source: Self.walk(vectors: x[0] * x[1], elements: x[2]),
      destination: Self.walk(vectors: x[0] * x[1], elements: columns))
  }
}

extension Node {
  /// An operand that may be left out.
  fileprivate func operand(_ index: Int) -> ValueID? {
    index < operands.count ? operands[index] : nil
  }
}
