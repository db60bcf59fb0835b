import Basics
import IR
import Reference

extension Graph {
  /// Replaces what does not depend on the inputs by constants, and drops what nothing uses.
  ///
  /// Types are inferred on the way, so that the arithmetic of shapes folds as soon as the shapes are
  /// known. A branch whose condition is known takes the place of its node, and a loop or scan whose
  /// number of iterations is known is unrolled up to `Folder.iterationLimit`. Identities disappear,
  /// except where one gives a graph output its name. A constant larger
  /// than `largestConstant` bytes is left to be computed at run time.
  /// Throws `Diagnostics` naming every node whose operands do not fit.
  public func folded(largestConstant: Int = 1 << 30) throws -> Graph {
    var folder = Folder(graph: self, largestConstant: largestConstant)
    for node in nodes { folder.fold(node) }
    try folder.faults.throwIfErrors()
    var graph = folder.graph
    graph.nodes = folder.kept
    graph.dropDeadNodes()
    return graph
  }
}

/// Folds the nodes of a graph one after the other.
public struct Folder {
  /// The graph; its values are those found so far, its nodes those of before.
  private(set) var graph: Graph
  /// The nodes that stay.
  private(set) var kept: [Node] = []
  /// What was found wrong.
  private(set) var faults = Diagnostics()
  /// The names that are taken, once one is needed.
  var names: TakenNames?
  /// How many nodes unrolling has added, those of loops that could not be unrolled in the end too.
  var unrolledNodes = 0
  /// How many loops are being unrolled inside each other.
  var loopDepth = 0
  /// Whether something inside the loops that are being unrolled cannot be replaced.
  var isStuck = false

  private let largestConstant: Int
  private let outputs: Set<ValueID>
  private var aliases: [ValueID]
  private var known = KnownElements()

  /// Creates a folder of `graph`; constants larger than `largestConstant` bytes are not made.
  init(graph: Graph, largestConstant: Int) {
    self.graph = graph
    self.largestConstant = largestConstant
    outputs = Set(graph.outputs)
    aliases = (0..<graph.values.count).map(ValueID.init)
  }

  /// Adds a value.
  mutating func add(_ value: Value) -> ValueID {
    let id = graph.addValue(value)
    aliases.append(id)
    return id
  }

  /// The value that stands for `id` by now.
  func alias(_ id: ValueID) -> ValueID { aliases[id.index] }

  /// The numbers that `id` is known to hold: integers, or truth values as 0 and 1.
  func numbers(of id: ValueID) -> [Int]? {
    if let numbers = known.numbers(of: id) { return numbers }
    guard let count = graph[id].type.count, count <= 4096, let tensor = graph.tensor(of: id) else {
      return nil
    }
    switch tensor.type {
    case .i64: return tensor.elements(of: Int64.self).map { Int($0) }
    case .i32: return tensor.elements(of: Int32.self).map { Int($0) }
    case .bool: return tensor.elements(of: Bool8.self).map { $0.value ? 1 : 0 }
    default: return nil
    }
  }

  /// Folds one node: it stays, or its results become constants or other values.
  mutating func fold(_ original: Node) {
    var node = original
    node.operands = node.operands.map { $0.map(alias) }
    do {
      let types = try graph.inferResults(of: node, known: &known)
      for (result, type) in zip(node.results, types) { graph[result].type = type }
      if case .control(let control) = node.op {
        if !unfold(control, of: node) { kept.append(node) }
      } else if let constants = try constants(of: node, types: types) {
        for (result, constant) in zip(node.results, constants) {
          graph[result].constant = .tensor(constant)
          // How much a node finds is known only now.
          if graph[result].type.fixedShape == nil {
            graph[result].type = ValueType(constant.type, fixed: constant.shape)
          }
        }
      } else if let operand = graph.identityOperand(of: node), !outputs.contains(node.results[0]) {
        aliases[node.results[0].index] = operand
      } else {
        kept.append(node)
      }
    } catch let error as Diagnostics {
      faults.items += error.items
      kept.append(node)
    } catch {
      preconditionFailure("folding throws diagnostics only: \(error)")
    }
  }

