import Basics
import IR

/// The operators of the domain `ai.onnx.ml` that networks and linear models of scikit-learn come with.
extension OperatorImport {
  /// Features made ready for a network, linear models, and the choice of a class.
  static let machineLearning = [
    OperatorImport("ArrayFeatureExtractor") { chosenFeatures(&$0) },
    OperatorImport("Binarizer") { binarized(&$0) },
    OperatorImport("FeatureVectorizer") { joinedFeatures(&$0) },
    OperatorImport("Imputer") { imputed(&$0) },
    OperatorImport("LinearClassifier") { classified(&$0) },
    OperatorImport("LinearRegressor") { regressed(&$0) },
    OperatorImport("Normalizer") { normalized(&$0) },
    OperatorImport("OneHotEncoder") { encoded(&$0) },
    OperatorImport("Scaler") { scaled(&$0) },
  ]

  /// What scikit-learn's converter adds to classifiers unless told not to: refused with that advice.
  static let zipMap = OperatorImport("ZipMap") { refused(&$0) }

  /// The elements of the last dimension that operand 1 names; a vector becomes a matrix of one row.
  private static func chosenFeatures(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let rank = node.rank(of: 0, in: 1...64)
    var steps = ImportedSteps()
    let places = steps.reshape(.given(1), [-1])
    let x = rank == 1 ? steps.unsqueeze(.given(0), axes: [0]) : .given(0)
    let last = steps.last(.gather(axis: -1), [x, places])
    return .steps(steps, results: [last])
  }

  private static func binarized(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let threshold = node.float("threshold", default: 0)
    let (own, _) = node.precision()
    guard let limit = ImportedOperand.number("threshold", threshold, own) else {
      return .steps(ImportedSteps(), results: [])
    }
    var steps = ImportedSteps()
    let isAbove = steps.binary(.greater, .given(0), limit)
    let last = steps.last(.cast(to: own), [isAbove])
    return .steps(steps, results: [last])
  }

  private static func joinedFeatures(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...(.max))
    node.expectOneResult()
    let sizes = node.integers("inputdimensions")
    var steps = ImportedSteps()
    let parts = node.operands.indices.map { index in
      let part = node.single(index, &steps)
      guard let sizes, index < sizes.count else { return part }
      return steps.reshape(part, [0, sizes[index]])
    }
    let last = steps.last(.concat(axis: 1), parts)
    return .steps(steps, results: [last])
  }

  /// Operand 0 with a number for each of those that are missing, which are NaN or a number.
  private static func imputed(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let isInteger = node.operands[0]?.type.element == .i64
    var steps = ImportedSteps()
    let (numbers, isMissing): (ImportedOperand, ImportedOperand)
    if isInteger {
      let values = node.integers("imputed_value_int64s") ?? []
      let missing = node.integer("replaced_value_int64", default: 0)
      if values.isEmpty { node.fault("attribute imputed_value_int64s is missing") }
      numbers = .list("imputed", values)
      isMissing = steps.binary(.equal, .given(0), .whole("replaced", missing))
    } else {
      let values = node.floats("imputed_value_floats") ?? []
      let missing = node.float("replaced_value_float", default: .nan)
      if values.isEmpty { node.fault("attribute imputed_value_floats is missing") }
      numbers = .numbers("imputed", values)
      isMissing =
        missing.isNaN
        ? steps.unary(.isNaN, .given(0))
        : steps.binary(.equal, .given(0), .made("replaced", Tensor(scalar: missing)))
    }
    let last = steps.last(.select, [isMissing, numbers, .given(0)])
    return .steps(steps, results: [last])
  }

  /// The class with the greatest score, and the scores of all.
  private static func classified(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectResults(upTo: 2)
    node.ignore("multi_class")
    if node.words("classlabels_strings")?.isEmpty == false {
      node.fault(
        "has strings as class labels, which is not supported",
        supported: "attribute classlabels_ints",
        help: "train with the numbers of the classes as labels")
    }
    let labels = node.integers("classlabels_ints") ?? []
    var steps = ImportedSteps()
    let scores = node.linear(&steps, rows: labels.count)
    let greatest = steps.add(
      .extremum(Extremum(kind: .max, axis: 1, keepsDimension: false)), [scores], name: "argmax")
    let label = steps.add(.gather(axis: 0), [.list("labels", labels), greatest], name: "label")
    let transformed = node.transformed(scores, &steps)
    return .steps(steps, results: [label, transformed])
  }

  private static func regressed(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    var steps = ImportedSteps()
    let targets = node.integer("targets", default: 1)
    let result = node.linear(&steps, rows: targets)
    let last = node.transformed(result, &steps)
    return .steps(steps, results: [last])
  }

  /// Rows divided by their norm, if that is not 0.
  private static func normalized(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let kind = node.word("norm", of: ["MAX", "L1", "L2"])
    var steps = ImportedSteps()
    let x = node.single(0, &steps)
    let norm =
      switch kind {
      case "L1": steps.reduce(.l1, x, axes: [-1])
      case "L2": steps.reduce(.l2, x, axes: [-1])
      default: steps.reduce(.max, x, axes: [-1])
      }
    let isZero = steps.binary(.equal, norm, .made("zero", Tensor(scalar: Float(0))))
    let one = ImportedOperand.made("one", Tensor(scalar: Float(1)))
    let divisor = steps.add(.select, [isZero, one, norm], name: "select")
    let last = steps.last(.binary(.div), [x, divisor])
    return .steps(steps, results: [last])
  }

  /// A vector for every element, 1 at the place of its category; all 0 for others.
  private static func encoded(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    if !node.flag("zeros", default: true) {
      node.fault("refuses unknown categories, which is not supported", supported: "zeros 1")
    }
    if node.words("cats_strings")?.isEmpty == false {
      node.fault("has strings as categories", supported: "attribute cats_int64s")
    }
    let categories = node.integers("cats_int64s") ?? []
    if categories.isEmpty && node.faults.isEmpty { node.fault("attribute cats_int64s is missing") }
    let own = node.operands[0]?.type.element ?? .i64
    var steps = ImportedSteps()
    let x = steps.unsqueeze(steps.cast(.given(0), from: own, to: .i64), axes: [-1])
    let isThere = steps.binary(.equal, x, .list("categories", categories))
    let last = steps.last(.cast(to: .f32), [isThere])
    return .steps(steps, results: [last])
  }

  /// (x − offset) · scale, one of each a feature or one of all.
  private static func scaled(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let offsets = node.floats("offset") ?? [0]
    let scales = node.floats("scale") ?? [1]
    var steps = ImportedSteps()
    let distance = steps.binary(.sub, node.single(0, &steps), .numbers("offset", offsets))
    let scale = ImportedOperand.numbers("scale", scales)
    let last = steps.last(.binary(.mul), [distance, scale])
    return .steps(steps, results: [last])
  }

  private static func refused(_ node: inout NodeImport) -> ImportedNode {
    for name in ["classlabels_int64s", "classlabels_strings"] { node.ignore(name) }
    node.fault(
      "gives a map for every row instead of a tensor",
      help: "export with the option zipmap=False, for the probabilities as a tensor")
    return .steps(ImportedSteps(), results: [])
  }
}

