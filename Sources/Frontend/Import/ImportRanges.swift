import Basics
import COnnx
import IR

extension GraphImporter {
  /// Gives nodes the ranges that training has left in the model's `metadata_props` (Specs/cli.md).
  ///
  /// What other programs keep there is none of the compiler's business; a key of its own that it does
  /// not understand is a fault.
  mutating func readTrainedRanges() {
    let message = model.message.pointee
    var seen: Set<String> = []
    for entry in messages(message.metadata_props, message.n_metadata_props) {
      let (key, value) = (string(entry.pointee.key), string(entry.pointee.value))
      // What aimcc notes of a mapping tells of the past.
      guard key.hasPrefix("aimcc."), !key.hasPrefix(OnnxNotes.prefix) else { continue }
      guard seen.insert(key).inserted else {
        fault("metadata_props has \"\(key)\" twice")
        continue
      }
      readTrainedRange(key, value)
    }
  }

  private mutating func readTrainedRange(_ key: String, _ value: String) {
    let ranges: [(prefix: String, path: WritableKeyPath<TrainedRanges, Float?>)] = [
      ("aimcc.input_range.", \.input), ("aimcc.output_range.", \.output),
    ]
    let entry = "\"\(key)\" = \"\(value)\" in metadata_props"
    guard let range = ranges.first(where: { key.hasPrefix($0.prefix) }) else {
      return fault(
        "\(entry) has an unknown key",
        supported: ranges.map { $0.prefix + "NODE" }.joined(separator: ", "))
    }
    let number = Float(value)
    if !(number.map { $0 > 0 && $0.isFinite } ?? false) {
      fault("\(entry) is not a range", supported: "a number above 0")
    }
    let name = String(key.dropFirst(range.prefix.count))
    let products = graph.nodes.filter { node in
      node.op.hasTrainedRanges && graph[node.results[0]].type.element.isFloatingPoint
    }
    guard let index = graph.nodes.firstIndex(where: { $0.name == name }) else {
      let names = products.prefix(20).map(\.name).joined(separator: ", ")
      return fault(
        "\(entry) names a node that the model does not have",
        supported: names.isEmpty ? nil : "products of the model: \(names)")
    }
    guard products.contains(where: { $0.name == name }) else {
      return fault(
        "\(entry) names a node that is not a product of floating-point numbers",
        supported: "Conv, Gemm, MatMul")
    }
    level.graph.nodes[index].ranges[keyPath: range.path] = number
  }
}
