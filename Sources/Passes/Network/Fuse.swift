import Basics
import IR

extension Graph {
  /// Moves into the products with constant weights what their columns' affine function and ReLU
  /// can do, and rewrites the batch normalizations that remain as a product and a sum.
  ///
  /// A product absorbs a following batch normalization, a following sum, difference, product or
  /// quotient with one constant a column, and then a ReLU, wherever nothing else uses what lies
  /// between; all but the ReLU also where the results are moved before, as by a reshape. The result keeps
  /// the name of the last node's result. Gemm's alpha and beta are folded
  /// into constant weights and biases; any other addend becomes a sum of its own.
  ///
  /// Operators about the positions of windows become gathers and scatters, products of integers
  /// products in f32, and products between quantized values work on the
  /// stored integers.
  ///
  /// With `shapesSuffice`, as in plans, biases whose elements are not there are absorbed as well.
  public func fused(shapesSuffice: Bool = false) -> Graph {
    var fusion = Fusion(
      graph: withWindowsAsMovements().withEinsumsAsProducts().withSinglePrecisionProducts(),
      shapesSuffice: shapesSuffice)
    fusion.normalizeProducts()
    fusion.absorbFollowers()
    fusion.absorbThroughMovement()
    var graph = fusion.graph.withExpandedNormalizations().withStoredIntegers()
    graph.dropDeadNodes()
    return graph
  }
}

/// A graph while its nodes are being fused.
struct Fusion {
  var graph: Graph

