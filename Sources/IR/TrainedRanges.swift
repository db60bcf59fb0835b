/// The converter ranges that training has found for a product with constant weights.
public struct TrainedRanges: Hashable, Sendable {
  /// The largest magnitudes of the input that its converters pass, above 0: one for all rows of the
  /// matrix, or one for each of so many `RowParts`, of a recurrent layer those of x; empty without a
  /// trained range.
  public var input: [Float]
  /// The same of the hidden state of a recurrent layer, for all its rows; `nil` without a trained range.
  public var state: Float?
  /// The largest magnitude of the results, after everything that fusing adds to the product, above
  /// 0; `nil` without a trained range, as in a recurrent layer, whose converters give sums of gates.
  public var output: Float?

  /// Creates ranges.
  public init(input: [Float] = [], state: Float? = nil, output: Float? = nil) {
    self.input = input
    self.state = state
    self.output = output
  }

  /// Whether training says nothing.
  public var isEmpty: Bool { input.isEmpty && state == nil && output == nil }

  /// Whether rows of the matrix that are of the input have different ranges.
  public var differByRow: Bool { input.contains { $0 != input[0] } }

  /// Whether all can be ranges: numbers above 0.
  var isValid: Bool {
    (input + [state, output].compactMap { $0 }).allSatisfy { $0 > 0 && $0.isFinite }
  }
}

/// What of a product training can find a range for.
public enum TrainedRange: String, CaseIterable, Sendable {
  case input, state, output
}

extension TrainedRanges {
  /// The numbers of a range; none where training has not found it.
  public subscript(range: TrainedRange) -> [Float] {
    get {
      switch range {
      case .input: input
      case .state: state.map { [$0] } ?? []
      case .output: output.map { [$0] } ?? []
      }
    }
    set {
      switch range {
      case .input: input = newValue
      case .state: state = newValue.first
      case .output: output = newValue.first
      }
    }
  }
}

extension Op {
  /// What training can have found ranges for.
  public var trainedRanges: [TrainedRange] {
    switch self {
    case .conv, .gemm, .matMul: [.input, .output]
    case .recurrent: [.input, .state]
    default: []
    }
  }
}

extension TrainedRanges {
  /// Whether `op` can have all of them.
  func fit(_ op: Op) -> Bool {
    TrainedRange.allCases.allSatisfy { self[$0].isEmpty || op.trainedRanges.contains($0) }
  }

  /// As the text form writes them.
  var attributes: [Attribute] {
    var list = AttributeList()
    for range in TrainedRange.allCases {
      let numbers = self[range]
      switch numbers.count {
      case 0: break
      case 1: list.add(range.attribute, .float(numbers[0]))
      default: list.add(range.attribute, .floats(numbers))
      }
    }
    return list.items
  }

  /// Takes the ranges of `op` from `attributes`.
  init(_ op: Op, from attributes: inout AttributeReader) {
    self.init()
    for range in op.trainedRanges {
      self[range] =
        range == .input
        ? attributes.floats(range.attribute)
        : attributes.optionalFloat(range.attribute).map { [$0] } ?? []
    }
  }
}

extension TrainedRange {
  /// The name of the attribute in the text form.
  fileprivate var attribute: String { "\(rawValue)_range" }
}
