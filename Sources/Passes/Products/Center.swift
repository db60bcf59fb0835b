import Basics
import IR

extension Graph {
  /// Subtracts from the input of every product with constant weights the mean that `inferences` show
  /// in each channel, and adds what the weights make of it to the bias.
  ///
  /// The result is the same, but for rounding; but what a converter and the noise of conductances add
  /// grows with the input's magnitude, which after a ReLU is mostly its mean. Padding becomes a node
  /// of its own, since zeros are not zero any more: means are whole numbers of steps of a DAC that reaches `codes`,
  /// so that zeros, of which padding and ReLU make many, keep a code of their own. Products of f16, those whose weights are
  /// known by checksum only, and those in `digital`, which no converter touches, stay as they are.
  /// Throws `Diagnostics` where an input does not fit.
  public func centered(
    by inferences: [[Tensor]], codes: Int, except digital: Set<String> = []
  ) throws -> Graph {
    let products = Products(of: self)
    let means = try channelMeans(of: products, in: inferences, codes: codes)
    var graph = self
    var names = TakenNames(in: self)
    var nodes: [Node] = []
    for (index, node) in self.nodes.enumerated() {
      if let mean = means[NodeID(index)], !digital.contains(node.name),
        let product = products[NodeID(index)]
      {
        nodes += graph.centering(node, product, mean, &names)
      } else {
        nodes.append(node)
      }
    }
    graph.nodes = nodes
    return graph
  }

  /// Whether the input, the weights and the bias of a product are known in single precision.
  private func canBeCentered(_ product: Product) -> Bool {
    self[product.input].type.element == .f32 && tensor(of: product.weights)?.type == .f32
      && product.bias.map { tensor(of: $0)?.type == .f32 } ?? true
  }

  /// The mean of each input channel of each product that can be centred.
  private func channelMeans(
    of products: Products, in inferences: [[Tensor]], codes: Int
  ) throws -> [NodeID: [Float]] {
    var axes: [ValueID: (axis: Int, count: Int)] = [:]
    var inputs: [NodeID: Product] = [:]
    for product in products.inOrder where canBeCentered(product) {
      guard let axis = product.rowAxis,
        axes[product.input] == nil || axes[product.input]?.axis == axis,
        let shape = self[product.input].type.fixedShape, shape.reduce(1, *) > 0
      else { continue }
      axes[product.input] = (axis, shape[axis])
      inputs[product.node] = product
    }
    let statistics = try channelStatistics(
      of: axes.map { ($0.key, $0.value.axis, $0.value.count) }, in: inferences)
    return inputs.mapValues { product in
      statistics[product.input]?.means(
        codes: codes, ranges: product.ranges, arePadded: product.windows?.arePadded ?? false) ?? []
    }
  }

  /// The nodes that compute `node`, which is `product`, of its input less `mean`.
  private mutating func centering(
    _ node: Node, _ product: Product, _ mean: [Float], _ names: inout TakenNames
  ) -> [Node] {
    guard let axis = product.rowAxis, let bias = bias(of: product, mean) else { return [node] }
    var node = node
    var nodes: [Node] = []
    var input = product.input
    if let windows = product.windows, windows.arePadded {
      input = pad(input, windows.begin, windows.end, for: node, &nodes, &names)
      node.op = node.op.withoutPadding
    }
    let type = self[input].type
    let rank = type.fixedShape?.count ?? 0
    let channels = addConstant(
      name: names.fresh("\(node.name)·mean"),
      Tensor(mean, shape: [mean.count] + Array(repeating: 1, count: rank - 1 - axis)))
    let centered = addValue(name: names.fresh("\(node.name)·centered"), type: type)
    nodes.append(
      Node(
        name: names.fresh(nodeName: "\(node.name)·center"), op: .binary(.sub),
        operands: [input, channels],
        results: [centered]))
    node.operands[0] = centered
    // Whatever the ranges have passed still passes.
    node.ranges.input = product.inputRanges(shiftedBy: mean)
    let constant = addConstant(
      name: names.fresh("\(node.name)·bias"), Tensor(bias, shape: [bias.count]))
    if node.operands.count > 2 {
      node.operands[2] = constant
    } else {
      node.operands.append(constant)
    }
    return nodes + [node]
  }

