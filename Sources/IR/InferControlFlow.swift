import Basics

/// What is inferred of an operator with regions.
struct InferredControl {
  /// The operator, with the types of the values in its regions.
  var control: ControlFlow
  /// The types of the results.
  var types: [ValueType]
  /// The regions that may be evaluated, by position.
  var reached: [Int]
}

extension Inference {
  /// The types of an operator with regions, in its regions and of its results.
  func control(_ control: ControlFlow) throws(Diagnostics) -> InferredControl {
    switch control {
    case .conditional(let then, let otherwise): try conditional(then, otherwise)
    case .loop(let loop): try self.loop(loop)
    case .scan(let scan): try self.scan(scan)
    }
  }

  private func conditional(
    _ then: Graph, _ otherwise: Graph
  ) throws(Diagnostics) -> InferredControl {
    try requireOne(0)
    let inputs = try types(from: 1)
    var regions = [then, otherwise]
    // Of a branch that is never taken, even the shapes need not fit.
    let reached = integers(0).map { $0 == [0] ? [1] : [0] } ?? [0, 1]
    var results: [[ValueType]] = []
    for index in reached {
      let elements = node.operands.indices.dropFirst().map { self.elements($0) }
      results.append(try infer(&regions[index], inputs, elements: elements))
    }
    guard then.outputs.count == otherwise.outputs.count else {
      throw fault(
        "has branches of \(then.outputs.count) and \(otherwise.outputs.count) outputs")
    }
    try requireResults(then.outputs.count)
    var types = results[0]
    if results.count == 2 {
      for (index, other) in results[1].enumerated() {
        guard types[index].element == other.element else {
          throw fault(
            "has branches whose output \(index) is of type \(types[index].element) and"
              + " \(other.element)")
        }
        types[index] = common(types[index], other, result: index)
      }
    }
    return InferredControl(
      control: .conditional(then: regions[0], otherwise: regions[1]),
      types: types.enumerated().map { outside($1, result: $0) }, reached: reached)
  }

  private func loop(_ loop: Loop) throws(Diagnostics) -> InferredControl {
    if operand(0) != nil {
      guard type(0).element == .i64 else { throw fault("takes a maximum of type i64") }
      try requireOne(0)
    }
    if operand(1) != nil {
      guard type(1).element == .bool else { throw fault("takes a condition of type bool") }
      try requireOne(1)
    }
    let given = try types(from: 2)
    let count = loop.carriedCount
    guard count >= 0, count <= given.count else {
      throw fault("carries \(count) values, but has \(given.count)")
    }
    let first = [ValueType(.i64, []), ValueType(.bool, [])]
    var carried = Array(given[..<count])
    var body = loop.body
    var outputs: [ValueType] = []
    // What changes from one iteration to the next is not known; twice, since its rank may, too.
    for round in 0..<3 {
      body = loop.body
      let inputs = first + carried + given[count...]
      let elements = node.operands.indices.dropFirst(2 + count).map { self.elements($0) }
      outputs = try infer(
        &body, inputs,
        elements: [[Dimension]?](repeating: nil, count: 2 + count) + elements)
      guard outputs.count >= 1 + count else {
        throw fault("has a body of \(outputs.count) outputs; it needs at least \(1 + count)")
      }
      let next = try carry(carried, outputs[1..<1 + count], round: round)
      if next == carried { break }
      carried = next
    }
    guard outputs[0].element == .bool, outputs[0].count ?? 1 == 1 else {
      throw fault("has a body whose first output is \(outputs[0]) instead of a condition")
    }
    try requireResults(outputs.count - 1)
    // Without a condition that may end it early, a loop runs as often as it may at most.
    let startsAlways = operand(1) == nil || integers(1) == [1]
    let trips = startsAlways && endsNever(body) ? integers(0)?.first.map { max($0, 0) } : nil
    var types = carried.enumerated().map { outside($1, result: $0) }
    for output in outputs[(1 + count)...] {
      let result = types.count
      types.append(
        collected(
          output, axis: 0, count: trips.map(Dimension.fixed) ?? unknown(0, result: result), result))
    }
    return InferredControl(
      control: .loop(Loop(body: body, carriedCount: count)), types: types, reached: [0])
  }

  private func scan(_ scan: Scan) throws(Diagnostics) -> InferredControl {
    let given = try types(from: 0)
    let count = scan.stateCount
    guard count >= 0, count <= given.count, scan.scanned.count <= given.count - count,
      !scan.scanned.isEmpty
    else {
      throw fault(
        "has \(given.count) operands for \(count) states and \(scan.scanned.count) to scan")
    }
    var length: Dimension?
    var elements: [ValueType] = []
    for (index, axis) in scan.scanned.enumerated() {
      var type = given[count + index]
      if let shape = type.shape {
        let axis = try resolve(axis: axis.axis, rank: shape.count)
        let size = type.shape?.remove(at: axis)
        if let size, let known = length {
          guard let both = unified(known, size) else {
            throw fault("scans operands of \(known) and of \(size) elements side by side")
          }
          length = both
        } else {
          length = size
        }
      }
      elements.append(type)
    }
    var states = Array(given[..<count])
    var body = scan.body
    var outputs: [ValueType] = []
    for round in 0..<3 {
      body = scan.body
      outputs = try infer(
        &body, states + elements + given[(count + elements.count)...],
        elements: given.map { _ in nil })
      guard outputs.count == count + scan.collected.count else {
        throw fault(
          "has a body of \(outputs.count) outputs; it needs \(count + scan.collected.count)")
      }
      let next = try carry(states, outputs[..<count], round: round)
      if next == states { break }
      states = next
    }
    try requireResults(outputs.count)
    var types = states.enumerated().map { outside($1, result: $0) }
    for (output, axis) in zip(outputs[count...], scan.collected) {
      let rank = (output.shape?.count ?? 0) + 1
      let position = output.shape == nil ? 0 : try resolve(axis: axis.axis, rank: rank)
      let result = types.count
      types.append(
        collected(
          output, axis: position, count: length ?? unknown(position, result: result), result))
    }
    return InferredControl(
      control: .scan(
        Scan(body: body, stateCount: count, scanned: scan.scanned, collected: scan.collected)),
      types: types, reached: [0])
  }