  private func constants(of node: Node, types: [ValueType]) throws -> [Tensor]? {
    if let constants = try graph.constants(of: node, types: types, limit: largestConstant) {
      return constants
    }
    guard types.count == 1, let shape = types[0].fixedShape,
      let numbers = known.numbers(of: node.results[0])
    else { return nil }
    switch types[0].element {
    case .i64: return [Tensor(numbers.map { Int64($0) }, shape: shape)]
    case .i32: return [Tensor(numbers.map { Int32($0) }, shape: shape)]
    case .bool: return [Tensor(numbers.map { Bool8($0 != 0) }, shape: shape)]
    default: return nil
    }
  }
}

extension Graph {
  /// The results of `node` if all that it needs is known; `nil` otherwise.
  fileprivate func constants(of node: Node, types: [ValueType], limit: Int) throws -> [Tensor]? {
    if case .shape(let start, let end) = node.op, let operand = node.operands[0],
      let dimensions = dimensions(of: self[operand].type, start: start, end: end)
    {
      return [dimensions]
    }
    for type in types {
      guard let count = type.count ?? mostFound(by: node)?.count,
        count <= limit / type.element.byteCount
      else { return nil }
    }
    if case .identityMatrix = node.op, let operand = node.operands[0],
      let shape = self[operand].type.fixedShape
    {
      // Only its shape and type count.
      return try evaluate(node, operands: [.zeros(self[operand].type.element, shape)])
    }
    var operands: [Tensor?] = []
    for operand in node.operands {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard let tensor = tensor(of: operand) else { return nil }
      operands.append(tensor)
    }
    return try evaluate(node, operands: operands)
  }

  /// Some dimensions of a type, if they are known.
  private func dimensions(of type: ValueType, start: Int, end: Int?) -> Tensor? {
    guard let shape = type.shape else { return nil }
    func clamp(_ index: Int) -> Int {
      min(max(index < 0 ? index + shape.count : index, 0), shape.count)
    }
    let first = clamp(start)
    let last = max(first, clamp(end ?? shape.count))
    let sizes = shape[first..<last].compactMap { $0.value.map(Int64.init) }
    return sizes.count == last - first ? Tensor(sizes, shape: [sizes.count]) : nil
  }

  /// The operand that `node` passes on unchanged, if it does.
  fileprivate func identityOperand(of node: Node) -> ValueID? {
    switch node.op {
    case .unary(.identity): return node.operands[0]
    case .cast(let element, _, _):
      return node.operands[0].flatMap { self[$0].type.element == element ? $0 : nil }
    case .reshape, .squeeze, .unsqueeze, .flatten, .expand:
      guard let operand = node.operands[0], let shape = self[operand].type.fixedShape,
        shape == self[node.results[0]].type.fixedShape
      else { return nil }
      return operand
    case .transpose(let permutation):
      return permutation == Array(permutation.indices) ? node.operands[0] : nil
    case .concat: return node.operands.count == 1 ? node.operands[0] : nil
    default: return nil
    }
  }

  /// Removes the nodes that no output depends on.
  public mutating func dropDeadNodes() {
    var live = [Bool](repeating: false, count: values.count)
    for output in outputs { live[output.index] = true }
    var kept: [Node] = []
    for node in nodes.reversed() where node.results.contains(where: { live[$0.index] }) {
      for case let operand? in node.operands { live[operand.index] = true }
      kept.append(node)
    }
    nodes = kept.reversed()
  }
}

extension Tensor {
  /// A tensor of bytes that are 0.
  fileprivate static func zeros(_ element: ElementType, _ shape: [Int]) -> Tensor {
    let count = shape.reduce(element.byteCount, *)
    return Tensor(
      type: element, shape: shape,
      bytes: Bytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 0) })
  }
}
