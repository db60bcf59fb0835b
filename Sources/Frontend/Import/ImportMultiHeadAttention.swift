import Basics
import IR

/// The attentions of ONNX Runtime's domain.
extension OperatorImport {
  /// Attention and MultiHeadAttention.
  static let contributedAttentions = [
    OperatorImport("Attention") { selfAttention(&$0) },
    OperatorImport("MultiHeadAttention") { multiHead(&$0) },
  ]

  /// Operands are the input, the weights of queries, keys and values side by side, [their bias],
  /// [mask], [past], [addend of the products]; results are the output and [present].
  private static func selfAttention(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...7)
    node.expectResults(upTo: 2)
    let parameters = node.heads(masked: 3)
    for name in ["do_rotary", "past_present_share_buffer"]
    where node.integer(name, default: 0) != 0 {
      node.fault("attribute \(name) is not 0, which is not supported", supported: "0")
    }
    node.ignore("rotary_embedding_dim")
    if node.isGiven(6) {
      node.fault("has a length of the past, which is not supported", supported: "6 operands")
    }
    _ = node.rank(of: 0, in: 3...3)
    let width = node.size(1, 1)
    let sizes = node.integers("qkv_hidden_sizes") ?? [Int](repeating: (width ?? 3) / 3, count: 3)
    if width == nil { node.openSizeFault("has an operand 1 whose size is open") }
    if sizes.count != 3 || sizes.contains(where: { $0 < 1 || $0 % parameters.count != 0 })
      || sizes.reduce(0, { $0 &+ $1 }) != width ?? 0
    {
      node.operandFault(
        "divides \(width ?? 0) columns into \(sizes) for \(parameters.count) heads")
    }
    guard node.faults.isEmpty else { return .operation(.unary(.identity), [.given(0)]) }
    var steps = ImportedSteps()
    var product = steps.matMul(.given(0), .given(1), name: "projection")
    if node.isGiven(2) { product = steps.binary(.add, product, .given(2)) }
    let parts = steps.addAll(
      .split(axis: 2), [product, .list("sizes", sizes)], name: "split", resultCount: 3)
    let query = steps.headsFirst(parts[0], parameters)
    var (key, value) = (
      steps.headsFirst(parts[1], parameters), steps.headsFirst(parts[2], parameters)
    )
    if node.isGiven(4) {
      let past = steps.addAll(.split(axis: 0), [.given(4)], name: "past", resultCount: 2)
      key = steps.concat([steps.squeeze(past[0], axes: [0]), key], axis: 2)
      value = steps.concat([steps.squeeze(past[1], axes: [0]), value], axis: 2)
    }
    let bias = steps.bias(
      of: node, query: query, key: key, past: node.isGiven(4) ? (4, 3) : nil, addend: 5, parameters)
    let output = steps.attention(query, key, value, bias: bias, parameters)
    guard node.isUsed.count > 1, node.isUsed[1] else { return steps.ending(in: output) }
    let present = steps.concat(
      [steps.unsqueeze(key, axes: [0]), steps.unsqueeze(value, axes: [0])], axis: 0)
    return .steps(steps, results: [output, present])
  }

  /// Operands are query, [key], [value], [bias of all three], [mask], [addend of the products], [past
  /// key], [past value]; results are the output, [present key], [present value].
  private static func multiHead(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...10)
    node.expectResults(upTo: 3)
    let parameters = node.heads(masked: 4)
    for index in [8, 9] where node.isGiven(index) {
      node.fault("has an operand \(index), which is not supported", supported: "8 operands")
    }
    if node.isGiven(6) != node.isGiven(7) {
      node.fault("has only one of past key and past value")
    }
    let keyAxis = node.isGiven(1) && node.operands[1]?.type.shape?.count == 4 ? 2 : 1
    if parameters.isCausal, !node.isGiven(6), let queries = node.size(0, 1),
      let keys = node.size(1, keyAxis), keys > queries
    {
      // ONNX Runtime lets the last query see all of them.
      node.operandFault(
        "attribute unidirectional is 1, and there are more keys than queries, without a past")
    }
    var steps = ImportedSteps()
    guard let (query, ownKey, ownValue) = steps.factors(of: &node, parameters),
      node.faults.isEmpty
    else { return .operation(.unary(.identity), [.given(0)]) }
    var (key, value) = (ownKey, ownValue)
    if node.isGiven(6) {
      key = steps.concat([.given(6), key], axis: 2)
      value = steps.concat([.given(7), value], axis: 2)
    }
    let bias = steps.bias(
      of: node, query: query, key: key, past: node.isGiven(6) ? (6, 2) : nil, addend: 5, parameters)
    let output = steps.attention(query, key, value, bias: bias, parameters)
    return .steps(steps, results: [output, key, value])
  }
}

