import Basics
import IR

/// The names of the dimensions that a network left open before they had sizes, which the program keeps.
public struct DimensionNames: Sendable, Equatable {
  /// A name for every dimension of every input, `nil` for those of a fixed size; `nil` of a port whose number of
  /// dimensions only passes find out.
  public private(set) var inputs: [[String?]?]
  /// The same for every output.
  public private(set) var outputs: [[String?]?]

  /// Finds the names in `open`, a network whose dimensions have no sizes yet.
  public init(of open: Graph) {
    func names(_ ids: [ValueID]) -> [[String?]?] {
      ids.map { id in
        open[id].type.shape?.map { if case .symbol(let name) = $0 { name } else { nil } }
      }
    }
    (inputs, outputs) = (names(open.inputs), names(open.outputs))
  }

  /// Finds the names in `graph`, some of whose dimensions may have got sizes; `lost` holds the names of these.
  public init(of graph: Graph, besides lost: DimensionNames?) {
    self.init(of: graph)
    guard let lost else { return }
    func joined(_ own: [[String?]?], _ lost: [[String?]?]) -> [[String?]?] {
      own.enumerated().map { index, names in
        guard lost.indices.contains(index), let known = lost[index] else { return names }
        guard let names, names.count == known.count else { return known }
        return zip(names, known).map { $1 ?? $0 }
      }
    }
    inputs = joined(inputs, lost.inputs)
    outputs = joined(outputs, lost.outputs)
  }

  /// Takes a name or `nil` for every dimension of every port.
  init(inputs: [[String?]?], outputs: [[String?]?]) {
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// What is wrong with the names: none holds a NUL, where names end in programs and in C.
  public func verify() -> [Diagnostic] {
    (inputs + outputs).flatMap { ($0 ?? []).compactMap { $0 } }.filter { $0.contains("\0") }.map {
      Diagnostic(.error, "the name of dimension \(quoted($0)) holds a NUL character")
    }
  }

  /// The names without the inputs that `isKept` does not have, in the order of the inputs.
  public func keeping(inputs isKept: [Bool]) -> DimensionNames {
    DimensionNames(inputs: zip(inputs, isKept).filter(\.1).map(\.0), outputs: outputs)
  }

  /// A name for every dimension of every input and output of `graph`, which passes made of the network. Those
  /// of outputs that have room for more than may be found have names of their own.
  public func named(
    _ graph: Graph, paddedAxes: [[Int]]
  ) -> (inputs: [[String?]], outputs: [[String?]]) {
    func filled(_ names: [[String?]?], _ ids: [ValueID]) -> [[String?]] {
      zip(names, ids).map { names, id in names ?? (graph[id].type.shape ?? []).map { _ in nil } }
    }
    let inputs = filled(self.inputs, graph.inputs)
    var outputs = filled(self.outputs, graph.outputs)
    let known = Set(inputs.flatMap { $0.compactMap { $0 } })
    for (index, axes) in paddedAxes.enumerated() {
      for axis in axes where outputs[index][axis].map(known.contains) ?? true {
        outputs[index][axis] = "\(graph[graph.outputs[index]].name)[\(axis)]"
      }
    }
    return (inputs, outputs)
  }

  /// The names that `graph`, which passes made of the network, does not tell itself: those of dimensions that have
  /// sizes in it. `nil` if there are none.
  public func lost(by graph: Graph, paddedAxes: [[Int]] = []) -> DimensionNames? {
    let named = named(graph, paddedAxes: paddedAxes)
    func lost(_ names: [[String?]], _ ids: [ValueID]) -> [[String?]?] {
      zip(names, ids).map { names, id in
        guard let shape = graph[id].type.shape, shape.count == names.count else { return nil }
        let lost = zip(names, shape).map { name, dimension in
          dimension.value == nil ? nil : name
        }
        return lost.contains { $0 != nil } ? lost : nil
      }
    }
    let found = DimensionNames(
      inputs: lost(named.inputs, graph.inputs), outputs: lost(named.outputs, graph.outputs))
    return (found.inputs + found.outputs).contains { $0 != nil } ? found : nil
  }
}

extension DimensionNames {
  /// The section `dimensions` (Specs/ir.md): a line for every port that has a name.
  var section: String {
    func lines(_ word: String, _ ports: [[String?]?]) -> String {
      ports.enumerated().map { index, names in
        guard let names else { return "" }
        let list = names.map { $0.map { quoted($0) } ?? "_" }.joined(separator: ", ")
        return "  \(word) \(index) [\(list)]\n"
      }.joined()
    }
    return "dimensions {\n" + lines("input", inputs) + lines("output", outputs) + "}\n"
  }

  /// Reads a section `dimensions` of `graph`.
  init(of graph: Graph, from cursor: inout TextCursor) throws(TextFault) {
    inputs = graph.inputs.map { _ in nil }
    outputs = graph.outputs.map { _ in nil }
    try cursor.expect(word: "dimensions")
    try cursor.expect("{")
    while !cursor.accept("}") {
      if cursor.accept(word: "input") {
        try Self.take(into: &inputs, of: graph.inputs, in: graph, &cursor)
      } else if cursor.accept(word: "output") {
        try Self.take(into: &outputs, of: graph.outputs, in: graph, &cursor)
      } else {
        throw cursor.unexpected("'input', 'output' or '}'", beginsLine: true)
      }
    }
  }

  /// Takes the names of a port, one of `ids`.
  private static func take(
    into names: inout [[String?]?], of ids: [ValueID], in graph: Graph, _ cursor: inout TextCursor
  ) throws(TextFault) {
    let position = cursor.token.position
    let index = try cursor.takeCount("the number of a port")
    guard names.indices.contains(index) else {
      throw TextFault(at: position, "the graph has no port \(index) of \(ids.count)")
    }
    guard names[index] == nil else { throw TextFault(at: position, "port \(index) is named twice") }
    let list = try cursor.takeList { (cursor) throws(TextFault) -> String? in
      cursor.accept(word: "_") ? nil : try cursor.take(.string, "a name in quotes, or '_'").text
    }
    let shape = graph.values.indices.contains(ids[index].index) ? graph[ids[index]].type.shape : nil
    guard let shape, shape.count == list.count,
      zip(shape, list).allSatisfy({ $0.value != nil || $1 == nil })
    else { throw TextFault(at: position, "the names do not fit the dimensions of the port") }
    // Ports of a program end their names with a NUL.
    if let wrong = list.first(where: { $0?.utf8.contains(0) ?? false }), let name = wrong {
      throw TextFault(at: position, "the name \(quoted(name)) holds a NUL character")
    }
    names[index] = list
  }
}