  /// Infers the types in `region`, whose inputs are of the types `inputs`, and returns those of its
  /// outputs.
  private func infer(
    _ region: inout Graph, _ inputs: [ValueType], elements: [[Dimension]?]
  ) throws(Diagnostics) -> [ValueType] {
    guard region.inputs.count == inputs.count else {
      throw fault("has a region of \(region.inputs.count) inputs; it needs \(inputs.count)")
    }
    var known = KnownElements()
    for (index, id) in region.inputs.enumerated() {
      guard id.index < region.values.count else { throw fault("has a region without its inputs") }
      guard region[id].type.element == inputs[index].element else {
        throw fault(
          "has a region whose input \(quoted(region[id].name)) is of type"
            + " \(region[id].type.element), not \(inputs[index].element)")
      }
      region[id].type = inputs[index]
      known[id] = elements[index]
    }
    do throws(Diagnostics) {
      try region.inferTypes(known: known)
    } catch {
      throw error.inside(node)
    }
    guard region.outputs.allSatisfy({ $0.index < region.values.count }) else {
      throw fault("has a region without its outputs")
    }
    return region.outputs.map { region[$0].type }
  }

  /// The types that fit both `old`, what an iteration gets, and `new`, what it passes on.
  private func carry(
    _ old: [ValueType], _ new: ArraySlice<ValueType>, round: Int
  ) throws(Diagnostics) -> [ValueType] {
    var types: [ValueType] = []
    for (index, (old, new)) in zip(old, new).enumerated() {
      guard old.element == new.element else {
        throw fault("carries value \(index) of type \(old.element), and \(new.element) on")
      }
      let both = common(old, new, result: index)
      // After the first round, what is still not the same has no known rank.
      types.append(round > 0 && both != old ? ValueType(old.element, nil) : both)
    }
    return types
  }

  /// The type of what is of type `a` or `b`.
  private func common(_ a: ValueType, _ b: ValueType, result: Int) -> ValueType {
    guard let x = a.shape, let y = b.shape, x.count == y.count else {
      return ValueType(a.element, nil)
    }
    return ValueType(
      a.element,
      x.indices.map { axis in
        x[axis] == y[axis] ? x[axis] : unknown(axis, result: result)
      })
  }

  /// The type of elements of type `element`, side by side along dimension `axis`.
  private func collected(
    _ element: ValueType, axis: Int, count: Dimension, _ result: Int
  ) -> ValueType {
    guard var shape = element.shape else { return element }
    shape.insert(count, at: axis)
    return outside(ValueType(element.element, shape), result: result)
  }

  /// The type of a result: sizes that only a region knows are not known outside.
  private func outside(_ type: ValueType, result: Int) -> ValueType {
    guard let shape = type.shape, shape.contains(where: { $0.value == nil }) else { return type }
    let symbols = node.operands.flatMap { $0.flatMap { graph[$0].type.shape } ?? [] }
    return ValueType(
      type.element,
      shape.enumerated().map { axis, size in
        size.value != nil || symbols.contains(size) ? size : unknown(axis, result: result)
      })
  }

  /// Whether the first output of a body says at once that the loop goes on.
  private func endsNever(_ body: Graph) -> Bool {
    guard let output = body.outputs.first, body.inputs.count > 1 else { return false }
    if output == body.inputs[1] { return true }
    if let tensor = body.tensor(of: output), tensor.type == .bool, tensor.count == 1 {
      return tensor.elements(of: Bool8.self)[0].value
    }
    let source = body.nodes.first { $0.results.contains(output) }
    guard let source, case .unary(.identity) = source.op else { return false }
    return source.operands[0] == body.inputs[1]
  }

  /// The types of the operands from `index` on, none of which may be left out.
  private func types(from index: Int) throws(Diagnostics) -> [ValueType] {
    var types: [ValueType] = []
    for position in node.operands.indices.dropFirst(index) {
      guard let id = node.operands[position] else { throw fault("lacks operand \(position)") }
      types.append(graph[id].type)
    }
    return types
  }

  private func requireOne(_ index: Int) throws(Diagnostics) {
    guard let count = type(index).count, count != 1 else { return }
    throw fault("takes \(operandName(index)) of one element, not \(type(index))")
  }

  private func requireResults(_ count: Int) throws(Diagnostics) {
    guard node.results.count != count else { return }
    throw fault("has \(node.results.count) results; its regions give \(count)")
  }
}

extension Diagnostics {
  /// The diagnostics of a region of `node`: each node there is named after `node`, a dot and its
  /// own name.
  public func inside(_ node: Node) -> Diagnostics {
    Diagnostics(
      items.map { item in
        var item = item
        if let inner = item.node {
          item.node = "\(node.name).\(inner)"
        } else {
          (item.node, item.op) = (node.name, node.op.onnxName)
        }
        return item
      })
  }
}
