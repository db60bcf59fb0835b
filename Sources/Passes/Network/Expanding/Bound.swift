import Basics
import IR

/// A graph in which what nodes find has sizes.
struct BoundedGraph {
  var graph: Graph
  /// The dimensions of each output along which there may be less.
  var paddedAxes: [[Int]]
  /// Why some nodes have results without bounds, by their names.
  var faults: [String: Diagnostic] = [:]

  /// A graph in which nothing is found.
  fileprivate init(_ graph: Graph) {
    self.graph = graph
    paddedAxes = graph.outputs.map { _ in [] }
  }
}

extension Graph {
  /// The graph in which what NonMaxSuppression and NonZero find has as many parts as it may have at most.
  ///
  /// ONNX's result has as many parts as there are. It keeps its meaning where every part reaches the outputs by
  /// itself: there, those that are not there hold `Tensor.absent`, behind the others.
  func bounded() -> BoundedGraph {
    var bounded = BoundedGraph(self)
    let found = nodes.indices.filter { isUnbounded(nodes[$0]) }
    guard !found.isEmpty else { return bounded }
    var followed: [FoundParts] = []
    do {
      let padded = try self.padded(found)
      for index in found {
        let parts = FoundParts(of: NodeID(index), in: padded)
        if let obstacle = parts.obstacle {
          bounded.faults[nodes[index].name] = fault(of: nodes[index], obstacle, parts)
        } else {
          followed.append(parts)
        }
      }
      var masking = AbsenceMasking(try self.padded(followed.map(\.node.index)), followed)
      bounded.graph = try masking.masked().folded()
      bounded.paddedAxes = outputs.map { output in followed.compactMap { $0.axis(of: output) } }
    } catch {
      let first = (error as? Diagnostics)?.items.first ?? Diagnostic(.error, "\(error)")
      for index in found { bounded.faults[nodes[index].name] = first }
    }
    return bounded
  }

  /// Whether elements say how many parts the result of a node has, and how many they may be is known.
  private func isUnbounded(_ node: Node) -> Bool {
    guard node.op.padded != node.op,
      node.operands.allSatisfy({ $0.map { self[$0].type.fixedShape != nil } ?? true })
    else { return false }
    return mostFound(by: node)?.fixedShape != nil
  }

  /// The type of the result of a node that finds parts, with room for as many as there may be.
  func mostFound(by node: Node) -> ValueType? {
    guard let padded = node.op.padded else { return nil }
    var known = node
    known.op = padded
    return (try? inferResults(of: known))?.first
  }

  /// The graph with the results of some nodes padded, and the types of all that follows from them.
  private func padded(_ chosen: [Int]) throws(Diagnostics) -> Graph {
    var graph = self
    var isReached = [Bool](repeating: false, count: values.count)
    for index in graph.nodes.indices {
      if chosen.contains(index), let padded = nodes[index].op.padded {
        graph.nodes[index].op = padded
      } else if !nodes[index].operands.contains(where: { $0.map { isReached[$0.index] } ?? false })
      {
        continue
      }
      for id in nodes[index].results {
        isReached[id.index] = true
        graph[id].type.shape = nil
      }
    }
    try graph.inferTypes()
    return graph
  }

  private func fault(of node: Node, _ obstacle: String, _ parts: FoundParts) -> Diagnostic {
    var kept: [String] = []
    for id in node.operands.compactMap({ $0 }) + parts.others
    where self[id].constant == nil && !inputs.contains(id) && !kept.contains(self[id].name) {
      kept.append(self[id].name)
    }
    let names = [inputs.map { self[$0].name }, kept].map { names in
      "[" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }
    return fault(
      node, "elements say at run time how much it finds, and \(obstacle)",
      supported: "results each part of which reaches the outputs of the network by itself",
      help: kept.isEmpty
        ? nil
        : "cut the network before it, as with onnx.utils.extract_model(MODEL, NEW, "
          + "\(names[0]), \(names[1])), and run the rest on what the program gives")
  }
}

extension Op {
  /// The operator with room for all that it may find; `nil` for those whose results have the size that their operands say.
  fileprivate var padded: Op? {
    switch self {
    case .movement(.nonZero): .movement(.nonZero(isPadded: true))
    case .sampling(.suppression(let centered, _)):
      .sampling(.suppression(centered: centered, isPadded: true))
    default: nil
    }
  }
}
