import Basics

extension Graph {
  /// Everything that is wrong with the structure of the graph; empty if it is sound.
  ///
  /// Every id names a value. Every value is defined once, by being an input or a constant or by a
  /// node, before any node reads it. Names of values are there; they and those of nodes are unique. No name,
  /// nor that of a dimension, holds a NUL: names end there in programs and in C. Constants have the
  /// elements that their types say. Each node has the operands, element types and parameters that
  /// its operator needs, and the types of its results agree with inference as far as both are known.
  public func verify() -> [Diagnostic] {
    var verifier = Verifier(graph: self)
    verifier.run()
    return verifier.diagnostics
  }
}

private struct Verifier {
  let graph: Graph
  var diagnostics: [Diagnostic] = []
  private var isDefined: [Bool]
  private var known = KnownElements()

  init(graph: Graph) {
    self.graph = graph
    isDefined = [Bool](repeating: false, count: graph.values.count)
  }

  mutating func run() {
    checkCharacters(of: graph.name, "the graph has a name")
    checkValues()
    for id in graph.inputs {
      guard id.index < graph.values.count else {
        report("an input is %\(id.rawValue), which is not a value of the graph")
        continue
      }
      if isDefined[id.index] {
        let what = graph[id].constant == nil ? "is an input twice" : "is an input and a constant"
        report("value \(quoted(graph[id].name)) \(what)")
      }
      isDefined[id.index] = true
    }
    var names: Set<String> = []
    for node in graph.nodes {
      checkCharacters(of: node.name, "has a name", node: node)
      if !names.insert(node.name).inserted { report("has the name of another node", node: node) }
      if !node.ranges.isValid { report("has a range that is not a number above 0", node: node) }
      if !node.ranges.fit(node.op) {
        report("has ranges of training that its operator has no converters for", node: node)
      }
      if let misfit = graph.misfit(ofInputRanges: node.ranges.input.count, of: node) {
        report("has \(misfit.message)", node: node)
      }
      check(node)
    }
    for id in graph.outputs {
      if id.index >= graph.values.count {
        report("an output is %\(id.rawValue), which is not a value of the graph")
      } else if !isDefined[id.index] {
        report("output \(quoted(graph[id].name)) is not defined")
      }
    }
  }

  private mutating func report(_ message: String, node: Node? = nil) {
    diagnostics.append(Diagnostic(node: node?.name, op: node?.op.onnxName, message))
  }

  private mutating func checkCharacters(of name: String, _ what: String, node: Node? = nil) {
    if name.utf8.contains(0) { report("\(what) that holds a NUL character", node: node) }
  }

  /// Checks names, types and contents of all values that something refers to.
  private mutating func checkValues() {
    var names: Set<String> = []
    for (index, isUsed) in graph.usedValues().enumerated() where isUsed {
      let value = graph.values[index]
      if value.name.isEmpty {
        report("value %\(index) has no name")
      } else if !names.insert(value.name).inserted {
        report("there are two values named \(quoted(value.name))")
      }
      checkCharacters(of: value.name, "value \(quoted(value.name)) has a name")
      if let shape = value.type.shape {
        for case .symbol(let name) in shape {
          checkCharacters(of: name, "value \(quoted(value.name)) has a dimension with a name")
        }
        if shape.contains(where: { ($0.value ?? 0) < 0 }) {
          report("value \(quoted(value.name)) has a negative dimension: \(value.type)")
        } else if value.type.fixedShape != nil && value.type.count == nil {
          report("value \(quoted(value.name)) has too many elements: \(value.type)")
        }
      }
      guard let constant = value.constant else { continue }
      isDefined[index] = true
      check(constant, of: value)
    }
  }

  private mutating func check(_ constant: Constant, of value: Value) {
    let name = quoted(value.name)
    guard let shape = value.type.fixedShape else {
      return report("constant \(name) has dimensions that are not numbers: \(value.type)")
    }
    switch constant {
    case .tensor(let tensor):
      if tensor.type != value.type.element || tensor.shape != shape {
        let held = ValueType(tensor.type, fixed: tensor.shape)
        report("constant \(name) is \(value.type), but holds \(held)")
      }
    case .splat(let element):
      if element.type != value.type.element || element.count != 1 {
        let held = ValueType(element.type, fixed: element.shape)
        report("constant \(name) is \(value.type), but repeats \(held)")
      }
      checkSize(value)
    case .random: checkSize(value)
    case .reference: break
    }
  }

  private mutating func checkSize(_ value: Value) {
    let bytes = value.type.count?.multiplied(by: value.type.element.byteCount)
    if (bytes ?? .max) > Graph.materializationLimit {
      report("constant \(quoted(value.name)) is larger than 2 GiB: \(value.type)")
    }
  }

  private mutating func check(_ node: Node) {
    for case let operand? in node.operands where operand.index < isDefined.count {
      if !isDefined[operand.index] {
        report("reads \(quoted(graph[operand].name)) before anything defines it", node: node)
      }
    }
    for result in node.results where result.index < isDefined.count {
      if isDefined[result.index] {
        report("defines \(quoted(graph[result].name)), which is already defined", node: node)
      }
      isDefined[result.index] = true
    }
    switch Inference(graph: graph, node: node, known: known).outcome() {
    case .success(let (types, elements, control)):
      if let control {
        let regions = control.control.regions
        for index in control.reached {
          diagnostics += Diagnostics(regions[index].verify()).inside(node).items
        }
      }
      for (result, type) in zip(node.results, types) { compare(type, with: result, of: node) }
      if let elements { known[node.results[0]] = elements }
    case .failure(let faults): diagnostics += faults.items
    }
  }

  private mutating func compare(_ inferred: ValueType, with result: ValueID, of node: Node) {
    let stated = graph[result].type
    if let a = inferred.shape, let b = stated.shape, inferred.element == stated.element {
      let agree =
        a.count == b.count
        && zip(a, b).allSatisfy { $0 == $1 || $0.value == nil || $1.value == nil }
      if agree { return }
    } else if inferred.element == stated.element {
      return
    }
    report(
      "has result \(quoted(graph[result].name)) of type \(stated), which should be \(inferred)",
      node: node)
  }
}