extension NodeImport {
  /// The operand at `index` in single precision, in which these operators compute.
  fileprivate func single(_ index: Int, _ steps: inout ImportedSteps) -> ImportedOperand {
    let own = operands[index]?.type.element ?? .f32
    return steps.cast(.given(index), from: own, to: .f32)
  }

  /// Operand 0 times the coefficients, which have `rows` rows, plus the intercepts.
  fileprivate mutating func linear(_ steps: inout ImportedSteps, rows: Int) -> ImportedOperand {
    let coefficients = floats("coefficients") ?? []
    let intercepts = floats("intercepts")
    if rows < 1 || coefficients.isEmpty || coefficients.count % rows != 0 {
      if faults.isEmpty { fault("has \(coefficients.count) coefficients for \(rows) results") }
      return .none
    }
    if let intercepts, intercepts.count != rows {
      fault("has \(intercepts.count) intercepts for \(rows) results")
      return .none
    }
    let features = coefficients.count / rows
    let weights = Tensor(coefficients, shape: [rows, features])
    var x = single(0, &steps)
    if rank(of: 0, in: 1...2) == 1 { x = steps.unsqueeze(x, axes: [0]) }
    return steps.add(
      .gemm(Gemm(transposeB: true)),
      [
        x, .made("coefficients", weights),
        intercepts.map { .numbers("intercepts", $0) } ?? .none,
      ],
      name: "")
  }

  /// What attribute `post_transform` makes of scores.
  fileprivate mutating func transformed(
    _ scores: ImportedOperand, _ steps: inout ImportedSteps
  ) -> ImportedOperand {
    switch word("post_transform", of: ["NONE", "SOFTMAX", "LOGISTIC"]) {
    case "SOFTMAX": steps.add(.softmax(Softmax(axis: -1)), [scores], name: "softmax")
    case "LOGISTIC": steps.unary(.sigmoid, scores)
    default: scores
    }
  }
}

extension ImportedSteps {
  /// The last step, which has the name of the node.
  fileprivate mutating func last(_ op: Op, _ operands: [ImportedOperand]) -> ImportedOperand {
    add(op, operands, name: "")
  }
}

extension ImportedOperand {
  /// A constant list of numbers.
  fileprivate static func numbers(_ name: String, _ values: [Float]) -> ImportedOperand {
    .made(name, Tensor(values, shape: [values.count]))
  }
}
