import Basics
import IR

extension OperatorImport {
  /// Attention and RotaryEmbedding.
  static let attentions = [
    OperatorImport("Attention", since: 23) { attention(&$0) },
    OperatorImport("RotaryEmbedding", since: 23) { rotaryEmbedding(&$0) },
  ]

  /// Scaled dot-product attention. Operands are query, key, value, [mask], [past key], [past value],
  /// [lengths of keys]; results are output, present key, present value, and one of the stages of the
  /// product of query and key.
  private static func attention(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...(node.opset >= 24 ? 7 : 6))
    node.expectResults(upTo: 4)
    let parameters = node.attentionParameters()
    guard node.faults.isEmpty else { return .operation(.unary(.identity), [.given(0)]) }
    var steps = ImportedSteps()
    let query = steps.heads(.given(0), parameters.queryHeads, parameters)
    var key = steps.heads(.given(1), parameters.keyHeads, parameters)
    var value = steps.heads(.given(2), parameters.keyHeads, parameters)
    if parameters.hasPast {
      key = steps.concat([.given(4), key], axis: 2)
      value = steps.concat([.given(5), value], axis: 2)
    }
    let bias = steps.bias(query: query, key: key, parameters)
    let product = steps.product(query, steps.repeated(key, parameters), parameters)
    var (capped, logits) = (product, product)
    if parameters.cap > 0 {
      let cap = parameters.arithmetic.number("cap", parameters.cap)
      capped = steps.binary(
        .mul, steps.unary(.tanh, steps.binary(.div, product, cap)), cap)
      logits = capped
    }
    if let bias { logits = steps.binary(.add, capped, bias) }
    let own = parameters.arithmetic.element
    let precise = steps.cast(logits, from: own, to: parameters.softmaxElement)
    var weights = steps.add(.softmax(Softmax(axis: -1)), [precise], name: "softmax")
    weights = steps.cast(weights, from: parameters.softmaxElement, to: own)
    if let bias {
      // No key is left for a query: its weights are 0, where the softmax is NaN.
      let most = steps.reduce(.max, bias, axes: [-1])
      let nothing = steps.binary(.equal, most, parameters.arithmetic.number("none", -.infinity))
      weights = steps.add(
        .select, [nothing, parameters.arithmetic.number("zero", 0), weights], name: "select")
    }
    let values = steps.repeated(value, parameters)
    var output = steps.matMul(weights, values, name: parameters.isFlat ? nil : "")
    if parameters.isFlat {
      output = steps.reshape(steps.transpose(output, [0, 2, 1, 3]), [0, 0, -1], name: "")
    }
    let stages = [product, capped, logits, weights]
    return .steps(steps, results: [output, key, value, stages[parameters.stage]])
  }
}

/// What an Attention node asks for.
private struct AttentionParameters {
  var arithmetic: StepArithmetic
  var softmaxElement: ElementType
  /// Whether heads lie side by side in the last of three dimensions.
  var isFlat: Bool
  /// The number of heads; 0 where it is not known and does not matter.
  var queryHeads: Int
  var keyHeads: Int
  /// The root of the factor of the products; `nil` where it follows from a size that is open.
  var scale: Float?
  var cap: Float
  /// Which of four stages of the products is a result.
  var stage: Int
  var isCausal: Bool
  /// How many keys before and after a query are seen; all where they are negative.
  var left: Int
  var right: Int
  var hasPast: Bool
  var hasLengths: Bool
  var mask: ValueType?
  /// By how many elements the mask is shorter than the keys.
  var maskLack: Int
}

