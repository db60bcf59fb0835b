/// The converter ranges that training has found for a product with constant weights.
public struct TrainedRanges: Hashable, Sendable {
  /// The largest magnitudes of the input that its converters pass, above 0: one for all rows of the
  /// matrix, or one for each of so many `RowParts`; empty without a trained range.
  public var input: [Float]
  /// The largest magnitude of the results, after everything that fusing adds to the product, above
  /// 0; `nil` without a trained range.
  public var output: Float?

  /// Creates ranges.
  public init(input: [Float] = [], output: Float? = nil) {
    self.input = input
    self.output = output
  }

  /// Whether training says nothing.
  public var isEmpty: Bool { input.isEmpty && output == nil }

  /// Whether rows of the matrix have different ranges.
  public var differByRow: Bool { input.contains { $0 != input[0] } }

  /// Whether all can be ranges: numbers above 0.
  var isValid: Bool {
    (input + (output.map { [$0] } ?? [])).allSatisfy { $0 > 0 && $0.isFinite }
  }
}

extension Op {
  /// Whether training can have found ranges for this operator.
  public var hasTrainedRanges: Bool {
    switch self {
    case .conv, .gemm, .matMul: true
    default: false
    }
  }
}

extension TrainedRanges {
  /// As the text form writes them.
  var attributes: [Attribute] {
    var list = AttributeList()
    switch input.count {
    case 0: break
    case 1: list.add("input_range", .float(input[0]))
    default: list.add("input_range", .floats(input))
    }
    if let output { list.add("output_range", .float(output)) }
    return list.items
  }

  /// Takes the ranges of the operator that `mnemonic` names from `attributes`.
  init(_ mnemonic: String, from attributes: inout AttributeReader) {
    guard ["conv", "gemm", "matmul"].contains(mnemonic) else {
      self.init()
      return
    }
    self.init(
      input: attributes.floats("input_range"), output: attributes.optionalFloat("output_range"))
  }
}
