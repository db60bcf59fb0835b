/// A domain of operators other than ONNX's own.
public struct OperatorDomain: Sendable {
  /// The name that models give it.
  public let name: String
  /// The versions of its operator set that are supported.
  public let versions: ClosedRange<Int>
  /// The names of the operators that models may use.
  public let operators: [String]

  /// How nodes of its operators are read.
  let imports: [OperatorImport]

  /// `refused` are those that are known, and refused with advice.
  private init(
    _ name: String, _ versions: ClosedRange<Int>, _ supported: [OperatorImport],
    refused: [OperatorImport] = []
  ) {
    self.name = name
    self.versions = versions
    operators = supported.map(\.name)
    imports = supported + refused
  }

  /// The domains whose operators models may use.
  public static let all: [OperatorDomain] = [
    OperatorDomain(
      "ai.onnx.ml", 1...5, OperatorImport.machineLearning, refused: [OperatorImport.zipMap]),
    OperatorDomain(
      "com.microsoft", 1...1,
      [
        OperatorImport.steppedArithmetic,
        OperatorImport.steppedFunctions,
        OperatorImport.steppedProducts,
        OperatorImport.contributedQuantization,
        OperatorImport.contributedActivations,
        OperatorImport.fusedProducts,
        OperatorImport.skippingNormalizations,
        OperatorImport.embeddings,
        OperatorImport.packedProducts,
        OperatorImport.contributedAttentions,
        OperatorImport.groupedAttentions,
        OperatorImport.contributedRotation,
        OperatorImport.scaledIntegerProducts,
      ].flatMap(\.self).sorted { $0.name < $1.name }),
    trained("qonnx.custom_op.general"),
    trained("finn.custom_op.general"),
    trained("onnx.brevitas"),
  ]

  /// A domain under which Brevitas, FINN and QONNX write the operators of training for hardware.
  private static func trained(_ name: String) -> OperatorDomain {
    OperatorDomain(name, 1...2, OperatorImport.trainedQuantization)
  }

  /// The domain `name`; `nil` if none of its operators is supported.
  static func named(_ name: String) -> OperatorDomain? { all.first { $0.name == name } }
}
