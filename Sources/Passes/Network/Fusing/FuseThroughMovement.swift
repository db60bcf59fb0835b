import Basics
import IR
import Reference

extension Fusion {
  /// Lets products absorb what only movement of their results parts from them: a batch normalization, or
  /// a sum, difference, product or quotient with a constant, behind reshapes, transpositions, slices and
  /// concatenations, as the phases of a transposed convolution have them.
  ///
  /// Which elements of the constant meet which column, the column's number itself tells, moved as the
  /// results are. Where all elements of every column meet the same factor and addend, the products
  /// absorb them.
  mutating func absorbThroughMovement() {
    let order = graph.nodes.indices.map { graph.nodes[$0].results }
    var producers = graph.producers()
    var users = graph.users()
    for (index, results) in order.enumerated() {
      guard let follower = AffineFollower(graph.nodes[index], in: self),
        let producer = producers[follower.input.index], graph[producer].op.isMovement,
        let tree = MovementTree(above: follower.input, producers, users, index, in: self),
        absorb(follower, into: tree, name: graph.nodes[index].name)
      else { continue }
      // The movement gives what the follower gave.
      let place = graph[producer].results.firstIndex(of: follower.input)!
      graph.nodes[producer.index].results[place] = results[0]
      graph.nodes[index].results = []
      graph.nodes[index].operands = []
      producers = graph.producers()
      users = graph.users()
    }
    graph.nodes.removeAll { $0.results.isEmpty }
  }

  /// Whether the products and constants of `tree` take `follower`; if not, nothing changes.
  private mutating func absorb(
    _ follower: AffineFollower, into tree: MovementTree, name: String
  ) -> Bool {
    guard let sources = tree.sources(in: graph),
      let chosen = follower.choices(for: sources, slots: tree.slotCount)
    else { return false }
    var changed = self
    for source in tree.sources {
      let slots = chosen[source.slots]
      let factor = slots.map { $0.map { follower.factor[$0] } ?? 1 }
      let addend = slots.map { $0.map { follower.addend[$0] } ?? 0 }
      switch source.kind {
      case .product(let node):
        guard changed.apply(factor: factor, addend: addend, to: node, name: name) else {
          return false
        }
      case .constant(let value, let readers):
        guard let elements = floats(value), let shape = graph[value].type.fixedShape else {
          return false
        }
        let moved = elements.indices.map { elements[$0] * factor[$0] + addend[$0] }
        guard let tensor = tensor(moved, shape, graph[value].type.element) else { return false }
        let constant = changed.graph.addConstant(
          name: changed.unique(graph[value].name + "·" + name), tensor)
        for reader in readers {
          for place in changed.graph.nodes[reader].operands.indices
          where changed.graph.nodes[reader].operands[place] == value {
            changed.graph.nodes[reader].operands[place] = constant
          }
        }
      }
    }
    self = changed
    return true
  }
}

/// A node that multiplies a value with constants and adds constants, element by element.
private struct AffineFollower {
  /// The value.
  let input: ValueID
  /// The dimensions of the value.
  let shape: [Int]
  /// What an element is multiplied with, and what is then added.
  let factor: [Float]
  let addend: [Float]
  /// How far apart neighbours along each dimension of the value are in `factor` and `addend`.
  private let strides: [Int]

  init?(_ node: Node, in fusion: Fusion) {
    guard let a = node.operands.first ?? nil, node.results.count == 1 else { return nil }
    let graph = fusion.graph
    var operand = a
    let constantShape: [Int]
    switch node.op {
    case .batchNormalization(let epsilon):
      guard let values = fusion.graph.channelAffine(of: node, epsilon: epsilon),
        let rank = graph[a].type.shape?.count, rank > 1
      else { return nil }
      (factor, addend) = values
      constantShape = [values.factor.count] + [Int](repeating: 1, count: rank - 2)
    case .binary(let function):
      guard node.operands.count == 2, let b = node.operands[1], a != b else { return nil }
      let isFirst = graph[a].constant == nil
      operand = isFirst ? a : b
      guard let constant = fusion.floats(isFirst ? b : a),
        let shape = graph[isFirst ? b : a].type.fixedShape,
        let values = function.affine(of: constant, isFirst: isFirst)
      else { return nil }
      (factor, addend) = values
      constantShape = shape
    default: return nil
    }
    guard let shape = graph[operand].type.fixedShape, fusion.isSingleOrHalf(operand),
      graph[node.results[0]].type.fixedShape == shape, constantShape.count <= shape.count
    else { return nil }
    input = operand
    self.shape = shape
    var strides: [Int] = []
    var stride = 1
    // Dimensions that are not there count as 1.
    for place in 0..<shape.count {
      let axis = constantShape.count - 1 - place
      let size = axis < 0 ? 1 : constantShape[axis]
      strides.append(size == 1 ? 0 : stride)
      stride *= size
    }
    self.strides = strides.reversed()
  }

