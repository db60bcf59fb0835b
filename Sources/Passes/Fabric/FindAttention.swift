import IR

/// Softmax attention, which heavy cores compute: softmax(Q·Kᵀ · scale + mask) · V.
struct FoundAttention {
  /// The values that hold queries, keys and values.
  var queries: ValueID
  var keys: ValueID
  var values: ValueID
  /// What masks scores, if it is no constant.
  var masks: [ValueID]
  /// All nodes from the scores on; the last gives the context.
  var nodes: [NodeID]
}

extension Graph {
  /// The attentions, in the order of their last nodes.
  func attentions() -> [FoundAttention] {
    let producers = producers()
    let users = users()
    return nodes.indices.compactMap { index in
      guard case .softmax = nodes[index].op else { return nil }
      return attention(around: NodeID(index), producers, users)
    }
  }

  private func attention(
    around softmax: NodeID, _ producers: [NodeID?], _ users: [[NodeID]]
  ) -> FoundAttention? {
    guard let scores = self[softmax].operands[0] else { return nil }
    var (inner, masks) = ([softmax], [ValueID]())
    guard let first = product(before: scores, producers, &inner, &masks) else { return nil }
    guard let context = product(behind: self[softmax].results[0], users, &inner),
      let q = self[first].operands[0], let k = self[first].operands[1],
      let v = self[context].operands[1]
    else { return nil }
    inner += [first, context]
    return FoundAttention(
      queries: q, keys: k, values: v, masks: masks, nodes: inner.sorted())
  }

  /// The product of two results from which scores come by scales and masks.
  private func product(
    before value: ValueID, _ producers: [NodeID?], _ inner: inout [NodeID],
    _ masks: inout [ValueID]
  ) -> NodeID? {
    guard let id = producers[value.index] else { return nil }
    let node = self[id]
    switch node.op {
    case .matMul: return isOfResults(node) ? id : nil
    case .binary, .select, .reshape, .transpose: break
    default: return nil
    }
    let candidates = node.operands.compactMap { $0 }.filter { self[$0].constant == nil }
    for candidate in candidates {
      var (deeper, others) = (inner + [id], masks + candidates.filter { $0 != candidate })
      if let found = product(before: candidate, producers, &deeper, &others) {
        (inner, masks) = (deeper, others)
        return found
      }
    }
    return nil
  }

  /// The product of two results that takes the softmax.
  private func product(
    behind value: ValueID, _ users: [[NodeID]], _ inner: inout [NodeID]
  ) -> NodeID? {
    guard users[value.index].count == 1, let id = users[value.index].first else { return nil }
    switch self[id].op {
    case .matMul:
      return isOfResults(self[id]) && self[id].operands[0] == value ? id : nil
    case .reshape, .transpose, .cast, .select, .binary:
      // What is put together with another result is no attention.
      let results = self[id].operands.compactMap { $0 }.filter { self[$0].constant == nil }
      guard results == [value] else { return nil }
      inner.append(id)
      return product(behind: self[id].results[0], users, &inner)
    default: return nil
    }
  }

  private func isOfResults(_ node: Node) -> Bool {
    node.operands.prefix(2).allSatisfy { $0.map { self[$0].constant == nil } ?? false }
  }
}
