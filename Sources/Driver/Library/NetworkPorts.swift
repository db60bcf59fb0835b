import IR
import Program

/// What a network takes and gives.
struct NetworkPorts: Encodable {
  /// An input or output.
  struct Port: Encodable {
    var name: String
    /// The type of the elements, such as `f32`.
    var type: String
    /// The size of each dimension, `nil` where it is open; `nil` where not even their number is known.
    var shape: [Int?]?
    /// The name of each dimension that has one.
    var dimensions: [String?]
  }

  var name: String
  var inputs: [Port]
  var outputs: [Port]

  init(_ graph: Graph) {
    func port(_ id: ValueID) -> Port {
      let (value, sizes) = (graph[id], graph[id].type.shape)
      return Port(
        name: value.name, type: value.type.element.rawValue,
        shape: sizes.map { $0.map(\.value) }, dimensions: (sizes ?? []).map(\.symbol))
    }
    name = graph.name
    inputs = graph.inputs.map(port)
    outputs = graph.outputs.map(port)
  }

  init(_ program: ValidProgram) {
    func port(_ port: ProgramPort) -> Port {
      Port(
        name: port.name, type: port.element.rawValue, shape: port.shape,
        dimensions: port.dimensionNames)
    }
    name = program.network
    inputs = program.inputs.map(port)
    outputs = program.outputs.map(port)
  }
}

private typealias ProgramPort = Port

extension Dimension {
  /// The name of a size that is not known.
  fileprivate var symbol: String? { if case .symbol(let name) = self { name } else { nil } }
}