extension NodeImport {
  fileprivate mutating func attentionParameters() -> AttentionParameters {
    let rank = rank(of: 0, in: 3...4)
    let isFlat = rank == 3
    let (own, _) = precision()
    func size(_ operand: Int, _ axis: Int) -> Int? {
      guard isGiven(operand), let shape = operands[operand]?.type.shape, axis < shape.count
      else { return nil }
      return shape[axis < 0 ? shape.count + axis : axis].value
    }
    for index in [1, 2] { _ = self.rank(of: index, in: rank...rank) }
    let heads = ["q_num_heads", "kv_num_heads"].enumerated().map { index, name -> Int in
      let given = integer(name, default: 0)
      if isFlat && given < 1 {
        fault("attribute \(name) is \(given), but must be the number of heads")
      }
      return isFlat ? given : size(index, 1) ?? 0
    }
    if heads[1] > 0 && heads[0] % heads[1] != 0 {
      fault("has \(heads[0]) query heads, which is not a multiple of its \(heads[1]) key heads")
    }
    var factor = float("scale")
    if factor == 0 { factor = nil }
    if factor == nil, let width = size(0, -1) {
      factor = 1 / Float(max(isFlat ? width / max(heads[0], 1) : width, 1)).squareRoot()
    }
    if let factor, factor < 0 { fault("attribute scale is \(factor)") }
    let stage = integer("qk_matmul_output_mode", default: 0)
    if !(0...3).contains(stage) { fault("attribute qk_matmul_output_mode is \(stage)") }
    let precise = softmaxPrecision(own)
    if isGiven(4) != isGiven(5) { fault("has only one of past key and past value") }
    if isGiven(4) && isGiven(6) { fault("has both a past and lengths of keys") }
    let keys = size(1, isFlat ? 1 : 2).flatMap { keys in
      isGiven(4) ? size(4, 2).map { $0.addingReportingOverflow(keys).partialValue } : keys
    }
    let mask = isGiven(3) ? operands[3]?.type : nil
    let lack = size(3, -1).flatMap { mask in keys.map { max($0 - mask, 0) } } ?? 0
    let isWindowed = opset >= 25
    return AttentionParameters(
      arithmetic: StepArithmetic(element: own), softmaxElement: precise, isFlat: isFlat,
      queryHeads: heads[0], keyHeads: heads[1], scale: factor?.squareRoot(),
      cap: float("softcap", default: 0), stage: min(max(stage, 0), 3),
      isCausal: flag("is_causal"),
      left: isWindowed ? integer("left_window_size", default: -1) : -1,
      right: isWindowed ? integer("right_window_size", default: -1) : -1,
      hasPast: isGiven(4), hasLengths: isGiven(6), mask: mask, maskLack: lack)
  }

  /// The element type in which the softmax is computed.
  private mutating func softmaxPrecision(_ own: ElementType) -> ElementType {
    guard has("softmax_precision") else { return own }
    let number = integer("softmax_precision")
    let element = Int32(exactly: number).flatMap { OnnxElementType(rawValue: $0).elementType }
    guard let element, element.isFloatingPoint else {
      fault("attribute softmax_precision is \(number)", supported: "floating-point types")
      return own
    }
    return element
  }
}

extension ImportedSteps {
  /// `x` as batch × heads × positions × elements of a head.
  fileprivate mutating func heads(
    _ x: ImportedOperand, _ count: Int, _ parameters: AttentionParameters
  ) -> ImportedOperand {
    guard parameters.isFlat else { return x }
    return transpose(reshape(x, [0, 0, count, -1]), [0, 2, 1, 3])
  }

  /// `x` with each head of keys as often as there are heads of queries for it.
  fileprivate mutating func repeated(
    _ x: ImportedOperand, _ parameters: AttentionParameters
  ) -> ImportedOperand {
    let (queries, keys) = (parameters.queryHeads, parameters.keyHeads)
    guard keys > 0, queries != keys else { return x }
    let indices = (0..<queries).map { $0 / (queries / keys) }
    return add(.gather(axis: 1), [x, .list("heads", indices)], name: "gather")
  }

  /// The products of queries and keys, both scaled first, which keeps half precision in range.
  fileprivate mutating func product(
    _ query: ImportedOperand, _ key: ImportedOperand, _ parameters: AttentionParameters
  ) -> ImportedOperand {
    let scale =
      parameters.scale.map { parameters.arithmetic.number("scale", $0) }
      ?? openScale(of: query, parameters.arithmetic)
    let scaled = binary(.mul, query, scale)
    let turned = binary(.mul, transpose(key, [0, 1, 3, 2]), scale)
    return matMul(scaled, turned)
  }

