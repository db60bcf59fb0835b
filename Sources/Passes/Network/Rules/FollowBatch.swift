import Basics
import IR
import Reference

extension Graph {
  /// Why the first dimension of the inputs, where it has one of the names `symbols`, is no batch; `nil` if
  /// it is one: samples lie along it one after the other, every operator treats each by itself, and every
  /// output has them along its first dimension.
  ///
  /// Other open dimensions are taken as any size. Where it cannot be told, it is no batch.
  public func obstacleToBatch(_ symbols: Set<String>) -> String? {
    for input in inputs {
      guard let shape = self[input].type.shape else {
        return "input \"\(self[input].name)\" has no shape"
      }
      for (axis, dimension) in shape.enumerated() {
        let isOpen = if case .symbol(let name) = dimension { symbols.contains(name) } else { false }
        if isOpen != (axis == 0) {
          return axis == 0
            ? "input \"\(self[input].name)\" does not begin with it"
            : "input \"\(self[input].name)\" has it as dimension \(axis) too"
        }
      }
    }
    var following = BatchFollowing(self, symbols: symbols)
    return following.obstacle()
  }
}

/// Where samples lie in each value of a graph, found for two sizes of the batch: what differs between the
/// two belongs to it.
///
/// A batch may as well be what a node finds, each part of which is a sample.
struct BatchFollowing {
  /// Where the samples lie in a value.
  enum Course: Equatable {
    /// The value is the same whatever the samples are.
    case free
    /// One after the other along a dimension; a sample may take several elements of it.
    case along(Int)
    /// The value is made of the number of samples, as the shapes that a network computes.
    case size
    /// It cannot be told, or samples meet.
    case mixed
  }

  /// Sizes that no dimension of a network has.
  private static let sizes = (1_000_003, 1_000_033)
  /// What other open dimensions are taken for: a size that halves often.
  private static let otherSize = 480

  private var graphs: (Graph, Graph)
  private var known = (KnownElements(), KnownElements())
  private var courses: [Course]
  /// The node at which samples meet, for values that are mixed.
  private var causes: [ValueID: NodeID] = [:]

  init(_ graph: Graph, symbols: Set<String>) {
    func bound(_ size: Int) -> Graph {
      var graph = graph
      for name in graph.openDimensions {
        graph.bind(symbol: name, to: symbols.contains(name) ? size : Self.otherSize)
      }
      return graph
    }
    graphs = (bound(Self.sizes.0), bound(Self.sizes.1))
    courses = graph.values.map { $0.constant == nil ? .mixed : .free }
    for input in graph.inputs {
      let axis = graph[input].type.shape?.firstIndex { dimension in
        if case .symbol(let name) = dimension { symbols.contains(name) } else { false }
      }
      courses[input.index] = axis.map(Course.along) ?? .free
    }
  }

  /// Why the batch is none.
  mutating func obstacle() -> String? {
    if let obstacle = follow() { return obstacle }
    for output in graphs.0.outputs where course(of: output) != .along(0) {
      return obstacle(at: output)
        ?? "output \"\(graphs.0[output].name)\" does not begin with it"
    }
    return nil
  }

  /// Follows the samples through all nodes; returns why that cannot be done, if it cannot.
  mutating func follow() -> String? {
    for (index, node) in graphs.0.nodes.enumerated() {
      guard infer(node) else { return "node \(text(node)) does not take another size" }
      follow(NodeID(index))
    }
    return nil
  }

  /// Where samples lie in a value.
  func course(of id: ValueID) -> Course { courses[id.index] }

  /// Which node keeps the samples of a value from lying along a dimension, if one does.
  func obstacle(at id: ValueID) -> String? {
    guard course(of: id) == .mixed, let cause = causes[id] else { return nil }
    return "node \(text(graphs.0[cause])) may compute across it"
  }

  /// Whether a sample takes one element of dimension `axis` of a value.
  func isSingle(_ id: ValueID, _ axis: Int) -> Bool {
    graphs.0[id].type.shape?[axis] == .fixed(Self.sizes.0)
  }

  private func text(_ node: Node) -> String { "\"\(node.name)\" (\(node.op.onnxName))" }

  /// Infers the types of a node's results for both sizes, and computes those that follow from constants and
  /// shapes, as far as they are small; says whether the operands fit.
  private mutating func infer(_ node: Node) -> Bool {
    Self.infer(node, in: &graphs.0, &known.0) && Self.infer(node, in: &graphs.1, &known.1)
  }

