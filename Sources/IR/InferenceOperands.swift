import Basics

/// What inference reads of a node, and the rules that many operators share.
extension Inference {
  /// A fault of the node.
  func fault(_ message: String) -> Diagnostics {
    Diagnostics(Diagnostic(node: node.name, op: node.op.onnxName, message))
  }

  /// The symbol of a dimension that is not known yet.
  static func unknown(_ name: String, _ axis: Int) -> Dimension { .symbol("\(name)[\(axis)]") }

  /// The symbol of dimension `axis` of a result, which is not known yet.
  func unknown(_ axis: Int, result: Int = 0) -> Dimension {
    Self.unknown(graph[node.results[result]].name, axis)
  }

  /// The operand at `index`, unless it is left out.
  func operand(_ index: Int) -> ValueID? {
    index < node.operands.count ? node.operands[index] : nil
  }

  /// The type of the operand at `index`, which must not be left out.
  func type(_ index: Int) -> ValueType { graph[node.operands[index]!].type }

  /// The dimensions of the operand at `index`; `nil` if it is left out or they are unknown.
  func shape(_ index: Int) -> [Dimension]? { operand(index).flatMap { graph[$0].type.shape } }

  /// What is known of the elements of an operand of integers or truth values, which are 0 and 1, in
  /// row-major order.
  func elements(_ index: Int) -> [Dimension]? {
    guard let id = operand(index) else { return nil }
    if let elements = known[id] { return elements }
    guard let count = graph[id].type.count, count <= KnownElements.limit,
      let tensor = graph.tensor(of: id), tensor.count == count
    else { return nil }
    switch tensor.type {
    case .i64: return tensor.elements(of: Int64.self).map { .fixed(Int($0)) }
    case .i32: return tensor.elements(of: Int32.self).map { .fixed(Int($0)) }
    case .bool: return tensor.elements(of: Bool8.self).map { .fixed($0.value ? 1 : 0) }
    default: return nil
    }
  }

  /// The elements of an operand of integers, if all are known.
  func integers(_ index: Int) -> [Int]? {
    guard let elements = elements(index) else { return nil }
    let values = elements.compactMap(\.value)
    return values.count == elements.count ? values : nil
  }

  /// The length of the operand at `index`, which must be a vector; `nil` if it is unknown.
  func vectorLength(_ index: Int) throws(Diagnostics) -> Int? {
    guard let shape = shape(index) else { return nil }
    guard shape.count == 1 else {
      throw fault("takes \(operandName(index)) with 1 dimension, not \(shape.count)")
    }
    return shape[0].value
  }

  /// Whether the operand at `index` is left out or has no elements, which older operator sets take
  /// for the same.
  func isAbsent(_ index: Int) -> Bool {
    guard let id = operand(index) else { return true }
    return graph[id].type.count == 0
  }