  /// The fourth root of the inverse size of a head, which the model leaves open.
  private mutating func openScale(
    of query: ImportedOperand, _ arithmetic: StepArithmetic
  ) -> ImportedOperand {
    let size = cast(squeeze(shape(query, 3..<4), axes: [0]), to: .f32)
    let root = unary(.sqrt, unary(.sqrt, size))
    return cast(unary(.reciprocal, root), from: .f32, to: arithmetic.element)
  }

  /// What is added to the products: −∞ where a key is not seen; `nil` if all are.
  fileprivate mutating func bias(
    query: ImportedOperand, key: ImportedOperand, _ parameters: AttentionParameters
  ) -> ImportedOperand? {
    var parts: [ImportedOperand] = []
    if let mask = parameters.mask { parts.append(self.mask(mask, parameters)) }
    let isWindowed = parameters.left >= 0 || parameters.right >= 0
    if parameters.isCausal || isWindowed || parameters.hasLengths {
      let keys = positions(of: key)
      if parameters.isCausal || isWindowed {
        let own = ownPositions(query, parameters)
        if parameters.isCausal {
          parts.append(seen(binary(.lessOrEqual, keys, own), parameters))
        }
        if parameters.left >= 0 {
          let least = binary(.sub, own, .whole("left", parameters.left))
          parts.append(seen(binary(.lessOrEqual, least, keys), parameters))
        }
        if parameters.right >= 0 {
          let most = binary(.add, own, .whole("right", parameters.right))
          parts.append(seen(binary(.lessOrEqual, keys, most), parameters))
        }
      }
      if parameters.hasLengths {
        let lengths = unsqueeze(.given(6), axes: [1, 2, 3])
        parts.append(seen(binary(.less, keys, lengths), parameters))
      }
    }
    guard var sum = parts.first else { return nil }
    for part in parts.dropFirst() { sum = binary(.add, sum, part) }
    return sum
  }

  /// The positions of the queries among the keys: positions × 1, and before it, where keys have
  /// lengths, batch × 1.
  private mutating func ownPositions(
    _ query: ImportedOperand, _ parameters: AttentionParameters
  ) -> ImportedOperand {
    let own = unsqueeze(positions(of: query), axes: [1])
    if parameters.hasPast { return binary(.add, own, shape(.given(4), 2..<3)) }
    guard parameters.hasLengths else { return own }
    let first = binary(.sub, .given(6), shape(query, 2..<3))
    return binary(.add, own, unsqueeze(first, axes: [1, 2, 3]))
  }

  /// 0, 1, … for each position of `x`, which lie along `axis`.
  mutating func positions(of x: ImportedOperand, axis: Int = 2) -> ImportedOperand {
    let count = squeeze(shape(x, axis..<axis + 1), axes: [0])
    return add(.range, [.whole("first", 0), count, .whole("step", 1)], name: "range")
  }

  /// 0 where `condition` holds, else −∞.
  private mutating func seen(
    _ condition: ImportedOperand, _ parameters: AttentionParameters
  ) -> ImportedOperand {
    let numbers = parameters.arithmetic
    return add(
      .select, [condition, numbers.number("seen", 0), numbers.number("unseen", -.infinity)],
      name: "select")
  }

  /// The mask as what is added, for all keys.
  private mutating func mask(
    _ type: ValueType, _ parameters: AttentionParameters
  ) -> ImportedOperand {
    let own = parameters.arithmetic.element
    let sum =
      type.element == .bool
      ? seen(.given(3), parameters) : cast(.given(3), from: type.element, to: own)
    guard parameters.maskLack > 0, let rank = type.shape?.count else { return sum }
    let pads = [Int](repeating: 0, count: 2 * rank - 1) + [parameters.maskLack]
    return add(
      .pad(.constant),
      [sum, .list("pads", pads), parameters.arithmetic.number("unseen", -.infinity), .none],
      name: "pad")
  }
}

extension ImportedOperand {
  /// A constant whole number.
  static func whole(_ name: String, _ value: Int) -> ImportedOperand {
    .made(name, Tensor(scalar: Int64(value)))
  }
}
