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

  /// A name for every dimension of every input and output of `graph`, which passes made of the network.
  func named(_ graph: Graph) -> (inputs: [[String?]], outputs: [[String?]]) {
    func filled(_ names: [[String?]?], _ ids: [ValueID]) -> [[String?]] {
      zip(names, ids).map { names, id in names ?? (graph[id].type.shape ?? []).map { _ in nil } }
    }
    return (filled(ports.inputs, graph.inputs), filled(ports.outputs, graph.outputs))
  }
}
