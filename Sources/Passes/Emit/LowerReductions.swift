import Basics
import IR
import Program

extension Emitter {
  mutating func lower(_ softmax: Softmax) {
    let shape = shape(result)
    let axis = normalized(softmax.axis, rank: shape.count)
    let reduced = softmax.flattens ? Array(axis..<shape.count) : [axis]
    let kept = shape.indices.filter { !reduced.contains($0) }
    let order = kept + reduced
    let x = view(operand(0)).transposed(order)
    let y = view(result).transposed(order)
    let element = graph[result].type.element
    let vectors = kept.map { shape[$0] }
    let maximum = scratch("maximum", element: element, shape: vectors)
    let shifted = scratch("shifted", element: element, shape: x.shape)
    let powers = scratch("exp", element: element, shape: x.shape)
    let sum = scratch("sum", element: element, shape: vectors)
    let spread = { (view: View) in view.appendingDimensions(reduced.map { shape[$0] }) }

    reduce(.max, x, inner: reduced.count, to: maximum)
    combine(.sub, x, spread(maximum), to: shifted)
    apply(.exp, shifted, to: powers)
    reduce(.sum, powers, inner: reduced.count, to: sum)
    if softmax.kind == .logSoftmax {
      let logarithm = scratch("log", element: element, shape: vectors)
      apply(.log, sum, to: logarithm)
      combine(.sub, shifted, spread(logarithm), to: y)
    } else {
      combine(.div, powers, spread(sum), to: y)
    }
  }

  mutating func lower(_ reduce: Reduce) {
    let shape = shape(operand(0))
    var axes = Set<Int>()
    if let operand = optionalOperand(1) {
      axes = Set(integers(operand).map { normalized($0, rank: shape.count) })
    }
    if axes.isEmpty {
      if reduce.emptyIsIdentity { return host(.copy, to: view(result), from: [view(operand(0))]) }
      axes = Set(shape.indices)
    }
    let kept = shape.indices.filter { !axes.contains($0) }
    let reduced = shape.indices.filter { axes.contains($0) }
    mean(
      of: view(operand(0)).transposed(kept + reduced), inner: reduced.count,
      to: View(memory(of: result), shape: kept.map { shape[$0] }))
  }

  mutating func lowerGlobalPool(_ kind: PoolKind) {
    let shape = shape(operand(0))
    let y = View(memory(of: result), shape: Array(shape.prefix(2)))
    let x = view(operand(0))
    switch kind {
    case .max: reduce(.max, x, inner: shape.count - 2, to: y)
    case .average: mean(of: x, inner: shape.count - 2, to: y)
    }
  }

  private mutating func mean(of x: View, inner: Int, to y: View) {
    let count = x.shape.suffix(inner).reduce(1, *)
    reduce(.sum, x, inner: inner, to: y)
    let divisor = constant("count", [Float(count)], shape: []).broadcast(to: y.shape)
    combine(.div, y, divisor, to: y)
  }

  mutating func lower(_ pool: Pool) {
    guard case .explicit(let begin, _) = pool.window.padding else {
      preconditionFailure("padding is made explicit before")
    }
    let input = shape(operand(0))
    let output = shape(result)
    let y = view(result)
    var x = view(operand(0))
    x.fill = pool.kind == .max ? -.infinity : 0
    for axis in 0..<input.count - 2 {
      x = x.windowed(
        axis + 2, origin: -begin[axis], count: output[axis + 2], stride: pool.window.strides[axis],
        kernel: pool.window.kernel[axis], dilation: pool.window.dilations[axis])
    }
    reduce(pool.kind == .max ? .max : .sum, x, inner: input.count - 2, to: y)
    if pool.kind == .average {
      let counts = constant(
        "count", pool.elementCounts(input: input, output: output, begin: begin),
        shape: Array(output.dropFirst(2)))
      combine(.div, y, counts.broadcast(to: output), to: y)
    }
  }

  /// Adds a `reduce` instruction over the last `inner` dimensions of `x`.
  mutating func reduce(_ function: ReduceFunction, _ x: View, inner: Int, to y: View) {
    host(.reduce, function: function.rawValue, to: (y, 0), from: [(x, inner)])
  }
}

extension Pool {
  /// The number of elements that each window's average is over.
  fileprivate func elementCounts(input: [Int], output: [Int], begin: [Int]) -> [Float] {
    guard case .explicit(_, let end) = window.padding else { return [] }
    var counts: [Float] = [1]
    for axis in 0..<input.count - 2 {
      let size = input[axis + 2]
      let limit = includesPadding ? size + end[axis] : size
      let first = includesPadding ? -begin[axis] : 0
      let along = (0..<output[axis + 2]).map { position in
        let start = position * window.strides[axis] - begin[axis]
        return (0..<window.kernel[axis]).count {
          let coordinate = start + $0 * window.dilations[axis]
          return coordinate >= first && coordinate < limit
        }
      }
      counts = counts.flatMap { count in along.map { count * Float($0) } }
    }
    return counts
  }
}

extension View {
  /// The view repeated along new last dimensions.
  func appendingDimensions(_ counts: [Int]) -> View {
    var view = self
    if view.axes.isEmpty { view.axes = [.init(extent: 1, stride: 1)] }
    view.loops += counts.map { Descriptor.Loop(count: $0, axis: 0, step: 0) }
    return view
  }
}
