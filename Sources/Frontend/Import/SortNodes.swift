import Basics
import COnnx

/// The order in which the nodes of a graph or function are read.
struct NodeOrder {
  /// The positions of the nodes: each behind those whose results it reads.
  private(set) var positions: [Int] = []
  /// The positions of nodes that read each other's results in circles.
  private(set) var circles: [[Int]] = []
  /// The positions of nodes whose results are read before they are there: one or more of every circle.
  private(set) var cut: Set<Int> = []
  /// Whether it is the order of the model.
  var isGiven: Bool { positions == Array(positions.indices) }

  /// Orders `nodes`, whose values `producers` define; a node stays behind those before it unless one of
  /// them needs its results.
  init(_ nodes: [UnsafePointer<Onnx__NodeProto>], producers: [String: Int]) {
    let needed = nodes.enumerated().map { index, node in
      ModelNames.operands(of: node).compactMap { producers[$0] }
    }
    let isSorted = needed.enumerated().allSatisfy { index, needed in
      needed.allSatisfy { $0 < index }
    }
    guard !isSorted else {
      positions = Array(nodes.indices)
      return
    }
    var isDone = [Bool](repeating: false, count: nodes.count)
    var isOpen = isDone
    for start in nodes.indices where !isDone[start] {
      var path: [(node: Int, next: Int)] = [(start, 0)]
      isOpen[start] = true
      while let (node, next) = path.last {
        guard next < needed[node].count else {
          isOpen[node] = false
          isDone[node] = true
          positions.append(node)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let other = needed[node][next]
        if isOpen[other] {
          let first = path.firstIndex { $0.node == other }!
          if cut.insert(other).inserted { circles.append(path[first...].map(\.node)) }
        }
        guard !isDone[other], !isOpen[other] else { continue }
        isOpen[other] = true
        path.append((other, 0))
      }
    }
  }
}

extension GraphImporter {
  /// The order of `nodes` in the scope; says so if it is another than that of the model, and reports a circle.
  mutating func order(_ nodes: [UnsafePointer<Onnx__NodeProto>]) -> [Int] {
    let names = scope.names
    let order = NodeOrder(nodes, producers: names.producers)
    for circle in order.circles {
      let listed = circle.prefix(8).map {
        "\"\(level.path + names.nodeNames[$0])\" (\(string(nodes[$0].pointee.op_type)))"
      }
      fault(
        circle.count == 1
          ? "node \(listed[0]) reads its own result"
          : "nodes \(listed.joined(separator: ", "))\(circle.count > 8 ? ", …" : "") form a cycle",
        supported: "graphs without cycles")
    }
    for index in order.cut { circular.formUnion(results(of: nodes[index])) }
    if order.circles.isEmpty, !order.isGiven, !saidOrder {
      saidOrder = true
      warnings.append(
        Diagnostic(
          .note, file: path,
          "nodes are not in the order of evaluation that ONNX requires; they were sorted"
        ))
    }
    return order.positions
  }

  private func results(of node: UnsafePointer<Onnx__NodeProto>) -> [String] {
    strings(node.pointee.output, node.pointee.n_output).filter { !$0.isEmpty }
  }
}
