import IR

/// A value as vectors of activations on their way over a fabric.
struct FabricStream {
  /// What a stage sends of every vector.
  struct Part {
    var stage: StageID
    var elements: Int
    /// The first of its elements among those that the stage sends.
    var first = 0
  }

  /// The vectors that its stages send in an inference.
  var vectors: Int
  /// What each vector consists of, in order.
  var parts: [Part]
  /// The axis of the value along which a vector lies; `nil` where vectors lie otherwise.
  var axis: Int?
  /// Whether the value has its elements in another order than its stages send them, so that a reader needs all.
  var isReordered = false
  /// How many vectors of the value come in one that its stages send.
  var bundle = 1
  /// The most stages between an input and it.
  var depth: Int

  /// The elements of a vector.
  var width: Int { parts.reduce(0) { $0 + $1.elements } }

  /// A part of every vector that a stage sends.
  struct Slice: Hashable {
    var stage: StageID
    /// Which elements of those that the stage sends.
    var range: Range<Int>

    /// The slice in pieces of at most `count` elements.
    func pieces(of count: Int) -> [Slice] {
      stride(from: range.lowerBound, to: range.upperBound, by: count).map {
        Slice(stage: stage, range: $0..<min($0 + count, range.upperBound))
      }
    }
  }

  /// The slices that hold the elements of `range`.
  func slices(of range: Range<Int>) -> [Slice] {
    var found: [Slice] = []
    var first = 0
    for part in parts {
      let common = range.clamped(to: first..<first + part.elements)
      if !common.isEmpty {
        let start = part.first + common.lowerBound - first
        found.append(Slice(stage: part.stage, range: start..<start + common.count))
      }
      first += part.elements
    }
    return found
  }

  /// The stages that send the elements of `range` of every vector, and how many each.
  func senders(of range: Range<Int>) -> [Part] {
    slices(of: range).map {
      Part(stage: $0.stage, elements: $0.range.count, first: $0.range.lowerBound)
    }
  }
}

extension FabricStream {
  /// The stream behind `node`, which only moves elements of it: in step where every vector stays what it is.
  func moved(by node: Node, to shape: [Int], from old: [Int]) -> FabricStream {
    var stream = self
    switch node.op {
    case .transpose(let permutation):
      guard let axis else { return stream }
      stream.axis = permutation.firstIndex(of: axis)
      let others = permutation.filter { $0 != axis && old[$0] > 1 }
      stream.isReordered = isReordered || others != others.sorted()
    case .reshape, .flatten, .squeeze, .unsqueeze:
      guard let axis else { return stream }
      let before = old[..<axis].reduce(1, *)
      stream.axis = shape.indices.first {
        shape[$0] == old[axis] && shape[..<$0].reduce(1, *) == before
      }
      if stream.axis == nil { stream.isReordered = isReordered || vectors > 1 }
    default:
      stream.isReordered = true
      stream.axis = axis.flatMap { $0 < shape.count ? $0 : nil } ?? shape.indices.last
    }
    return stream
  }
}
