import Basics
import IR

extension OperatorImport {
  /// RotaryEmbedding: turns pairs of elements by angles whose cosines and sines are operands 1 and 2,
  /// at the positions that operand 3 says.
  static func rotaryEmbedding(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...4)
    node.expectOneResult()
    let parameters = node.rotation()
    guard node.faults.isEmpty else { return .operation(.unary(.identity), [.given(0)]) }
    var steps = ImportedSteps()
    let heads = steps.headsLast(.given(0), parameters)
    let angles = [1, 2].map { index -> ImportedOperand in
      var table = ImportedOperand.given(index)
      if node.isGiven(3) {
        table = steps.add(.gather(axis: 0), [table, .given(3)], name: "gather")
      }
      return steps.unsqueeze(table, axes: [2])
    }
    let turned = steps.turned(heads, by: angles, parameters)
    return steps.ending(in: steps.headsBack(turned, parameters))
  }

  /// ONNX Runtime's own RotaryEmbedding, whose operand 1 has the positions, or the first of them.
  static let contributedRotation = [
    OperatorImport("RotaryEmbedding") { node in
      node.expectOperands(4...4)
      node.expectOneResult()
      node.ignore("scale")
      if node.integer("is_packed_batching", default: 0) != 0 {
        node.fault("has sequences packed in a batch, which is not supported")
      }
      let positions = node.rank(of: 1, in: 1...2)
      let isFlat = node.rank(of: 0, in: 3...4) == 3
      let angle = node.size(2, 1)
      let heads = node.size(0, 2).flatMap { width in angle.map { width / max(2 * $0, 1) } }
      let parameters = node.rotation(headsElse: isFlat ? heads : nil)
      guard node.faults.isEmpty else { return .operation(.unary(.identity), [.given(0)]) }
      var steps = ImportedSteps()
      let x = steps.headsLast(.given(0), parameters)
      var places = ImportedOperand.given(1)
      if positions == 1 {
        // One position for all of the batch: 1 × positions.
        let own = steps.positions(of: x, axis: 1)
        places = steps.unsqueeze(steps.binary(.add, .given(1), own), axes: [0])
      }
      let angles = [2, 3].map { index -> ImportedOperand in
        let table = steps.add(.gather(axis: 0), [.given(index), places], name: "gather")
        return steps.unsqueeze(table, axes: [2])
      }
      let turned = steps.turned(x, by: angles, parameters)
      return steps.ending(in: steps.headsBack(turned, parameters))
    }
  ]
}

/// How pairs of elements are turned.
struct Rotation {
  /// Whether heads lie side by side in the last of three dimensions, and not before positions in four.
  var isFlat: Bool
  /// The number of heads that lie side by side.
  var heads: Int
  /// How many elements of a head are turned; 0 for all.
  var width: Int
  /// Whether pairs are neighbours, and not halves of what is turned.
  var isInterleaved: Bool
}

extension NodeImport {
  /// What the attributes say of a rotation; `heads` is for a number of heads that is left out.
  fileprivate mutating func rotation(headsElse heads: Int? = nil) -> Rotation {
    let isInterleaved = flag("interleaved")
    let width = integer("rotary_embedding_dim", default: 0)
    var count = integer("num_heads", default: 0)
    if count == 0, let heads { count = heads }
    let isFlat = rank(of: 0, in: 3...4) == 3
    if isFlat && count < 1 {
      fault("attribute num_heads is \(count), but must be the number of heads")
    }
    if width < 0 || width % 2 != 0 { fault("attribute rotary_embedding_dim is \(width)") }
    return Rotation(isFlat: isFlat, heads: count, width: width, isInterleaved: isInterleaved)
  }

  /// A size of an operand, if it is given and known.
  func size(_ operand: Int, _ axis: Int) -> Int? {
    guard isGiven(operand), let shape = operands[operand]?.type.shape,
      case let index = axis < 0 ? shape.count + axis : axis, shape.indices.contains(index)
    else { return nil }
    return shape[index].value
  }
}

extension ImportedSteps {
  /// `x` as batch × positions × heads × elements of a head.
  fileprivate mutating func headsLast(
    _ x: ImportedOperand, _ parameters: Rotation
  ) -> ImportedOperand {
    parameters.isFlat ? reshape(x, [0, 0, parameters.heads, -1]) : transpose(x, [0, 2, 1, 3])
  }

  /// `x` as it was before `headsLast`: the last step.
  fileprivate mutating func headsBack(
    _ x: ImportedOperand, _ parameters: Rotation
  ) -> ImportedOperand {
    parameters.isFlat
      ? reshape(x, [0, 0, -1], name: "") : transpose(x, [0, 2, 1, 3], name: "")
  }

  /// The pairs of elements of `all`, batch × positions × heads × elements, turned by `angles`, of
  /// which the first are cosines and the second sines.
  mutating func turned(
    _ all: ImportedOperand, by angles: [ImportedOperand], _ parameters: Rotation
  ) -> ImportedOperand {
    let width = parameters.width
    let x = width > 0 ? slice(all, axes: [3], starts: [0], ends: [width]) : all
    let parts =
      parameters.isInterleaved
      ? [0, 1].map { slice(x, axes: [3], starts: [$0], ends: [Int.max], steps: [2]) }
      : addAll(.split(axis: 3), [x], name: "split", resultCount: 2)
    let real = binary(
      .sub, binary(.mul, angles[0], parts[0]), binary(.mul, angles[1], parts[1]))
    let imaginary = binary(
      .add, binary(.mul, angles[1], parts[0]), binary(.mul, angles[0], parts[1]))
    var result: ImportedOperand
    if parameters.isInterleaved {
      let pairs = [real, imaginary].map { unsqueeze($0, axes: [4]) }
      result = reshape(concat(pairs, axis: 4), [0, 0, 0, -1])
    } else {
      result = concat([real, imaginary], axis: 3)
    }
    if width > 0 {
      result = concat([result, slice(all, axes: [3], starts: [width], ends: [Int.max])], axis: 3)
    }
    return result
  }
}
