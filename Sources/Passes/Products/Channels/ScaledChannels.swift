import IR

/// Values that have the same channels, whatever the scale of each: sums of products with constant
/// weights, on their way through nodes that a positive factor of a channel passes unchanged, to other
/// products with constant weights.
struct ScaledChannels {
  /// The number of channels.
  let count: Int
  /// The products whose columns are the channels.
  private(set) var writers: [NodeID] = []
  /// The products whose rows are the channels.
  private(set) var readers: [NodeID] = []
  /// What these read, and the axis of the channels in it: equally many elements along it are of each.
  private(set) var inputs: [(value: ValueID, axis: Int)] = []

  /// The values around the result of the product `writer` of `graph`, with the `producers` and `users`
  /// of each; `nil` if a scale of its columns would be seen from outside.
  init?(
    from writer: Product, among products: Products, in graph: Graph, producers: [NodeID?],
    users: [[NodeID]]
  ) {
    guard let axis = graph.scalableColumns(of: writer) else { return nil }
    count = graph[writer.result].type.fixedShape?[axis] ?? 0
    guard count > 1 else { return nil }
    var axes: [ValueID: Int] = [:]
    var open = [(value: writer.result, axis: axis)]
    while let (value, axis) = open.popLast() {
      if let known = axes[value] {
        if known == axis { continue }
        return nil
      }
      axes[value] = axis
      guard let shape = graph[value].type.fixedShape, shape[axis].isMultiple(of: count),
        !graph.outputs.contains(value), let producer = producers[value.index]
      else { return nil }
      if products[producer].flatMap(graph.scalableColumns) == axis {
        writers.append(producer)
      } else if let others = graph.sameChannels(producer, value, axis, count) {
        open += others
      } else {
        return nil
      }
      for user in users[value.index] {
        if products[user].flatMap({ graph.scalableRows(of: $0, in: value) }) == axis {
          readers.append(user)
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
  fileprivate func scalableColumns(of product: Product) -> Int? {
    isScalable(product) && product.ranges.output == nil ? product.columnAxis : nil
  }

  /// The axis of the rows in `value`, which a product whose rows can be scaled reads as its input.
  func scalableRows(of product: Product, in value: ValueID) -> Int? {
    isScalable(product) && product.ranges.input.isEmpty && product.input == value
      && self[product.node].operands.count(where: { $0 == value }) == 1
      ? product.rowAxis : nil
  }

  /// Whether a product is of f32, and its weights and bias are known, one number a column.
  private func isScalable(_ product: Product) -> Bool {
    guard tensor(of: product.weights)?.type == .f32, self[product.input].type.element == .f32,
      self[product.result].type.element == .f32
    else { return false }
    guard let bias = product.bias else { return true }
    guard let tensor = tensor(of: bias) else { return false }
    return tensor.type == .f32 && tensor.count == product.columns
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