  /// Multiplies Gemm's alpha into constant weights and beta into the addend; an addend that is no
  /// bias gets a node of its own.
  mutating func normalizeProducts() {
    var nodes: [Node] = []
    for node in graph.nodes {
      guard case .gemm(var gemm) = node.op, let weights = node.operands[1],
        graph[weights].constant != nil
      else {
        nodes.append(node)
        continue
      }
      var node = node
      if gemm.alpha != 1, let scaled = scaled(weights, by: gemm.alpha) {
        node.operands[1] = scaled
        gemm.alpha = 1
      }
      node.op = .gemm(gemm)
      if node.operands.count > 2, let addend = node.operands[2] {
        nodes += separating(addend, from: node, gemm)
      } else {
        gemm.beta = 1
        node.op = .gemm(gemm)
        nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  /// The nodes that compute `node` with its addend as a bias, if it can be one, else apart.
  private mutating func separating(_ addend: ValueID, from node: Node, _ gemm: Gemm) -> [Node] {
    let type = graph[node.results[0]].type
    guard let columns = type.fixedShape?.last else { return [node] }
    if gemm.beta == 1 && graph[addend].constant != nil
      && graph[addend].type.fixedShape == [columns]
    {
      return [node]
    }
    var (node, gemm) = (node, gemm)
    let factor = gemm.beta
    if let bias = columnVector(addend, columns: columns, rank: 2, trail: 0) {
      guard let scaled = tensor(bias.map { $0 * factor }, [columns], type.element) else {
        return [node]
      }
      node.operands[2] = graph.addConstant(name: unique(graph[addend].name + "·bias"), scaled)
      gemm.beta = 1
      node.op = .gemm(gemm)
      return [node]
    }
    guard type.element == .f32 || type.element == .f16, gemm.alpha == 1, !gemm.relu,
      let beta = tensor([factor], [], type.element)
    else { return [node] }
    let (name, result) = (node.name, node.results[0])
    let product = graph.addValue(name: unique(graph[result].name + "·product"), type: type)
    gemm.beta = 1
    node.op = .gemm(gemm)
    node.operands.removeLast()
    node.results = [product]
    // That of the sum is not the range of the product.
    node.ranges.output = nil
    var nodes = [node]
    var scaled = addend
    if factor != 1, let constant = self.scaled(addend, by: factor) {
      scaled = constant
    } else if factor != 1 {
      let beta = graph.addConstant(name: unique(name + "·beta"), beta)
      scaled = graph.addValue(
        name: unique(graph[addend].name + "·scaled"), type: graph[addend].type)
      nodes.append(
        Node(
          name: uniqueNode(name + "·beta"), op: .binary(.mul), operands: [addend, beta],
          results: [scaled]))
    }
    nodes.append(
      Node(
        name: uniqueNode(name + "·addend"), op: .binary(.add), operands: [product, scaled],
        results: [result]))
    return nodes
  }

  /// Lets every product absorb the nodes that follow it, as long as they fit.
  mutating func absorbFollowers() {
    userLists = graph.users()
    for index in graph.nodes.indices {
      guard product(graph.nodes[index]) != nil else { continue }
      while let follower = onlyUser(of: graph.nodes[index].results[0]) {
        guard absorb(graph.nodes[follower.index], into: index) else { break }
        let results = graph.nodes[follower.index].results
        graph.nodes[follower.index].results = []
        graph.nodes[follower.index].operands = []
        graph.nodes[index].results = results
        if case .some(let relu) = product(graph.nodes[index]), relu { break }
      }
    }
    graph.nodes.removeAll { $0.results.isEmpty }
  }

  /// Whether `node` is a product that may absorb others, and whether it has its ReLU already.
  func product(_ node: Node) -> Bool? {
    guard node.operands.count >= 2, let weights = node.operands[1],
      graph[weights].constant != nil, isSingleOrHalf(weights)
    else { return nil }
    switch node.op {
    case .conv(let convolution): return convolution.relu
    case .gemm(let gemm): return gemm.alpha == 1 && gemm.beta == 1 ? gemm.relu : nil
    case .matMul(let matMul):
      let right = graph[weights].type.shape ?? []
      return right.count >= 2 && right.dropLast(2).allSatisfy { $0 == .fixed(1) }
        ? matMul.relu : nil
    default: return nil
    }
  }

  private func onlyUser(of value: ValueID) -> NodeID? {
    guard !graph.outputs.contains(value) else { return nil }
    let users = userLists[value.index]
    return users.count == 1 ? users[0] : nil
  }

  /// The nodes that use each value before any of them is absorbed.
  private var userLists: [[NodeID]] = []

  /// Whether a vector of which only the shape is known counts as one of zeros.
  private let shapesSuffice: Bool

  init(graph: Graph, shapesSuffice: Bool = false) {
    self.graph = graph
    self.shapesSuffice = shapesSuffice
    names = TakenNames(in: graph)
  }

  /// Changes the product at `index` so that it also does what `follower` does, if it can.
  private mutating func absorb(_ follower: Node, into index: Int) -> Bool {
    let result = graph.nodes[index].results[0]
    switch follower.op {
    case .unary(.relu):
      return setReLU(index)
    case .clip:
      let low = follower.operands.count > 1 ? follower.operands[1] : nil
      let high = follower.operands.count > 2 ? follower.operands[2] : nil
      guard let low, floats(low) == [0],
        high.map({ floats($0)?.allSatisfy { $0 == .infinity } ?? false }) ?? true
      else { return false }
      return setReLU(index)
    case .batchNormalization(let epsilon):
      // The channels are dimension 1, which has to be that of the columns.
      let rank = graph[result].type.shape?.count
      if case .matMul = graph.nodes[index].op, rank != 2 { return false }
      guard follower.operands[0] == result,
        let (factor, addend) = graph.channelAffine(of: follower, epsilon: epsilon)
      else { return false }
      return apply(factor: factor, addend: addend, to: index, name: follower.name)
    case .binary(let function):
      guard let (factor, addend) = affine(of: function, follower, around: result, index: index)
      else { return false }
      return apply(factor: factor, addend: addend, to: index, name: follower.name)
    default: return false
    }
  }

  private mutating func setReLU(_ index: Int) -> Bool {
    graph.nodes[index].op = graph.nodes[index].op.rectified(true)
    return true
  }

  /// The factor and addend a column of a binary operation of `result` with a constant.
  private func affine(
    of function: BinaryFunction, _ node: Node, around result: ValueID, index: Int
  ) -> (factor: [Float], addend: [Float])? {
    guard node.operands.count == 2, let a = node.operands[0], let b = node.operands[1],
      a == result || b == result, a != b,
      let shape = graph[result].type.shape,
      graph[node.results[0]].type.shape == shape, let columns = matrix(of: index)?.columns
    else { return nil }
    let trail: Int
    if case .conv = graph.nodes[index].op { trail = shape.count - 2 } else { trail = 0 }
    let other = a == result ? b : a
    guard
      let constant = columnVector(
        other, columns: columns, rank: shape.count, trail: trail)
    else { return nil }
    return function.affine(of: constant, isFirst: a == result)
  }

  /// The matrix of the product at `index`.
  func matrix(of index: Int) -> WeightMatrix? {
    let node = graph.nodes[index]
    return node.operands[1].flatMap { graph[$0].type.fixedShape }.flatMap {
      WeightMatrix(of: node.op, shape: $0)
    }
  }

  /// Multiplies the columns of the product at `index` and adds to them, unless it has a ReLU.
  mutating func apply(factor: [Float], addend: [Float], to index: Int, name: String)
    -> Bool
  {
    guard let relu = product(graph.nodes[index]), !relu,
      let matrix = matrix(of: index), factor.count == matrix.columns,
      addend.count == matrix.columns
    else { return false }
    let columns = matrix.columns
    var node = graph.nodes[index]
    guard let weights = node.operands[1] else { return false }
    let element = graph[weights].type.element
    if factor.contains(where: { $0 != 1 }) {
      guard let values = floats(weights) else { return false }
      let shape = graph[weights].type.fixedShape ?? []
      let rows = columns == 0 ? 0 : values.count / columns
      var scaled = values
      var largest = [Float](repeating: 0, count: columns)
      for position in values.indices {
        let column = matrix.isByColumn ? position / rows : position % columns
        scaled[position] *= factor[column]
        largest[column] = max(largest[column], scaled[position].magnitude)
      }
      // Half precision must not lose the weights of a column below its normal numbers.
      guard element != .f16 || largest.allSatisfy({ $0 == 0 || Float16($0).isNormal }),
        let tensor = tensor(scaled, shape, element)
      else { return false }
      node.operands[1] = graph.addConstant(
        name: unique(graph[weights].name + "·" + name), tensor)
    }
    var bias = [Float](repeating: 0, count: columns)
    if node.operands.count > 2, let old = node.operands[2] {
      guard let values = columnVector(old, columns: columns, rank: 2, trail: 0) else {
        return false
      }
      bias = values
    }
    let combined = (0..<columns).map { bias[$0] * factor[$0] + addend[$0] }
    if node.operands.count < 3 { node.operands.append(nil) }
    if node.operands[2] != nil || combined.contains(where: { $0 != 0 }) {
      guard let tensor = tensor(combined, [columns], element) else { return false }
      node.operands[2] = graph.addConstant(name: unique(node.name + "·bias"), tensor)
    }
    graph.nodes[index] = node
    return true
  }

  // MARK: Constants

  func isSingleOrHalf(_ value: ValueID) -> Bool {
    graph[value].type.element == .f32 || graph[value].type.element == .f16
  }

  /// The elements of a constant of f32 or f16.
  func floats(_ value: ValueID) -> [Float]? {
    guard isSingleOrHalf(value) else { return nil }
    if shapesSuffice, case .reference? = graph[value].constant,
      let shape = graph[value].type.fixedShape, shape.count == 1
    {
      return Array(repeating: 0, count: shape[0])
    }
    return graph.tensor(of: value)?.floats()
  }

  /// `values` as a constant of f32 or f16; `nil` where one is beyond the range of f16.
  func tensor(_ values: [Float], _ shape: [Int], _ element: ElementType) -> Tensor? {
    guard element == .f16 else { return Tensor(values, shape: shape) }
    let halves = values.map { Float16($0) }
    guard zip(values, halves).allSatisfy({ !$0.isFinite || $1.isFinite }) else { return nil }
    return Tensor(halves, shape: shape)
  }

  private mutating func scaled(_ value: ValueID, by factor: Float) -> ValueID? {
    guard let values = floats(value), let shape = graph[value].type.fixedShape else { return nil }
    return tensor(values.map { $0 * factor }, shape, graph[value].type.element).map {
      graph.addConstant(name: unique(graph[value].name + "·scaled"), $0)
    }
  }

  /// A constant as one element a column, if it broadcasts so: a scalar, or a shape whose only
  /// dimension other than 1 is the column dimension, `trail` dimensions from the end.
  private func columnVector(_ value: ValueID, columns: Int, rank: Int, trail: Int) -> [Float]? {
    guard let shape = graph[value].type.fixedShape, shape.count <= rank,
      let values = floats(value)
    else { return nil }
    if values.count == 1 { return Array(repeating: values[0], count: columns) }
    let position = shape.count - 1 - trail
    guard position >= 0, shape[position] == columns, values.count == columns else { return nil }
    return values
  }

  private var names: TakenNames

  /// A value name that the graph does not have yet.
  mutating func unique(_ name: String) -> String { names.fresh(name) }

  /// A node name that the graph does not have yet.
  private mutating func uniqueNode(_ name: String) -> String { names.fresh(nodeName: name) }
}
