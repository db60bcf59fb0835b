import Basics
import IR
import Reference

extension Graph {
  /// Replaces products of short integers by products in f32, in which sums of integers are exact up to
  /// 2²⁴, so that crossbars can compute those with constant weights.
  ///
  /// An operand that is a stored integer less its zero point becomes a dequantization by 1. The sums
  /// are rounded and become integers again, unless they are only wanted in f32. Products of longer
  /// integers, and those of computed operands whose sums may go beyond 2²⁴, stay exact host code.
  func withSinglePrecisionProducts() -> Graph {
    let isShort = areShortProducts()
    guard isShort.contains(true) else { return self }
    var rewriting = IntegerProducts(graph: self)
    rewriting.run(isShort)
    return rewriting.graph
  }

  /// Whether each node is a product of integers in i32 that f32 holds as well.
  private func areShortProducts() -> [Bool] {
    let producers = producers()
    return nodes.map { node in
      guard self[node.results[0]].type.element == .i32 else { return false }
      switch node.op {
      case .conv: return true
      case .matMul:
        guard let a = node.operands[0], let b = node.operands[1],
          let left = magnitude(of: a, producers), let right = magnitude(of: b, producers)
        else { return false }
        if self[a].constant != nil || self[b].constant != nil { return true }
        let inner = self[a].type.fixedShape?.last ?? .max
        return inner <= Self.exactSum / max(left * right, 1)
      default: return false
      }
    }
  }

  /// The sums of integers that f32 holds exactly.
  private static let exactSum = 1 << 24
  /// The largest magnitude of a short integer: the distance of two of 8 bits.
  private static let shortMagnitude = 255

  /// The largest magnitude that a value of short integers may have; `nil` where it may be another.
  private func magnitude(of value: ValueID, _ producers: [NodeID?]) -> Int? {
    if let range = self[value].type.element.storedRange {
      return max(range.upperBound, -range.lowerBound)
    }
    if self[value].type.element == .i32, let tensor = tensor(of: value) {
      let largest = Int(tensor.elements(of: Int32.self).map(\.magnitude).max() ?? 0)
      return largest <= Self.shortMagnitude ? largest : nil
    }
    guard let node = producers[value.index].map({ self[$0] }), let operand = node.operands[0]
    else { return nil }
    switch node.op {
    case .cast(.i32, _, _), .reshape, .unsqueeze, .squeeze:
      return magnitude(of: operand, producers)
    case .binary(.sub):
      // A stored integer and its zero point are of one range.
      guard let zero = node.operands[1], let a = magnitude(of: operand, producers),
        let b = magnitude(of: zero, producers), a + b <= 2 * Self.shortMagnitude
      else { return nil }
      return min(a + b, Self.shortMagnitude)
    default: return nil
    }
  }
}

/// A graph while its products of integers are rewritten.
private struct IntegerProducts {
  var graph: Graph
  private var names: TakenNames
  private let producers: [NodeID?]
  private let users: [[NodeID]]
  /// The nodes of the new graph.
  private var nodes: [Node] = []
  /// The conversions that a product has taken over.
  private var isTaken: [Bool]

  init(graph: Graph) {
    self.graph = graph
    names = TakenNames(in: graph)
    producers = graph.producers()
    users = graph.users()
    isTaken = Array(repeating: false, count: graph.nodes.count)
  }

  mutating func run(_ isShort: [Bool]) {
    for (index, node) in graph.nodes.enumerated() where !isTaken[index] {
      if isShort[index] { rewrite(node) } else { nodes.append(node) }
    }
    graph.nodes = nodes
    graph.dropDeadNodes()
  }

  private mutating func rewrite(_ node: Node) {
    var product = node
    product.operands = node.operands.map { operand in operand.map { single($0, for: node) } }
    let result = node.results[0]
    if let conversion = onlyConversion(of: result) {
      isTaken[conversion.index] = true
      product.results = graph.nodes[conversion.index].results
      nodes.append(product)
      return
    }
    let sums = value(graph[result].name + "·sums", like: result)
    let rounded = value(graph[result].name + "·rounded", like: result)
    product.results = [sums]
    nodes.append(product)
    nodes.append(
      Node(
        name: names.fresh(nodeName: node.name + "·round"), op: .unary(.round), operands: [sums],
        results: [rounded]))
    nodes.append(
      Node(
        name: names.fresh(nodeName: node.name + "·cast"), op: .cast(to: .i32), operands: [rounded],
        results: [result]))
  }

  /// The conversion to f32 that is all that uses a value.
  private func onlyConversion(of value: ValueID) -> NodeID? {
    guard !graph.outputs.contains(value), users[value.index].count == 1,
      case .cast(.f32, _, _) = graph[users[value.index][0]].op
    else { return nil }
    return users[value.index][0]
  }

  /// A value of integers in f32.
  private mutating func single(_ value: ValueID, for node: Node) -> ValueID {
    let name = graph[value].name + "·f32"
    if let tensor = graph.tensor(of: value),
      let converted = try? evaluate(
        Node(name: name, op: .cast(to: .f32), operands: [value], results: [value]),
        operands: [tensor]
      ).first
    {
      return graph.addConstant(name: names.fresh(name), converted)
    }
    let result = self.value(name, like: value)
    guard let (stored, zeroPoint) = storedInteger(value) else {
      nodes.append(
        Node(
          name: names.fresh(nodeName: node.name + "·operand"), op: .cast(to: .f32),
          operands: [value],
          results: [result]))
      return result
    }
    let one = graph.addConstant(name: names.fresh(name + "·scale"), Tensor(scalar: Float(1)))
    let zero = zeroPoint.map {
      graph.addConstant(name: names.fresh(name + "·zero"), $0)
    }
    nodes.append(
      Node(
        name: names.fresh(nodeName: node.name + "·operand"), op: .dequantize(Dequantize(to: .f32)),
        operands: [stored, one] + (zero.map { [$0] } ?? []), results: [result]))
    return result
  }

  /// The short integers and the zero point whose difference `value` is, if it is one.
  private func storedInteger(_ value: ValueID) -> (stored: ValueID, zeroPoint: Tensor?)? {
    guard let producer = producers[value.index].map({ graph[$0] }) else { return nil }
    switch producer.op {
    case .cast:
      guard let stored = producer.operands[0], graph[stored].type.element.storedRange != nil else {
        return nil
      }
      return (stored, nil)
    case .binary(.sub):
      guard let minuend = producer.operands[0], let zero = producer.operands[1],
        let (stored, none) = storedInteger(minuend), none == nil,
        let tensor = graph.tensor(of: zero), tensor.count == 1,
        let range = graph[stored].type.element.storedRange,
        case let number = tensor.elements(of: Int32.self)[0], range.contains(Int(number))
      else { return nil }
      return (stored, Tensor(integer: Int(number), type: graph[stored].type.element))
    default: return nil
    }
  }

  private mutating func value(_ name: String, like other: ValueID) -> ValueID {
    graph.addValue(name: names.fresh(name), type: ValueType(.f32, graph[other].type.shape))
  }
}

extension ElementType {
  /// The values of an integer type of at most 8 bits; `nil` for all other types.
  var storedRange: ClosedRange<Int>? {
    guard isInteger, bitCount <= 8, let range = integerRange else { return nil }
    return Int(range.lowerBound)...Int(range.upperBound)
  }
}

extension Tensor {
  /// A scalar of an integer type of at most 8 bits, which must hold `integer`.
  init(integer: Int, type: ElementType) {
    self.init(
      type: type, shape: [], bytes: Bytes(copying: [UInt8(truncatingIfNeeded: integer)]))
  }
}
