/// An operator that models may use.
public struct SupportedOperator: Hashable, Sendable {
  /// The name that ONNX gives it.
  public let name: String
  /// The first operator set version with it that is supported.
  public let since: Int
}

/// The operators that models may use, by name.
public let supportedOperators: [SupportedOperator] = OperatorImport.all.map {
  SupportedOperator(name: $0.name, since: $0.since)
}

/// The versions of the ONNX operator set that models may use.
public let supportedOpsets: ClosedRange<Int> = 6...28

/// How the nodes of one operator are read.
struct OperatorImport: Sendable {
  /// The name that ONNX gives it.
  let name: String
  /// The first operator set version with it that is supported.
  let since: Int
  /// Reads a node.
  let read: @Sendable (inout NodeImport) -> ImportedNode

  init(
    _ name: String, since: Int = supportedOpsets.lowerBound,
    _ read: @escaping @Sendable (inout NodeImport) -> ImportedNode
  ) {
    self.name = name
    self.since = since
    self.read = read
  }

  /// Every operator, by name.
  static let all: [OperatorImport] = [
    convolutions,
    transposedConvolutions,
    matrixProducts,
    normalizations,
    momentNormalizations,
    simplifiedNormalizations,
    normNormalizations,
    attentions,
    losses,
    spectra,
    activations,
    arithmetic,
    elementFunctions,
    comparisons,
    reductions,
    selections,
    layouts,
    indexing,
    movements,
    samplings,
    constants,
    resizing,
    recurrences,
    controlFlow,
    sequences,
    casts,
    quantization,
    quantizedProducts,
  ].flatMap(\.self).sorted { $0.name < $1.name }

  /// The operator `name` of `domain`; `nil` if it is not supported.
  static func named(_ name: String, domain: String) -> OperatorImport? {
    domain.isEmpty ? byName[name] : OperatorDomain.named(domain)?.imports.first { $0.name == name }
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
