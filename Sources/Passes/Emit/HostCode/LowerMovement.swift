import Basics
import IR
import Program

extension Emitter {
  mutating func lowerConcat(_ axis: Int) {
    let axis = normalized(axis, rank: shape(result).count)
    var start = 0
    for case let operand? in node.operands {
      let count = shape(operand)[axis]
      host(
        .copy, to: view(result).sliced(axis, start: start, count: count), from: [view(operand)])
      start += count
    }
  }

  mutating func lowerSplit(_ axis: Int) {
    let axis = normalized(axis, rank: shape(operand(0)).count)
    var start = 0
    for result in node.results {
      let count = shape(result)[axis]
      host(
        .copy, to: view(result), from: [view(operand(0)).sliced(axis, start: start, count: count)])
      start += count
    }
  }

  mutating func lowerSlice() {
    let shape = shape(operand(0))
    let starts = integers(operand(1))
    let axes = optionalOperand(3).map(integers) ?? Array(starts.indices)
    let steps = optionalOperand(4).map(integers) ?? Array(repeating: 1, count: starts.count)
    var x = view(operand(0))
    for (position, axis) in axes.enumerated() {
      let axis = normalized(axis, rank: shape.count)
      let size = shape[axis]
      let count = self.shape(result)[axis]
      // A step may be as large as an integer can be where it is never taken.
      let step = count > 1 ? steps[position] : steps[position].signum()
      let start = starts[position] < 0 ? starts[position] + size : starts[position]
      // A backward walk begins at the last element at most, a forward one may be empty at the end.
      let first = min(max(start, 0), step < 0 ? size - 1 : size)
      x = x.sliced(axis, start: first, count: count, step: step)
    }
    host(.copy, to: view(result), from: [x])
  }

  mutating func lowerPad(_ mode: PadMode) {
    let shape = shape(operand(0))
    let pads = integers(operand(1))
    let axes =
      optionalOperand(3).map(integers)?.map { normalized($0, rank: shape.count) }
      ?? Array(shape.indices)
    let output = self.shape(result)
    var begin = [Int](repeating: 0, count: shape.count)
    for (position, axis) in axes.enumerated() { begin[axis] = pads[position] }
    guard mode == .constant else { return lowerPad(mode, begin: begin, output: output) }
    lowerPad(begin: begin, value: optionalOperand(2))
  }

  /// Padding with a value, or 0; what begins before the result is cut off.
  mutating func lowerPad(begin: [Int], value: ValueID?) {
    let (shape, output) = (shape(operand(0)), shape(result))
    var x = view(operand(0))
    let inside: [(start: Int, count: Int)] = shape.indices.map { axis in
      let start = max(begin[axis], 0)
      return (start, max(min(begin[axis] + shape[axis], output[axis]) - start, 0))
    }
    if let value {
      host(.copy, to: view(result), from: [view(value).broadcast(to: output)])
    } else {
      host(.fill, to: view(result), from: [], immediates: [0])
    }
    var y = view(result)
    for axis in shape.indices {
      let (start, count) = inside[axis]
      y = y.sliced(axis, start: start, count: count)
      x = x.sliced(axis, start: start - begin[axis], count: count)
    }
    host(.copy, to: y, from: [x])
  }

  /// Padding with elements of the tensor itself: one gather an axis. What is cut off is cut off first, so
  /// that the others continue what is left.
  private mutating func lowerPad(_ mode: PadMode, begin: [Int], output: [Int]) {
    var x = view(operand(0))
    var shape = x.shape
    guard !output.contains(0) else { return }
    for axis in shape.indices where shape[axis] != output[axis] || begin[axis] != 0 {
      let cut = max(-begin[axis], 0)
      let size = min(shape[axis], output[axis] - begin[axis]) - cut
      guard size > 0 else {
        return faults.append(
          Diagnostic(
            node: node.name, op: node.op.onnxName,
            "has no elements along axis \(axis) to continue, after what is cut off",
            supported: "elements to continue, or the mode constant"))
      }
      let indices = (0..<output[axis]).map { position -> Int64 in
        let coordinate = position - max(begin[axis], 0)
        switch mode {
        case .edge, .constant: return Int64(cut + min(max(coordinate, 0), size - 1))
        case .wrap: return Int64(cut + (coordinate % size + size) % size)
        case .reflect:
          let period = max(2 * (size - 1), 1)
          let folded = (coordinate % period + period) % period
          return Int64(cut + (size == 1 ? 0 : min(folded, period - folded)))
        }
      }
      shape[axis] = output[axis]
      let y = scratch("axis\(axis)", element: graph[result].type.element, shape: shape)
      gather(
        x, axis: axis, indices: constant("axis\(axis)·indices", indices, shape: [indices.count]),
        to: y)
      x = y
    }
    host(.copy, to: view(result), from: [x])
  }

  mutating func lowerGather(_ axis: Int) {
    let data = view(operand(0))
    let axis = normalized(axis, rank: data.loops.count)
    let indices = view(operand(1))
    let y = view(result)
    let indexDimensions = Array(axis..<axis + indices.loops.count)
    let others = y.loops.indices.filter { !indexDimensions.contains($0) }
    let dataOthers = data.loops.indices.filter { $0 != axis }
    host(
      .gather, to: (y.transposed(indexDimensions + others), others.count),
      from: [
        (data.transposed([axis] + dataOthers), dataOthers.count), (indices, indices.loops.count),
      ])
  }

  /// Adds a `gather` along one axis with a list of indices.
  mutating func gather(_ x: View, axis: Int, indices: View, to y: View) {
    let order = [axis] + x.loops.indices.filter { $0 != axis }
    host(
      .gather, to: (y.transposed(order), order.count - 1),
      from: [(x.transposed(order), order.count - 1), (indices, 1)])
  }
}
