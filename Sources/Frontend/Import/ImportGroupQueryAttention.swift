import Basics
import IR

/// GroupQueryAttention of ONNX Runtime's domain.
extension OperatorImport {
  /// GroupQueryAttention.
  static let groupedAttentions = [OperatorImport("GroupQueryAttention") { grouped(&$0) }]

  /// Operands are query, [key], [value], [past key], [past value], lengths less 1 of the sequences,
  /// length of the longest, [cosines], [sines], [positions], [addend of the products], [sinks of
  /// heads]; results are the output, present key and present value.
  private static func grouped(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(7...12, optional: [1, 2, 3, 4])
    node.expectResults(upTo: 3)
    let parameters = node.groupedHeads()
    guard node.faults.isEmpty else { return .operation(.unary(.identity), [.given(0)]) }
    var steps = ImportedSteps()
    let parts = steps.groups(of: node, parameters)
    let places = GroupedPositions(&steps, query: parts[0], node)
    var (query, key) = (parts[0], parts[1])
    if parameters.turns {
      let angles = steps.angles(places, of: node)
      query = steps.turned(query, by: angles, parameters.rotation)
      key = steps.turned(key, by: angles, parameters.rotation)
    }
    query = steps.transpose(query, [0, 2, 1, 3])
    key = steps.transpose(key, [0, 2, 1, 3])
    var value = steps.transpose(parts[2], [0, 2, 1, 3])
    if node.isGiven(3) {
      key = steps.concat([.given(3), key], axis: 2)
      value = steps.concat([.given(4), value], axis: 2)
    }
    var logits = steps.logits(
      query, steps.repeated(key, parameters), scale: parameters.scale, parameters.arithmetic)
    if parameters.cap > 0 {
      let cap = parameters.arithmetic.number("cap", parameters.cap)
      logits = steps.binary(.mul, steps.unary(.tanh, steps.binary(.div, logits, cap)), cap)
    }
    if node.isGiven(10) { logits = steps.binary(.add, logits, .given(10)) }
    logits = steps.binary(
      .add, logits, places.bias(&steps, key: key, hasPast: node.isGiven(3), parameters))
    let weights = steps.weights(logits, query: query, node, parameters)
    let output = steps.reshape(
      steps.transpose(
        steps.matMul(weights, steps.repeated(value, parameters)), [0, 2, 1, 3]), [0, 0, -1],
      name: "")
    return .steps(steps, results: [output, key, value])
  }
}

/// What a GroupQueryAttention node asks for.
private struct GroupedHeads {
  var queries: Int
  var keys: Int
  var size: Int
  var scale: Float?
  var cap: Float
  /// How many keys a query sees, its own included; all if it is not above 0.
  var window: Int
  var turns: Bool
  var rotation: Rotation
  /// Whether weights of a query may come to less than 1.
  var isSmooth: Bool
  var arithmetic: StepArithmetic
}

extension NodeImport {
  fileprivate mutating func groupedHeads() -> GroupedHeads {
    var (queries, keys) = (heads("num_heads"), heads("kv_num_heads"))
    if queries % keys != 0, faults.isEmpty {
      fault("has \(queries) query heads, which is not a multiple of its \(keys) key heads")
    }
    let scale = float("scale")
    let turns = flag("do_rotary")
    let isInterleaved = flag("rotary_interleaved")
    let isPacked = !isGiven(1)
    let heads = isPacked ? queries + 2 * keys : queries
    let width = rank(of: 0, in: 3...3) == 3 ? size(0, 2) ?? 0 : 0
    if width < 1 || width % max(heads, 1) != 0 {
      operandFault("has queries of \(width) elements for \(heads) heads")
      (queries, keys) = (1, 1)
    }
    refuseForms()
    if isGiven(1) != isGiven(2) || isGiven(3) != isGiven(4) {
      fault("has only one of key and value, or of their past")
    }
    if turns && !(isGiven(7) && isGiven(8)) { fault("has do_rotary, but no cosines and sines") }
    let size = width / max(heads, 1)
    let turned = turns ? 2 * (self.size(7, 1) ?? size / 2) : 0
    let (own, _) = precision()
    return GroupedHeads(
      queries: queries, keys: keys, size: size, scale: scale == 0 ? nil : scale,
      cap: float("softcap", default: 0),
      window: integer("local_window_size", default: -1), turns: turns,
      rotation: Rotation(
        isFlat: true, heads: 0, width: turned == size ? 0 : turned, isInterleaved: isInterleaved),
      isSmooth: integer("smooth_softmax", default: -1) > 0,
      arithmetic: StepArithmetic(element: own))
  }

  /// Refuses what is not supported; a present of a past is where its length is known.
  private mutating func refuseForms() {
    for (name, value) in [
      ("causal", 1), ("sliding_window_cache", 0), ("qk_output", 0), ("kv_cache_bit_width", 0),
    ] where integer(name, default: value) != value {
      fault("attribute \(name) is not \(value), which is not supported", supported: "\(value)")
    }
    for name in ["k_quant_type", "v_quant_type"] { _ = word(name, of: ["NONE"]) }
    for name in ["q_norm_epsilon", "k_norm_epsilon", "qk_norm_epsilon"] { ignore(name) }
    guard isGiven(3), isUsed.dropFirst().contains(true) else { return }
    let total = operands[6]?.constant.flatMap { constant -> Int? in
      guard constant.type == .i32, constant.count == 1 else { return nil }
      return Int(constant.elements(of: Int32.self)[0])
    }
    guard let total, let past = size(3, 2), let own = size(0, 1), total - past == own else {
      return operandFault(
        "returns its past with the new keys and values, but the past is not known to be full")
    }
  }
}

