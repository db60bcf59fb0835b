import Basics
import IR

/// A graph while what of the parts that nodes find is not there is told from what is.
struct AbsenceMasking {
  private var expansion: NodeExpansion
  private let graph: Graph
  private let found: [FoundParts]
  /// Whether each part that a node finds is there.
  private var flags: [NodeID: ValueID] = [:]

  /// Begins with `graph`, some nodes of which have room for all that they may find.
  init(_ graph: Graph, _ found: [FoundParts]) {
    (self.graph, self.found) = (graph, found)
    expansion = NodeExpansion(graph)
  }

  /// The graph whose outputs hold `Tensor.absent` where a part is not there, and that computes with such parts nothing
  /// that could stop a run.
  mutating func masked() -> Graph {
    for node in graph.nodes { append(node) }
    return expansion.finished
  }

  private mutating func append(_ original: Node) {
    var node = original
    for (index, number) in sensitiveOperands(of: node) {
      guard let operand = node.operands[index],
        found.contains(where: { $0.axis(of: operand) != nil })
      else { continue }
      let safe = expansion.value("safe", graph[operand].type, node)
      mask(
        operand, like: operand, by: .integer(number, graph[operand].type.element), to: safe, node)
      node.operands[index] = safe
    }
    let outputs = node.results.filter { result in
      graph.outputs.contains(result) && found.contains { $0.axis(of: result) != nil }
        && !found.contains { $0.result == result }
    }
    for output in outputs {
      let whole = expansion.value("whole", graph[output].type, node)
      node.results = node.results.map { $0 == output ? whole : $0 }
    }
    expansion.append(node)
    for (whole, output) in zip(node.results, original.results) where whole != output {
      mask(whole, like: output, by: .absent(graph[output].type.element), to: output, node)
    }
  }

  /// The operands of a node whose elements could stop a run, with a number that does not.
  private func sensitiveOperands(of node: Node) -> [(index: Int, number: UInt8)] {
    switch node.op {
    case .gather, .movement(.gatherElements), .movement(.gatherND), .movement(.scatterElements),
      .movement(.scatterND):
      return [(1, 0)]
    case .binary(let function):
      guard let first = node.operands[0], graph[first].type.element.isInteger else { return [] }
      switch function {
      case .div, .mod, .fmod: return [(1, 1)]
      case .pow: return [(0, 1)]
      default: return []
      }
    default: return []
    }
  }

  /// Writes to `result` what `value` holds, and `substitute` in the parts that are not there; they lie as in `model`.
  private mutating func mask(
    _ value: ValueID, like model: ValueID, by substitute: Tensor, to result: ValueID, _ node: Node
  ) {
    let type = graph[model].type
    let all = found.compactMap { parts in parts.axis(of: model).map { (parts, $0) } }
    var value = value
    for (number, (parts, axis)) in all.enumerated() {
      var shape = [Int](repeating: 1, count: type.shape?.count ?? 0)
      shape[axis] = type.fixedShape?[axis] ?? 1
      let flag = expansion.step(
        .reshape(allowZero: true),
        [flag(of: parts, node), expansion.constant("shape", .list(shape), node)], "there",
        ValueType(.bool, fixed: shape), node)
      let absent = expansion.constant("absent", substitute, node)
      let target = number == all.count - 1 ? result : expansion.value("part", type, node)
      expansion.append(.select, [flag, value, absent], to: target, node, role: "mask")
      value = target
    }
  }

  /// Whether each part is there: the first number that is found of it is not −1.
  private mutating func flag(of parts: FoundParts, _ node: Node) -> ValueID {
    if let known = flags[parts.node] { return known }
    let count = graph[parts.result].type.fixedShape?[parts.axis] ?? 0
    let zero = expansion.constant("zero", Tensor(scalar: Int64(0)), node)
    let absent = expansion.constant("absent", .absent(.i64), node)
    let first = expansion.step(
      .gather(axis: 1 - parts.axis), [parts.result, zero], "first",
      ValueType(.i64, fixed: [count]), node)
    let flag = expansion.step(
      .binary(.less), [absent, first], "flags", ValueType(.bool, fixed: [count]), node)
    flags[parts.node] = flag
    return flag
  }
}

extension Tensor {
  /// A small number of an integer type.
  fileprivate static func integer(_ number: UInt8, _ type: ElementType) -> Tensor {
    Tensor(type: type, shape: [], bytes: Bytes(count: type.byteCount) { $0[0] = number })
  }

  fileprivate static func list(_ numbers: [Int]) -> Tensor {
    Tensor(numbers.map { Int64($0) }, shape: [numbers.count])
  }
}
