import IR

/// The names of the dimensions that a network left open before they had sizes, which the program keeps.
public struct DimensionNames: Sendable {
  /// A name for every dimension of every input, `nil` for those of a fixed size.
  var inputs: [[String?]]
  /// A name for every dimension of every output.
  var outputs: [[String?]]

  /// Finds the names that `open` has for the dimensions of `sized`, which has the same inputs and outputs.
  public init(of open: Graph, sized: Graph) {
    func names(_ ids: [ValueID], _ sizedIDs: [ValueID]) -> [[String?]] {
      zip(ids, sizedIDs).map { id, sizedID in
        guard let shape = open[id].type.shape else {
          return (sized[sizedID].type.shape ?? []).map { _ in nil }
        }
        return shape.map { if case .symbol(let name) = $0 { name } else { nil } }
      }
    }
    inputs = names(open.inputs, sized.inputs)
    outputs = names(open.outputs, sized.outputs)
  }
}