/// Where the queries of a GroupQueryAttention node stand.
private struct GroupedPositions {
  /// The positions among all that there are: positions, or batch × positions if there is a past.
  let own: ImportedOperand
  /// How many positions each sequence has in the past, batch × 1; `nil` without a past.
  let past: ImportedOperand?

  init(_ steps: inout ImportedSteps, query: ImportedOperand, _ node: NodeImport) {
    let new = steps.positions(of: query, axis: 1)
    guard node.isGiven(3) else {
      (own, past) = (new, nil)
      return
    }
    let last = steps.reshape(steps.cast(.given(5), to: .i64), [-1, 1], name: "last")
    let total = steps.binary(.add, last, .whole("one", 1))
    let past = steps.binary(.sub, total, steps.shape(query, 1..<2))
    self.past = past
    own = steps.binary(.add, past, new)
  }

  /// 0 where a query sees a key, else −∞: queries × keys, or batch × 1 × queries × keys.
  func bias(
    _ steps: inout ImportedSteps, key: ImportedOperand, hasPast: Bool, _ parameters: GroupedHeads
  ) -> ImportedOperand {
    var keys = steps.positions(of: key)
    var queries = steps.unsqueeze(own, axes: [-1])
    var isInPast: ImportedOperand?
    if let past {
      // A past that is not full is followed by what is new at its end, not where it is full.
      queries = steps.unsqueeze(queries, axes: [1])
      let length = steps.shape(.given(3), 2..<3)
      let used = steps.unsqueeze(past, axes: [2, 3])
      let isOld = steps.binary(.less, keys, length)
      isInPast = steps.binary(
        .or, steps.binary(.less, keys, used), steps.binary(.greaterOrEqual, keys, length))
      let shift = steps.binary(.sub, used, length)
      keys = steps.add(
        .select, [isOld, keys, steps.binary(.add, keys, shift)], name: "keys")
    }
    var isSeen = steps.binary(.lessOrEqual, keys, queries)
    if let isInPast { isSeen = steps.binary(.and, isSeen, isInPast) }
    if parameters.window > 0 {
      let first = steps.binary(.sub, queries, .whole("window", parameters.window))
      isSeen = steps.binary(.and, isSeen, steps.binary(.less, first, keys))
    }
    let numbers = parameters.arithmetic
    return steps.add(
      .select, [isSeen, numbers.number("seen", 0), numbers.number("unseen", -.infinity)],
      name: "seen")
  }
}

extension ImportedSteps {
  /// Query, key and value as batch × positions × heads × elements of a head.
  fileprivate mutating func groups(
    of node: NodeImport, _ parameters: GroupedHeads
  ) -> [ImportedOperand] {
    var parts: [ImportedOperand] = [.given(0), .given(1), .given(2)]
    if !node.isGiven(1) {
      let sizes = [parameters.queries, parameters.keys, parameters.keys].map {
        $0 * parameters.size
      }
      parts = addAll(
        .split(axis: 2), [.given(0), .list("sizes", sizes)], name: "split", resultCount: 3)
    }
    let heads = [parameters.queries, parameters.keys, parameters.keys]
    return zip(parts, heads).map { reshape($0, [0, 0, $1, parameters.size]) }
  }

  /// The cosines and sines of the angles at the positions of the queries.
  fileprivate mutating func angles(
    _ places: GroupedPositions, of node: NodeImport
  ) -> [ImportedOperand] {
    var own = places.own
    if node.isGiven(9) {
      own = .given(9)
      if places.past == nil {
        // Without a past the first position counts, and the others follow.
        let first = slice(reshape(.given(9), [-1]), axes: [0], starts: [0], ends: [1])
        own = binary(.add, first, places.own)
      }
    }
    let axes = places.past == nil ? [0, 2] : [2]
    return [7, 8].map { index in
      unsqueeze(add(.gather(axis: 0), [.given(index), own], name: "gather"), axes: axes)
    }
  }

  /// `x` with each head of keys as often as there are heads of queries for it.
  fileprivate mutating func repeated(
    _ x: ImportedOperand, _ parameters: GroupedHeads
  ) -> ImportedOperand {
    let (queries, keys) = (parameters.queries, parameters.keys)
    guard queries != keys else { return x }
    let indices = (0..<queries).map { $0 / (queries / keys) }
    return add(.gather(axis: 1), [x, .list("heads", indices)], name: "heads")
  }

  /// The softmax of `logits`, for which a further logit, that of no key, may count.
  fileprivate mutating func weights(
    _ logits: ImportedOperand, query: ImportedOperand, _ node: NodeImport,
    _ parameters: GroupedHeads
  ) -> ImportedOperand {
    guard node.isGiven(11) || parameters.isSmooth else {
      return add(.softmax(Softmax(axis: -1)), [logits], name: "softmax")
    }
    let zero = parameters.arithmetic.number("zero", 0)
    let zeros = binary(.mul, slice(query, axes: [3], starts: [0], ends: [1]), zero)
    let sink = node.isGiven(11) ? unsqueeze(.given(11), axes: [1, 2]) : zero
    let all = concat([logits, binary(.add, zeros, sink)], axis: -1)
    let weights = add(.softmax(Softmax(axis: -1)), [all], name: "softmax")
    return slice(weights, axes: [3], starts: [0], ends: [-1])
  }
}