  /// The bias of `product` with what its weights make of `mean`.
  private func bias(of product: Product, _ mean: [Float]) -> [Float]? {
    guard let weights = tensor(of: product.weights) else { return nil }
    let (rows, columns) = (product.rows, product.columns)
    let old = product.bias.flatMap { tensor(of: $0)?.elements(of: Float.self) }
    guard old?.count ?? columns == columns else { return nil }
    let block = product.block(rows: 0..<rows, columns: 0..<columns, of: Singles(weights))
    let perChannel = rows / mean.count
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        sums[column] += Double(block[row * columns + column]) * Double(mean[row / perChannel])
      }
    }
    let bias = sums.indices.map { Float(sums[$0] + Double(old?[$0] ?? 0)) }
    return bias.allSatisfy(\.isFinite) ? bias : nil
  }

  /// The value `input` with zeros around it; adds the node that makes it to `nodes`.
  private mutating func pad(
    _ input: ValueID, _ begin: [Int], _ end: [Int], for node: Node, _ nodes: inout [Node],
    _ names: inout TakenNames
  ) -> ValueID {
    let pads = ([0, 0] + begin + [0, 0] + end).map(Int64.init)
    var shape = self[input].type.fixedShape ?? []
    for axis in begin.indices { shape[axis + 2] += begin[axis] + end[axis] }
    let constant = addConstant(
      name: names.fresh("\(node.name)·pads"), Tensor(pads, shape: [pads.count]))
    let padded = addValue(
      name: names.fresh("\(node.name)·padded"),
      type: ValueType(self[input].type.element, fixed: shape))
    nodes.append(
      Node(
        name: names.fresh(nodeName: "\(node.name)·pad"), op: .pad(.constant),
        operands: [input, constant],
        results: [padded]))
    return padded
  }
}

extension Product {
  /// The ranges of the input that pass what they have passed when `mean`, one a channel, has been subtracted.
  fileprivate func inputRanges(shiftedBy mean: [Float]) -> [Float] {
    let parts = RowParts(rows: rows, count: max(ranges.input.count, 1))
    let perChannel = rows / mean.count
    return ranges.input.enumerated().map { index, range in
      let part = parts[index]
      return range
        + magnitude(mean[part.lowerBound / perChannel...(part.upperBound - 1) / perChannel])
    }
  }
}

extension ChannelStatistics {
  /// The mean of each channel, as a whole number of steps with which a DAC reaches what lies farthest from it with
  /// its last code. The mean itself where no code is left for zero, or rows have ranges of their own.
  ///
  /// With n steps in the mean of a channel, elements from l to h, zeros of padding among them, and the last code m, the
  /// step is the largest of h / (m + n) and −l / (m − n). A range that training has found takes the place of h and −l.
  fileprivate func means(codes: Int, ranges: TrainedRanges, arePadded: Bool) -> [Float] {
    let means = sums.map { sum in
      let mean = sum / Double(max(elements, 1))
      return mean.isFinite ? mean : 0
    }
    let last = Double(codes)
    func reach(_ element: Float) -> Double {
      if let trained = ranges.input.first { return Double(trained) }
      return element.isFinite ? Double(arePadded ? max(element, 0) : element) : 0
    }
    let bounds = zip(highest, lowest).map { (above: reach($0), below: reach(-$1)) }
    let farthest = zip(means, bounds).map { max($1.above - $0, $1.below + $0) }.max() ?? 0
    guard farthest > 0, !ranges.differByRow else { return means.map { Float($0) } }
    let counts = means.map { ($0 * last / farthest).rounded() }
    let steps = zip(zip(means, counts), bounds).map { mean, bound in
      abs(mean.1) < last
        ? max(bound.above / (last + mean.1), bound.below / (last - mean.1))
        : max(bound.above - mean.0, bound.below + mean.0) / last
    }
    let step = steps.max() ?? 0
    return zip(means, counts).map { Float(abs($1) < last ? $1 * step : $0) }
  }
}