/// What attributes say of the heads of an attention.
struct AttentionHeads {
  var count: Int
  /// The factor of the products of queries and keys; that of their size if `nil`.
  var scale: Float?
  var isCausal: Bool
  /// What is added to the products of keys that the mask leaves out.
  var filter: Float
  var arithmetic: StepArithmetic
  /// The operand that is the mask, and its form; `nil` if there is none.
  var mask: (operand: Int, form: MaskForm)?
}

/// How a mask says which keys are seen.
enum MaskForm {
  /// One number a key, which is above 0 for those that are seen; with these dimensions of size 1 put
  /// in, batch × heads × queries × keys.
  case numbers(axes: [Int])
  /// How many keys are seen, one number a sequence.
  case lengths
  /// Before which key, and from which on they are seen: all ends, then all starts.
  case ends
}

extension NodeImport {
  fileprivate mutating func heads(masked operand: Int) -> AttentionHeads {
    let count = heads("num_heads")
    let scale = float("scale")
    let isCausal = integer("unidirectional", default: 0) != 0
    let filter = float("mask_filter_value", default: -10_000)
    let (own, _) = precision()
    var parameters = AttentionHeads(
      count: count, scale: scale == 0 ? nil : scale, isCausal: isCausal, filter: filter,
      arithmetic: StepArithmetic(element: own), mask: nil)
    if isGiven(operand), let form = maskForm(operand) { parameters.mask = (operand, form) }
    return parameters
  }

  private mutating func maskForm(_ operand: Int) -> MaskForm? {
    switch rank(of: operand, in: 1...3) {
    case 3: return .numbers(axes: [1])
    case 2: return .numbers(axes: [1, 2])
    default:
      guard let own = operands[operand]?.type.shape?.first,
        let batch = operands[0]?.type.shape?.first
      else { return nil }
      if own == batch { return .lengths }
      if let own = own.value, let batch = batch.value, own == 2 * batch { return .ends }
      operandFault(
        "has a mask of \(own) numbers for \(batch) sequences, which is not supported")
      return nil
    }
  }
}

extension ImportedSteps {
  /// Batch × positions × (heads · elements) as batch × heads × positions × elements.
  mutating func headsFirst(
    _ x: ImportedOperand, _ parameters: AttentionHeads
  ) -> ImportedOperand { transpose(reshape(x, [0, 0, parameters.count, -1]), [0, 2, 1, 3]) }

  /// Query, key and value as batch × heads × positions × elements of a head, their bias added; `nil`
  /// after a fault.
  fileprivate mutating func factors(
    of node: inout NodeImport, _ parameters: AttentionHeads
  ) -> (ImportedOperand, ImportedOperand, ImportedOperand)? {
    if node.rank(of: 0, in: 3...5) == 5 {
      let parts = packed(.given(0), count: 3)
      if node.isGiven(3) { node.fault("has a bias of packed queries, which is not supported") }
      return (parts[0], parts[1], parts[2])
    }
    guard node.isGiven(1) else {
      node.fault(
        "has queries alone", supported: "key and value, or all three packed in one operand")
      return nil
    }
    let form = node.rank(of: 1, in: 3...5)
    if node.isGiven(2) == (form == 5) { node.fault("has both or none of values and packed keys") }
    if form > 3 && node.isGiven(3) {
      node.fault("has a bias, which is not supported with keys of \(form) dimensions")
    }
    var parts: [ImportedOperand] = [.given(0), .given(1), .given(2)]
    if node.isGiven(3) {
      guard let query = node.size(0, 2), let value = node.size(2, 2) else {
        node.openSizeFault("has a bias, and the size of its heads is open")
        return nil
      }
      let sizes = ImportedOperand.list("sizes", [query, query, value])
      let biases = addAll(.split(axis: 0), [.given(3), sizes], name: "split", resultCount: 3)
      parts = zip(parts, biases).map { binary(.add, $0, $1) }
    }
    let query = headsFirst(parts[0], parameters)
    switch form {
    case 5:
      let pair = packed(.given(1), count: 2)
      return (query, pair[0], pair[1])
    case 4: return (query, .given(1), .given(2))
    default: return (query, headsFirst(parts[1], parameters), headsFirst(parts[2], parameters))
    }
  }

