import IR

/// The names of the dimensions that a network left open before they had sizes, which the program keeps.
public struct DimensionNames: Sendable {
  /// A name for every dimension of every input and output, `nil` for those of a fixed size; `nil` of a port whose
  /// number of dimensions only passes find out.
  private let ports: (inputs: [[String?]?], outputs: [[String?]?])

  /// Finds the names in `open`, a network whose dimensions have no sizes yet.
  public init(of open: Graph) {
    func names(_ ids: [ValueID]) -> [[String?]?] {
      ids.map { id in
        open[id].type.shape?.map { if case .symbol(let name) = $0 { name } else { nil } }
      }
    }
    ports = (names(open.inputs), names(open.outputs))
  }

  /// A name for every dimension of every input and output of `graph`, which passes made of the network. Those
  /// of outputs that have room for more than may be found have names of their own.
  func named(
    _ graph: Graph, paddedAxes: [[Int]]
  ) -> (inputs: [[String?]], outputs: [[String?]]) {
    func filled(_ names: [[String?]?], _ ids: [ValueID]) -> [[String?]] {
      zip(names, ids).map { names, id in names ?? (graph[id].type.shape ?? []).map { _ in nil } }
    }
    let inputs = filled(ports.inputs, graph.inputs)
    var outputs = filled(ports.outputs, graph.outputs)
    let known = Set(inputs.flatMap { $0.compactMap { $0 } })
    for (index, axes) in paddedAxes.enumerated() {
      for axis in axes where outputs[index][axis].map(known.contains) ?? true {
        outputs[index][axis] = "\(graph[graph.outputs[index]].name)[\(axis)]"
      }
    }
    return (inputs, outputs)
  }
}