  private static func infer(_ node: Node, in graph: inout Graph, _ known: inout KnownElements)
    -> Bool
  {
    guard let types = try? graph.inferResults(of: node, known: &known) else { return false }
    for (id, type) in zip(node.results, types) { graph[id].type = type }
    guard let constants = constants(of: node, in: graph, known) else { return true }
    for (id, tensor) in zip(node.results, constants) { graph[id].constant = .tensor(tensor) }
    return true
  }

  /// The results of `node` if they are small and follow from constants and shapes.
  private static func constants(
    of node: Node, in graph: Graph, _ known: KnownElements
  ) -> [Tensor]? {
    let types = node.results.map { graph[$0].type }
    guard types.allSatisfy({ $0.count ?? .max <= smallCount }) else { return nil }
    if types.count == 1, let numbers = known.numbers(of: node.results[0]),
      let shape = types[0].fixedShape
    {
      switch types[0].element {
      case .i64: return [Tensor(numbers.map { Int64($0) }, shape: shape)]
      case .i32: return [Tensor(numbers.map { Int32($0) }, shape: shape)]
      case .bool: return [Tensor(numbers.map { Bool8($0 != 0) }, shape: shape)]
      default: break
      }
    }
    if case .control = node.op { return nil }
    var operands: [Tensor?] = []
    for operand in node.operands {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard graph[operand].constant != nil, graph[operand].type.count ?? .max <= smallCount,
        let tensor = graph.tensor(of: operand)
      else { return nil }
      operands.append(tensor)
    }
    return try? evaluate(node, operands: operands)
  }

  /// The most elements of what is computed on the way.
  private static let smallCount = 4096

  private mutating func follow(_ id: NodeID) {
    let node = graphs.0[id]
    let operands = node.operands.map { $0.map { courses[$0.index] } }
    for (number, result) in node.results.enumerated() {
      let course = self.course(of: result, number, node, operands)
      courses[result.index] = course
      guard course == .mixed else { continue }
      let first = node.operands.lazy.compactMap { $0 }.first { courses[$0.index] == .mixed }
      causes[result] = first.flatMap { causes[$0] } ?? id
    }
  }

  private func course(
    of result: ValueID, _ number: Int, _ node: Node, _ operands: [Course?]
  ) -> Course {
    // What is computed of shapes tells of itself whether it is made of the size.
    if case .tensor(let first)? = graphs.0[result].constant,
      case .tensor(let second)? = graphs.1[result].constant
    {
      return first == second ? .free : .size
    }
    if case .shape = node.op { return .mixed }
    guard !operands.contains(.mixed), let axes = batchAxes(of: result) else { return .mixed }
    let isAlong = operands.contains { if case .along? = $0 { true } else { false } }
    guard isAlong else {
      if !operands.contains(.size) { return axes.isEmpty ? .free : .mixed }
      return axes.count == 1 && fills(node, operands) ? .along(axes[0]) : .mixed
    }
    guard axes.count == 1, step(node, operands, number).isApart(to: result, axes[0]) else {
      return .mixed
    }
    return .along(axes[0])
  }

  /// The dimensions that the size of the batch divides; `nil` unless all are known.
  private func batchAxes(of id: ValueID) -> [Int]? {
    guard let first = graphs.0[id].type.fixedShape, let second = graphs.1[id].type.fixedShape,
      first.count == second.count
    else { return nil }
    let axes = first.indices.filter { first[$0] != second[$0] }
    // As many elements a sample with both sizes.
    let isEven = axes.allSatisfy {
      first[$0] % Self.sizes.0 == 0 && second[$0] % Self.sizes.1 == 0
        && first[$0] / Self.sizes.0 == second[$0] / Self.sizes.1
    }
    return isEven ? axes : nil
  }

  /// Whether `node` repeats something for as many samples as there are.
  private func fills(_ node: Node, _ operands: [Course?]) -> Bool {
    switch node.op {
    case .constantOfShape: true
    case .expand, .movement(.tile): operands[0] == .free
    default: false
    }
  }

  private func step(_ node: Node, _ operands: [Course?], _ number: Int) -> BatchStep {
    BatchStep(
      node: node, number: number, graph: graphs.0, known: known.0,
      axes: operands.map { if case .along(let axis)? = $0 { axis } else { nil } },
      isSize: operands.map { $0 == .size })
  }
}