  /// The parts of batch × positions × heads × parts × elements, each as batch × heads × positions ×
  /// elements.
  private mutating func packed(_ x: ImportedOperand, count: Int) -> [ImportedOperand] {
    addAll(.split(axis: 3), [x], name: "packed", resultCount: count).map {
      transpose(squeeze($0, axes: [3]), [0, 2, 1, 3])
    }
  }

  /// What is added to the products of queries and keys; `nil` if nothing is. Queries stand behind the
  /// positions that an axis of an operand counts.
  fileprivate mutating func bias(
    of node: NodeImport, query: ImportedOperand, key: ImportedOperand,
    past: (operand: Int, axis: Int)?, addend: Int, _ parameters: AttentionHeads
  ) -> ImportedOperand? {
    var parts: [ImportedOperand] = []
    let numbers = parameters.arithmetic
    if let (mask, form) = parameters.mask {
      let isSeen = seen(.given(mask), form, key: key)
      parts.append(
        add(
          .select,
          [isSeen, numbers.number("seen", 0), numbers.number("masked", parameters.filter)],
          name: "mask"))
    }
    if parameters.isCausal {
      var own = unsqueeze(positions(of: query), axes: [1])
      if let past {
        own = binary(.add, own, shape(.given(past.operand), past.axis..<past.axis + 1))
      }
      let isBefore = binary(.lessOrEqual, positions(of: key), own)
      parts.append(
        add(
          .select, [isBefore, numbers.number("seen", 0), numbers.number("unseen", -.infinity)],
          name: "causal"))
    }
    if node.isGiven(addend) { parts.append(.given(addend)) }
    guard var sum = parts.first else { return nil }
    for part in parts.dropFirst() { sum = binary(.add, sum, part) }
    return sum
  }

  /// Which keys are seen, batch × heads × queries × keys or what broadcasts to it.
  private mutating func seen(
    _ mask: ImportedOperand, _ form: MaskForm, key: ImportedOperand
  ) -> ImportedOperand {
    switch form {
    case .numbers(let axes):
      let zero = ImportedOperand.made("none", Tensor(scalar: Int32(0)))
      return unsqueeze(binary(.greater, mask, zero), axes: axes)
    case .lengths:
      let lengths = unsqueeze(cast(mask, to: .i64), axes: [1, 2, 3])
      return binary(.less, positions(of: key), lengths)
    case .ends:
      let bounds = addAll(.split(axis: 0), [cast(mask, to: .i64)], name: "bounds", resultCount: 2)
        .map { unsqueeze($0, axes: [1, 2, 3]) }
      let own = positions(of: key)
      return binary(
        .and, binary(.less, own, bounds[0]), binary(.lessOrEqual, bounds[1], own))
    }
  }

  /// The values that queries see, weighed by the softmax of their products with keys, heads side by
  /// side: the last step.
  fileprivate mutating func attention(
    _ query: ImportedOperand, _ key: ImportedOperand, _ value: ImportedOperand,
    bias: ImportedOperand?, _ parameters: AttentionHeads
  ) -> ImportedOperand {
    let logits = logits(query, key, scale: parameters.scale, parameters.arithmetic)
    let biased = bias.map { binary(.add, logits, $0) } ?? logits
    let weights = add(.softmax(Softmax(axis: -1)), [biased], name: "softmax")
    return reshape(
      transpose(matMul(weights, value), [0, 2, 1, 3]), [0, 0, -1], name: "")
  }

  /// The products of queries and keys times `scale`, or by the root of the size of heads.
  mutating func logits(
    _ query: ImportedOperand, _ key: ImportedOperand, scale: Float?, _ numbers: StepArithmetic
  ) -> ImportedOperand {
    let product = matMul(query, transpose(key, [0, 1, 3, 2]), name: "scores")
    if let scale { return binary(.mul, product, numbers.number("scale", scale), name: "scaled") }
    let size = cast(squeeze(shape(query, 3..<4), axes: [0]), to: numbers.element)
    return binary(.div, product, unary(.sqrt, size), name: "scaled")
  }
}