  /// The element of the constants that each slot meets, where `sources` has the slot of every element of
  /// the value; `nil` for a slot that no element has.
  ///
  /// Returns `nil` where elements of one slot meet different constants.
  func choices(for sources: [Int32], slots: Int) -> [Int?]? {
    var chosen = [Int?](repeating: nil, count: slots)
    var position = [Int](repeating: 0, count: shape.count)
    var place = 0
    for source in sources {
      if let known = chosen[Int(source)] {
        guard known == place || factor[known] == factor[place] && addend[known] == addend[place]
        else { return nil }
      } else {
        chosen[Int(source)] = place
      }
      for axis in shape.indices.reversed() {
        position[axis] += 1
        place += strides[axis]
        if position[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        position[axis] = 0
      }
    }
    return chosen
  }
}

extension BinaryFunction {
  /// The factors and addends of x, the first operand or the second, where the other one is `constant`.
  func affine(of constant: [Float], isFirst: Bool) -> (
    factor: [Float], addend: [Float]
  )? {
    let ones = [Float](repeating: 1, count: constant.count)
    let zeros = [Float](repeating: 0, count: constant.count)
    switch self {
    case .add: return (ones, constant)
    case .sub: return isFirst ? (ones, constant.map { -$0 }) : (ones.map { -$0 }, constant)
    case .mul: return (constant, zeros)
    case .div:
      let factor = constant.map { 1 / $0 }
      return isFirst && factor.allSatisfy(\.isFinite) ? (factor, zeros) : nil
    default: return nil
    }
  }
}

/// The nodes that move results of products, and constants, into one value that nothing else uses.
private struct MovementTree {
  /// What is moved: a product, whose columns have a slot each, or a constant of f32, whose elements have.
  struct Source {
    enum Kind {
      case product(Int)
      case constant(ValueID, readers: [Int])
    }
    var kind: Kind
    var value: ValueID
    var slots: Range<Int>
  }

  private(set) var sources: [Source] = []
  private(set) var slotCount = 0
  /// The nodes that move them, in order.
  private var nodes: [Int] = []
  private let root: ValueID

  /// The most elements of a value whose way is followed.
  private static let mostElements = 1 << 25

  /// The tree above `root`, which node number `user` alone uses; `nil` if anything but that sees what is in
  /// it, or if not all of it is movement of products that can absorb something.
  init?(
    above root: ValueID, _ producers: [NodeID?], _ users: [[NodeID]], _ user: Int,
    in fusion: Fusion
  ) {
    let graph = fusion.graph
    self.root = root
    var known: Set<ValueID> = []
    var members: Set<Int> = [user]
    var constants: [ValueID: [Int]] = [:]
    var order: [ValueID] = []
    var open = [root]
    while let value = open.popLast() {
      guard known.insert(value).inserted else { continue }
      guard !graph.outputs.contains(value), let producer = producers[value.index]?.index,
        graph[value].type.element == .f32, let count = graph[value].type.count,
        count <= Self.mostElements
      else { return nil }
      let node = graph.nodes[producer]
      if fusion.product(node) == false {
        guard let columns = fusion.matrix(of: producer)?.columns else { return nil }
        sources.append(
          Source(kind: .product(producer), value: value, slots: slotCount..<slotCount + columns))
        slotCount += columns
        continue
      }
      guard node.op.isMovement else { return nil }
      members.insert(producer)
      for result in node.results where !users[result.index].isEmpty { open.append(result) }
      for (place, operand) in node.operands.enumerated() {
        guard let operand else { continue }
        if graph[operand].constant == nil {
          open.append(operand)
        } else if node.op.moves(operandAt: place) {
          if constants[operand] == nil { order.append(operand) }
          constants[operand, default: []].append(producer)
        }
      }
    }
    guard !sources.isEmpty,
      known.allSatisfy({ users[$0.index].allSatisfy { members.contains($0.index) } })
    else { return nil }
    for constant in order {
      guard let count = graph[constant].type.count, graph[constant].type.element == .f32,
        count <= Self.mostElements
      else { return nil }
      sources.append(
        Source(
          kind: .constant(constant, readers: constants[constant] ?? []), value: constant,
          slots: slotCount..<slotCount + count))
      slotCount += count
    }
    nodes = members.subtracting([user]).sorted()
  }

  /// The slot that every element of the root comes from; `nil` if it cannot be told.
  func sources(in graph: Graph) -> [Int32]? {
    var values: [ValueID: Tensor] = [:]
    for source in sources {
      guard let shape = graph[source.value].type.fixedShape else { return nil }
      let count = shape.reduce(1, *)
      let first = Int32(source.slots.lowerBound)
      var slots = [Int32](repeating: 0, count: count)
      switch source.kind {
      case .constant: for index in 0..<count { slots[index] = first + Int32(index) }
      case .product(let node):
        var axis = shape.count - 1
        if case .conv = graph.nodes[node].op { axis = 1 }
        guard shape.indices.contains(axis), shape[axis] == source.slots.count else { return nil }
        let stride = shape[(axis + 1)...].reduce(1, *)
        for index in 0..<count { slots[index] = first + Int32(index / stride % shape[axis]) }
      }
      values[source.value] = Tensor(slots, shape: shape)
    }
    for index in nodes {
      let node = graph.nodes[index]
      let operands = node.operands.map { operand in
        operand.flatMap { values[$0] ?? graph.tensor(of: $0) }
      }
      guard zip(operands, node.operands).allSatisfy({ ($0 == nil) == ($1 == nil) }),
        let results = try? evaluate(node, operands: operands)
      else { return nil }
      for (id, result) in zip(node.results, results) { values[id] = result }
    }
    guard let result = values[root], result.type == .i32 else { return nil }
    return result.elements(of: Int32.self)
  }
}

extension Op {
  /// Whether results are elements of operands, each where only shapes and constants say.
  fileprivate var isMovement: Bool {
    switch self {
    case .reshape, .flatten, .squeeze, .unsqueeze, .transpose, .concat, .slice, .split,
      .unary(.identity), .movement(.depthToSpace), .movement(.spaceToDepth):
      true
    default: false
    }
  }

  /// Whether results hold elements of the operand at `place`, which else says how the others move.
  fileprivate func moves(operandAt place: Int) -> Bool {
    if case .concat = self { true } else { place == 0 }
  }
}
