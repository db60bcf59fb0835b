import IR

/// Values that have the same channels, whatever the scale of each: sums of products with constant
/// weights, on their way through nodes that a positive factor of a channel passes unchanged, to other
/// products with constant weights.
struct ScaledChannels {
  /// The number of channels.
  let count: Int
  /// The products whose columns are the channels.
  private(set) var writers: [Int] = []
  /// The products whose rows are the channels.
  private(set) var readers: [Int] = []
  /// What these read, and the axis of the channels in it: equally many elements along it are of each.
  private(set) var inputs: [(value: ValueID, axis: Int)] = []

  /// The values around the result of node number `writer` in `graph`, with the `producers` and `users`
  /// of each; `nil` if a scale of its columns would be seen from outside.
  init?(from writer: Int, in graph: Graph, producers: [NodeID?], users: [[NodeID]]) {
    guard let axis = graph.columnAxis(of: graph.nodes[writer]) else { return nil }
    let result = graph.nodes[writer].results[0]
    count = graph[result].type.fixedShape?[axis] ?? 0
    guard count > 1 else { return nil }
    var axes: [ValueID: Int] = [:]
    var open = [(value: result, axis: axis)]
    while let (value, axis) = open.popLast() {
      if let known = axes[value] {
        if known == axis { continue }
        return nil
      }
      axes[value] = axis
      guard let shape = graph[value].type.fixedShape, shape[axis].isMultiple(of: count),
        !graph.outputs.contains(value), let producer = producers[value.index]
      else { return nil }
      if graph.columnAxis(of: graph[producer]) == axis {
        writers.append(producer.index)
      } else if let others = graph.sameChannels(producer, value, axis, count) {
        open += others
      } else {
        return nil
      }
      for user in users[value.index] {
        if graph.rowAxis(of: graph[user], reading: value) == axis {
          readers.append(user.index)
          if inputs.last?.value != value { inputs.append((value, axis)) }
        } else if let others = graph.sameChannels(user, value, axis, count) {
          open += others
        } else {
          return nil
        }
      }
    }
    if readers.isEmpty { return nil }
  }
}

extension Graph {
  /// The axis of the columns in the result of a product whose columns can be scaled.
  fileprivate func columnAxis(of node: Node) -> Int? {
    guard let matrix = scalableMatrix(of: node), node.ranges.output == nil,
      node.residualColumns == 0
    else { return nil }
    if case .matMul = node.op {
      // A product with a vector has no axis of columns.
      let isPlain =
        node.operands[1] == matrix.weights && self[matrix.weights].type.fixedShape?.count ?? 0 > 1
      return isPlain ? self[node.results[0]].type.fixedShape.map { $0.count - 1 } : nil
    }
    return 1
  }

  /// The axis of the rows in `value`, which a product whose rows can be scaled reads as its input.
  fileprivate func rowAxis(of node: Node, reading value: ValueID) -> Int? {
    guard let matrix = scalableMatrix(of: node), node.ranges.input == nil,
      matrix.input == value, node.operands.count(where: { $0 == value }) == 1
    else { return nil }
    return channelAxis(of: node)
  }

  /// The matrix of a product of f32 whose weights and bias are known, one number a column.
  private func scalableMatrix(of node: Node) -> LayerMatrix? {
    guard let matrix = LayerMatrix(node, in: self), tensor(of: matrix.weights)?.type == .f32,
      self[matrix.input].type.element == .f32, self[node.results[0]].type.element == .f32
    else { return nil }
    switch matrix.order {
    case .rowByRow, .columnByColumn: break
    case .gates, .wide: return nil
    }
    guard let bias = matrix.bias else { return matrix }
    guard let tensor = tensor(of: bias), tensor.type == .f32, tensor.count == matrix.columns
    else { return nil }
    return matrix
  }

  /// All that node number `id` reads and writes, with the axis of the channels, if a positive factor of a
  /// channel of `value` is one of the same channel in all of it; `nil` if it is not.
  fileprivate func sameChannels(
    _ id: NodeID, _ value: ValueID, _ axis: Int, _ count: Int
  ) -> [(value: ValueID, axis: Int)]? {
    let node = self[id]
    guard node.results.count == 1, let input = node.operands.first ?? nil,
      let from = self[input].type.fixedShape, let to = self[node.results[0]].type.fixedShape,
      self[input].type.element == .f32
    else { return nil }
    let result = node.results[0]
    let isInput = value == input
    switch node.op {
    case .unary(.relu), .unary(.identity), .unary(.leakyRelu):
      return [(input, axis), (result, axis)]
    case .binary(.add):
      guard let other = node.operands[1], self[other].type.fixedShape == from else { return nil }
      return [(input, axis), (other, axis), (result, axis)]
    case .pool(let pool) where pool.kind == .max || pool.kind == .average:
      return axis == 1 ? [(input, axis), (result, axis)] : nil
    case .globalPool(.max), .globalPool(.average):
      return axis == 1 ? [(input, axis), (result, axis)] : nil
    case .transpose(let permutation):
      guard let place = permutation.firstIndex(of: axis) else { return nil }
      return isInput
        ? [(input, axis), (result, place)] : [(input, permutation[axis]), (result, axis)]
    case .reshape, .flatten, .squeeze, .unsqueeze:
      let (own, others) = isInput ? (from, to) : (to, from)
      let before = own[..<axis].reduce(1, *)
      let place = others.indices.first {
        others[..<$0].reduce(1, *) == before && others[$0].isMultiple(of: count)
          && others[$0] > 0
      }
      guard let place else { return nil }
      return isInput ? [(input, axis), (result, place)] : [(input, place), (result, axis)]
    default: return nil
    }
  }
}
