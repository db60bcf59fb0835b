import Basics
import IR

/// Puts the regions of nodes in the place of the nodes.
extension Folder {
  /// How many iterations of a loop or scan are unrolled at most.
  public static let iterationLimit = 1024
  /// How many nodes unrolling adds to a graph at most.
  static let nodeLimit = 1 << 16

  /// Replaces `node`, whose operands fit `control`, by what it evaluates, if that is known; says
  /// whether it did.
  ///
  /// Where one node inside a loop cannot be replaced, the outermost loop stays as it was.
  mutating func unfold(_ control: ControlFlow, of node: Node) -> Bool {
    if case .conditional(let then, let otherwise) = control {
      let isDone = choose(then, otherwise, node)
      if !isDone && loopDepth > 0 { isStuck = true }
      return isDone
    }
    guard loopDepth == 0 else {
      if !unroll(control, node) { isStuck = true }
      return !isStuck
    }
    let before = self
    guard unroll(control, node), !isStuck else {
      let unrolledNodes = self.unrolledNodes
      self = before
      self.unrolledNodes = unrolledNodes
      return false
    }
    return true
  }

  private mutating func unroll(_ control: ControlFlow, _ node: Node) -> Bool {
    loopDepth += 1
    defer { loopDepth -= 1 }
    switch control {
    case .conditional: return false
    case .loop(let loop): return unroll(loop, node)
    case .scan(let scan): return unroll(scan, node)
    }
  }

  private mutating func choose(_ then: Graph, _ otherwise: Graph, _ node: Node) -> Bool {
    guard let condition = node.operands[0].flatMap(numbers), condition.count == 1 else {
      return false
    }
    inline(
      condition[0] == 0 ? otherwise : then, inputs: node.operands.dropFirst().compactMap { $0 },
      prefix: "\(node.name).", results: node.results)
    return true
  }

  private mutating func unroll(_ loop: Loop, _ node: Node) -> Bool {
    func given(_ index: Int) -> ValueID? {
      index < node.operands.count ? node.operands[index] : nil
    }
    var maximum: Int?
    if let id = given(0) {
      guard let numbers = numbers(of: id), numbers.count == 1 else { return false }
      maximum = numbers[0]
    }
    if loop.staysTrue, maximum ?? .max > Self.iterationLimit { return false }
    var goesOn = true
    if let id = given(1) {
      guard let numbers = numbers(of: id), numbers.count == 1 else { return false }
      goesOn = numbers[0] != 0
    }
    var carried = node.operands.dropFirst(2).prefix(loop.carriedCount).compactMap { $0 }
    let captured = node.operands.dropFirst(2 + loop.carriedCount).compactMap { $0 }
    var collected = loop.body.outputs.dropFirst(1 + loop.carriedCount).map { _ in [ValueID]() }
    var iteration = 0
    while goesOn && iteration < maximum ?? .max {
      guard reserve(loop.body, iteration) else { return false }
      let prefix = "\(node.name).\(iteration)."
      let number = addConstant(prefix + "iteration", Tensor(scalar: Int64(iteration)))
      let condition = addConstant(prefix + "condition", Tensor(scalar: Bool8(true)))
      let outputs = inline(
        loop.body, inputs: [number, condition] + carried + captured, prefix: prefix)
      guard !isStuck, let next = numbers(of: outputs[0]), next.count == 1 else { return false }
      goesOn = next[0] != 0
      carried = Array(outputs[1..<1 + loop.carriedCount])
      for index in collected.indices {
        collected[index].append(outputs[1 + loop.carriedCount + index])
      }
      iteration += 1
    }
    for (result, value) in zip(node.results, carried) { pass(value, as: result, node) }
    for (index, parts) in collected.enumerated() {
      let position = loop.carriedCount + index
      let type = loop.body[loop.body.outputs[1 + position]].type
      guard stack(parts, of: type, axis: 0, as: node.results[position], node) else { return false }
    }
    return true
  }

  private mutating func unroll(_ scan: Scan, _ node: Node) -> Bool {
    let operands = node.operands.compactMap { $0 }
    let scanned = operands[scan.stateCount..<scan.stateCount + scan.scanned.count]
    guard let length = graph.length(of: scan, node), length <= Self.iterationLimit else {
      return false
    }
    var states = Array(operands[..<scan.stateCount])
    let captured = operands[(scan.stateCount + scan.scanned.count)...]
    var collected = scan.collected.map { _ in [ValueID]() }
    for step in 0..<length {
      guard reserve(scan.body, step) else { return false }
      let prefix = "\(node.name).\(step)."
      var elements: [ValueID] = []
      for (id, axis) in zip(scanned, scan.scanned) {
        let position = Int64(axis.isReversed ? length - 1 - step : step)
        let index = addConstant(prefix + "position", Tensor(scalar: position))
        elements.append(compute(.gather(axis: axis.axis), [id, index], prefix + "element"))
      }
      let outputs = inline(scan.body, inputs: states + elements + captured, prefix: prefix)
      guard !isStuck else { return false }
      states = Array(outputs[..<scan.stateCount])
      for index in collected.indices { collected[index].append(outputs[scan.stateCount + index]) }
    }
    for (result, value) in zip(node.results, states) { pass(value, as: result, node) }
    for (index, axis) in scan.collected.enumerated() {
      let parts = axis.isReversed ? collected[index].reversed() : collected[index]
      let position = scan.stateCount + index
      let type = scan.body[scan.body.outputs[position]].type
      guard stack(parts, of: type, axis: axis.axis, as: node.results[position], node) else {
        return false
      }
    }
    return true
  }

