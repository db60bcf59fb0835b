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
    let isLong = value.unicodeScalars.count > 60
    let shown = isLong ? "\(String(value.unicodeScalars.prefix(40)))…" : value
    let entry = "\"\(key)\" = \"\(shown)\" in metadata_props"
    guard let range = TrainedRange.allCases.first(where: { key.hasPrefix($0.prefix) }) else {
      return fault(
        "\(entry) has an unknown key",
        supported: TrainedRange.allCases.map { $0.prefix + "NODE" }.joined(separator: ", "))
    }
    let isInput = range == .input
    let numbers = ranges(value, several: isInput)
    if numbers == nil {
      fault(
        "\(entry) is not a range",
        supported: isInput
          ? "a number above 0, or several with commas between, one for each part of the rows"
          : "a number above 0")
    }
    let name = String(key.dropFirst(range.prefix.count))
    let products = graph.nodes.filter { node in
      node.op.trainedRanges.contains(range)
        && graph[node.results[0]].type.element.isFloatingPoint
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
        supported: range.operators)
    }
    guard let numbers else { return }
    if let misfit = graph.misfit(ofInputRanges: numbers.count, of: graph.nodes[index]) {
      return fault("\(entry) has \(misfit.message)", supported: misfit.supported)
    }
    level.graph.nodes[index].ranges[range] = numbers
  }

  /// The ranges that a text holds, each above 0, with commas between where there may be several; `nil` if it holds
  /// none, or anything else.
  private func ranges(_ text: String, several: Bool) -> [Float]? {
    var numbers: [Float] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let digits = several ? part.drop { $0 == " " } : part
      guard let number = Float(digits), number > 0, number.isFinite else { return nil }
      numbers.append(number)
    }
    return several || numbers.count == 1 ? numbers : nil
  }
}

extension TrainedRange {
  /// What keys of it begin with; the node's name follows.
  fileprivate var prefix: String { "aimcc.\(rawValue)_range." }

  /// The operators that can have it.
  fileprivate var operators: String {
    switch self {
    case .input: "Conv, Gemm, MatMul, LSTM, GRU, RNN"
    case .state: "LSTM, GRU, RNN"
    case .output: "Conv, Gemm, MatMul"
    }
  }
}
