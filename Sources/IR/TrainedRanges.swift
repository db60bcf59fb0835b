/// The converter ranges that training has found for a product with constant weights.
public struct TrainedRanges: Hashable, Sendable {
  /// The largest magnitude of the input that its converters pass, above 0; `nil` without a trained
  /// range.
  public var input: Float?
  /// The largest magnitude of the results, after everything that fusing adds to the product, above
  /// 0; `nil` without a trained range.
  public var output: Float?

  /// Creates ranges.
  public init(input: Float? = nil, output: Float? = nil) {
    self.input = input
    self.output = output
  }

  /// Whether training says nothing.
  public var isEmpty: Bool { input == nil && output == nil }

  /// Whether both can be ranges: numbers above 0.
  var isValid: Bool {
    [input, output].allSatisfy { $0.map { $0 > 0 && $0.isFinite } ?? true }
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
    if let input { list.add("input_range", .float(input)) }
    if let output { list.add("output_range", .float(output)) }
    return list.items
  }

  /// Takes the ranges of the operator that `mnemonic` names from `attributes`.
  init(_ mnemonic: String, from attributes: inout AttributeReader) {
    guard ["conv", "gemm", "matmul"].contains(mnemonic) else { return }
    input = attributes.optionalFloat("input_range")
    output = attributes.optionalFloat("output_range")
  }
}