  /// Whether there may be one more iteration over `body`.
  private mutating func reserve(_ body: Graph, _ iteration: Int) -> Bool {
    guard iteration < Self.iterationLimit, unrolledNodes + body.nodes.count < Self.nodeLimit else {
      return false
    }
    unrolledNodes += body.nodes.count + 1
    return true
  }

  /// Folds the nodes of `region`, given its inputs, and returns its outputs.
  ///
  /// Where it can, an output becomes the value of `results` at its position; names get `prefix`.
  @discardableResult private mutating func inline(
    _ region: Graph, inputs: [ValueID], prefix: String, results: [ValueID] = []
  ) -> [ValueID] {
    var ids = [ValueID?](repeating: nil, count: region.values.count)
    for (inner, outer) in zip(region.inputs, inputs) { ids[inner.index] = outer }
    let producers = region.producers()
    for (inner, outer) in zip(region.outputs, results)
    where producers[inner.index] != nil && ids[inner.index] == nil {
      ids[inner.index] = outer
    }
    func id(_ inner: ValueID, in folder: inout Folder) -> ValueID {
      if let known = ids[inner.index] { return known }
      var value = region[inner]
      value.name = folder.fresh(prefix + value.name)
      let id = folder.add(value)
      ids[inner.index] = id
      return id
    }
    for var node in region.nodes where !isStuck {
      node.name = freshNodeName(prefix + node.name)
      node.operands = node.operands.map { $0.map { id($0, in: &self) } }
      node.results = node.results.map { id($0, in: &self) }
      fold(node)
    }
    let outputs = region.outputs.map { id($0, in: &self) }
    for (output, result) in zip(outputs, results) where output != result {
      fold(
        Node(
          name: freshNodeName(prefix + "copy"), op: .unary(.identity), operands: [output],
          results: [result]))
    }
    return outputs.map(alias)
  }

  /// Makes `result` of `node` the same as `value`.
  private mutating func pass(_ value: ValueID, as result: ValueID, _ node: Node) {
    fold(
      Node(
        name: freshNodeName("\(node.name).copy"), op: .unary(.identity), operands: [value],
        results: [result]))
  }

  /// Makes `result` of `node` the `parts` side by side along a new dimension; says whether it could:
  /// without parts, the type of one must be known.
  private mutating func stack(
    _ parts: [ValueID], of type: ValueType, axis: Int, as result: ValueID, _ node: Node
  ) -> Bool {
    guard let first = parts.first else {
      guard var shape = type.fixedShape, axis >= -shape.count - 1, axis <= shape.count else {
        return false
      }
      shape.insert(0, at: axis < 0 ? axis + shape.count + 1 : axis)
      let nothing = Tensor(type: type.element, shape: shape, bytes: Bytes(count: 0) { _ in })
      pass(addConstant("\(node.name).nothing", nothing), as: result, node)
      return true
    }
    guard let rank = graph[first].type.shape?.count else { return false }
    let place = addConstant(
      "\(node.name).axis", Tensor([Int64(axis < 0 ? axis + rank + 1 : axis)], shape: [1]))
    let elements = parts.map { compute(.unsqueeze, [$0, place], "\(node.name).element") }
    fold(
      Node(
        name: freshNodeName("\(node.name).collected"), op: .concat(axis: axis), operands: elements,
        results: [result]))
    return true
  }

  /// Folds a node with one result, which is returned; both are called `name`.
  private mutating func compute(_ op: Op, _ operands: [ValueID], _ name: String) -> ValueID {
    let result = add(Value(name: fresh(name), type: ValueType(.f32, nil)))
    fold(Node(name: freshNodeName(name), op: op, operands: operands, results: [result]))
    return alias(result)
  }

  private mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    add(
      Value(
        name: fresh(name), type: ValueType(tensor.type, fixed: tensor.shape),
        constant: .tensor(tensor)))
  }

  private mutating func fresh(_ name: String) -> String {
    if names == nil { names = TakenNames(whileChanging: graph) }
    return names!.fresh(name)
  }

  private mutating func freshNodeName(_ name: String) -> String {
    if names == nil { names = TakenNames(whileChanging: graph) }
    return names!.fresh(nodeName: name)
  }
}