  /// `axis` counted from the beginning, for `rank` dimensions.
  func resolve(axis: Int, rank: Int) throws(Diagnostics) -> Int {
    guard axis >= -rank && axis < rank else {
      throw fault("has axis \(axis), but there are \(rank) dimensions")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Different axes, counted from the beginning.
  func resolve(axes: [Int], rank: Int) throws(Diagnostics) -> [Int] {
    var resolved: [Int] = []
    var isTaken = [Bool](repeating: false, count: rank)
    for axis in axes {
      let axis = try resolve(axis: axis, rank: rank)
      if isTaken[axis] { throw fault("names axis \(axis) twice") }
      isTaken[axis] = true
      resolved.append(axis)
    }
    return resolved
  }

  /// The dimension that two must have in common; `nil` if they differ.
  func unified(_ a: Dimension, _ b: Dimension) -> Dimension? {
    switch (a, b) {
    case (.fixed(let x), .fixed(let y)): x == y ? a : nil
    case (.symbol, .fixed): b
    case (_, .symbol): a
    }
  }

  /// Checks that dimension `axis` of the operand at `index` is `expected`, as far as known.
  func require(
    _ index: Int, axis: Int, toBe expected: Dimension, _ why: String
  ) throws(Diagnostics) {
    guard let shape = shape(index), axis < shape.count else { return }
    guard unified(shape[axis], expected) != nil else {
      throw fault(
        "takes \(operandName(index)) with dimension \(axis) equal to \(why), \(expected);"
          + " it is \(shape[axis])")
    }
  }

  /// Checks that the operand at `index` has `rank` dimensions, as far as known.
  func require(_ index: Int, rank: Int) throws(Diagnostics) {
    guard let shape = shape(index), shape.count != rank else { return }
    throw fault(
      "takes \(operandName(index)) with \(rank) dimension\(rank == 1 ? "" : "s"),"
        + " not \(shape.count)")
  }

  /// The dimensions of two shapes that are broadcast to each other; `nil` if one is unknown.
  func broadcast(_ a: [Dimension]?, _ b: [Dimension]?) throws(Diagnostics) -> [Dimension]? {
    guard let a, let b else { return nil }
    let rank = max(a.count, b.count)
    var result: [Dimension] = []
    for axis in 0..<rank {
      let x = axis < rank - a.count ? .fixed(1) : a[axis - (rank - a.count)]
      let y = axis < rank - b.count ? .fixed(1) : b[axis - (rank - b.count)]
      if x == .fixed(1) {
        result.append(y)
      } else if y == .fixed(1) || x == y {
        result.append(x)
      } else if x.value != nil && y.value != nil {
        throw fault(
          "cannot broadcast \(ValueType(type(0).element, a)) and"
            + " \(ValueType(type(0).element, b)) to each other: \(x) and \(y) differ")
      } else if x.value == nil && y.value == nil {
        // Either may be 1, so that neither is the size of the result.
        result.append(unknown(axis))
      } else {
        result.append(x.value == nil ? y : x)
      }
    }
    return result
  }

  /// Checks that the operand at `index` can be broadcast to `shape` without changing it.
  func requireBroadcast(_ index: Int, to shape: [Dimension]) throws(Diagnostics) {
    guard let own = self.shape(index) else { return }
    let fits =
      own.count <= shape.count
      && zip(own.reversed(), shape.reversed()).allSatisfy { own, wanted in
        own == .fixed(1) || unified(own, wanted) != nil
      }
    guard fits else {
      throw fault(
        "takes \(operandName(index)) that can be broadcast to"
          + " \(ValueType(type(index).element, shape)), not \(type(index))")
    }
  }

  /// The operand at `index` as messages name it.
  func operandName(_ index: Int) -> String {
    let operands = node.op.signature.operands
    return "operand \(index) (\(operands[min(index, operands.count - 1)].name))"
  }

  /// Checks the number of operands and results and the element types.
  func checkSignature() throws(Diagnostics) {
    let signature = node.op.signature
    let least = (signature.operands.lastIndex { !$0.isOptional } ?? -1) + 1
    let most = signature.isVariadic ? Int.max : signature.operands.count
    let count = node.operands.count
    if count < least || count > most {
      let expected = signature.isVariadic ? "at least \(least)" : Self.text(of: least, to: most)
      throw fault("takes \(expected) operand\(most == 1 ? "" : "s"), not \(count)")
    }
    if let results = signature.resultCount, node.results.count != results {
      throw fault(
        "has \(results) result\(results == 1 ? "" : "s"), not \(node.results.count)")
    }
    if node.results.isEmpty { throw fault("has no result") }
    for id in node.results where id.index >= graph.values.count {
      throw fault("defines %\(id.rawValue), which is not a value of the graph")
    }
    var faults = Diagnostics()
    for (index, id) in node.operands.enumerated() {
      let operand = signature.operands[min(index, signature.operands.count - 1)]
      guard let id else {
        if !operand.isOptional {
          faults.items += fault("lacks \(operandName(index))").items
        }
        continue
      }
      guard id.index < graph.values.count else {
        throw fault("reads %\(id.rawValue), which is not a value of the graph")
      }
      let element = graph[id].type.element
      if !operand.elements.contains(element) {
        faults.items += elementFault(index, element, operand.elements).items
      } else if operand.isLikeFirst, let first = node.operands[0],
        graph[first].type.element != element
      {
        faults.items += elementFault(index, element, [graph[first].type.element]).items
      }
    }
    if faults.hasErrors { throw faults }
  }

  private static func text(of least: Int, to most: Int) -> String {
    least == most ? "\(least)" : "\(least) to \(most)"
  }

  private func elementFault(
    _ index: Int, _ found: ElementType, _ allowed: [ElementType]
  ) -> Diagnostics {
    var diagnostics = fault("takes \(operandName(index)) of another element type than \(found)")
    diagnostics.items[0].supported = allowed.map(\.rawValue).joined(separator: ", ")
    return diagnostics
  }
}
