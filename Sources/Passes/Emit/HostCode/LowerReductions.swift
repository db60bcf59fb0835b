import Basics
import IR
import Program

extension Emitter {
  mutating func lower(_ softmax: Softmax) {
    let shape = shape(result)
    let axis = shape.isEmpty ? 0 : normalized(softmax.axis, rank: shape.count)
    let reduced =
      softmax.flattens ? Array(axis..<shape.count) : shape.isEmpty ? [] : [axis]
    let kept = shape.indices.filter { !reduced.contains($0) }
    let order = kept + reduced
    let x = view(operand(0)).transposed(order)
    let y = view(result).transposed(order)
    let element = stepElement
    if softmax.kind == .hardmax { return hardmax(x, inner: reduced.count, to: y) }
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

  /// 1 for the first greatest element of every vector, and 0 for the others.
  private mutating func hardmax(_ x: View, inner: Int, to y: View) {
    let inside = Array(x.shape.suffix(inner))
    let vectors = Array(x.shape.dropLast(inner))
    let first = scratch("first", element: .i64, shape: vectors)
    let numbers = position(of: .max, x, inner: inner, takesLast: false, to: first)
    let isFirst = scratch("is·first", element: .bool, shape: x.shape)
    combine(.equal, numbers, first.appendingDimensions(inside), to: isFirst)
    host(.cast, to: y, from: [isFirst])
  }

  mutating func lower(_ extremum: Extremum) {
    let shape = shape(operand(0))
    let axis = normalized(extremum.axis, rank: shape.count)
    let kept = shape.indices.filter { $0 != axis }
    let x = view(operand(0)).transposed(kept + [axis])
    let y = View(memory(of: result), shape: kept.map { shape[$0] })
    _ = position(of: extremum.kind, x, inner: 1, takesLast: extremum.takesLast, to: y)
  }

  /// Writes the number of the extreme element of every vector, the last `inner` dimensions of `x`,
  /// and returns the numbers of all elements.
  private mutating func position(
    of kind: Extremum.Kind, _ x: View, inner: Int, takesLast: Bool, to y: View
  ) -> View {
    let inside = Array(x.shape.suffix(inner))
    let count = inside.reduce(1, *)
    let best = scratch("best", element: element(of: x), shape: y.shape)
    reduce(kind == .max ? .max : .min, x, inner: inner, to: best)
    let isBest = scratch("is·best", element: .bool, shape: x.shape)
    combine(.equal, x, best.appendingDimensions(inside), to: isBest)
    let numbers = constant("numbers", (0..<count).map { Int64($0) }, shape: inside)
      .broadcast(to: x.shape)
    // What is not the best gets a number that loses against all.
    let loser = number(takesLast ? -1 : Int64(count), .i64).broadcast(to: x.shape)
    let candidates = scratch("candidates", element: .i64, shape: x.shape)
    host(.select, to: candidates, from: [isBest, numbers, loser])
    if isFloating(x) {
      // NaN is the best, and equals nothing.
      combine(.equal, x, x, to: isBest)
      host(.select, to: candidates, from: [isBest, candidates, numbers])
    }
    reduce(takesLast ? .max : .min, candidates, inner: inner, to: y)
    return numbers
  }

  mutating func lower(_ reduce: Reduce) {
    let shape = shape(operand(0))
    let given = optionalOperand(1).map(integers) ?? []
    var axes = Set(given.map { normalized($0, rank: shape.count) })
    if given.isEmpty && !reduce.emptyIsIdentity { axes = Set(shape.indices) }
    let kept = shape.indices.filter { !axes.contains($0) }
    let reduced = shape.indices.filter { axes.contains($0) }
    let x = view(operand(0)).transposed(kept + reduced)
    let y = View(memory(of: result), shape: kept.map { shape[$0] })
    let inner = reduced.count
    switch reduce.kind {
    case .sum: self.reduce(.sum, x, inner: inner, to: y)
    case .max: self.reduce(.max, x, inner: inner, to: y)
    case .min: self.reduce(.min, x, inner: inner, to: y)
    case .product: self.reduce(.product, x, inner: inner, to: y)
    case .mean: mean(of: x, inner: inner, to: y)
    case .l1 where !isFloating(x) && !element(of: x).isSignedInteger:
      self.reduce(.sum, x, inner: inner, to: y)
    case .l1:
      let magnitudes = scratch("magnitudes", element: element(of: x), shape: x.shape)
      combine(.mul, x, number(-1), to: magnitudes)
      combine(.max, x, magnitudes, to: magnitudes)
      self.reduce(.sum, magnitudes, inner: inner, to: y)
    case .sumSquare: sumOfSquares(x, inner: inner, to: y)
    case .l2:
      inFloats(x, to: y) { emitter, x, y in
        emitter.sumOfSquares(x, inner: inner, to: y)
        emitter.apply(.sqrt, y, to: y)
      }
    case .logSum:
      inFloats(x, to: y) { emitter, x, y in
        emitter.reduce(.sum, x, inner: inner, to: y)
        emitter.apply(.log, y, to: y)
      }
    case .logSumExp:
      inFloats(x, to: y) { emitter, x, y in emitter.logSumExp(x, inner: inner, to: y) }
    }
  }

  private mutating func sumOfSquares(_ x: View, inner: Int, to y: View) {
    if isFloating(x) { return host(.contract, to: (y, 0), from: [(x, inner), (x, inner)]) }
    let squares = scratch("squares", element: element(of: x), shape: x.shape)
    combine(.mul, x, x, to: squares)
    reduce(.sum, squares, inner: inner, to: y)
  }

  /// m + ln Σ eˣ⁻ᵐ with the greatest element m.
  private mutating func logSumExp(_ x: View, inner: Int, to y: View) {
    let largest = scratch("maximum", element: .f32, shape: y.shape)
    let powers = scratch("exp", element: .f32, shape: x.shape)
    reduce(.max, x, inner: inner, to: largest)
    // Infinities would subtract from themselves.
    apply(.clip, largest, to: largest, -.greatestFiniteMagnitude, .greatestFiniteMagnitude)
    combine(.sub, x, largest.appendingDimensions(Array(x.shape.suffix(inner))), to: powers)
    apply(.exp, powers, to: powers)
    reduce(.sum, powers, inner: inner, to: y)
    apply(.log, y, to: y)
    combine(.add, y, largest, to: y)
  }

  mutating func lowerGlobalPool(_ kind: PoolKind) {
    let shape = shape(operand(0))
    let y = View(memory(of: result), shape: Array(shape.prefix(2)))
    let x = view(operand(0))
    switch kind {
    case .max: reduce(.max, x, inner: shape.count - 2, to: y)
    case .average: mean(of: x, inner: shape.count - 2, to: y)
    case .norm(let power):
      let powers = scratch("powers", element: stepElement, shape: shape)
      raise(x, power, to: powers)
      reduce(.sum, powers, inner: shape.count - 2, to: y)
      root(y, power)
    }
  }

  /// |x|ᵖ
  private mutating func raise(_ x: View, _ power: Int, to y: View) {
    if power == 2 { return combine(.mul, x, x, to: y) }
    apply(.abs, x, to: y)
    if power > 1 { combine(.pow, y, number(Int64(power), .f32), to: y) }
  }

  /// The root of y, which is not negative.
  private mutating func root(_ y: View, _ power: Int) {
    if power == 2 { return apply(.sqrt, y, to: y) }
    guard power > 1 else { return }
    // An exponent in single precision misses 1/power by so much that powers of small and large numbers show it.
    let exponent = 1 / Double(power)
    let rounded = Float(exponent)
    let first = Double(rounded) > exponent ? rounded.nextDown : rounded
    let rest = Float(exponent - Double(first))
    let correction = rest > 0 ? scratch("correction", element: stepElement, shape: y.shape) : nil
    if let correction {
      combine(.pow, y, constant("rest of root", [rest], shape: []), to: correction)
    }
    combine(.pow, y, constant("root", [first], shape: []), to: y)
    if let correction { combine(.mul, y, correction, to: y) }
  }

  private mutating func mean(of x: View, inner: Int, to y: View) {
    let count = x.shape.suffix(inner).reduce(1, *)
    reduce(.sum, x, inner: inner, to: y)
    combine(.div, y, number(Int64(count), element(of: y)), to: y)
  }

  mutating func lower(_ pool: Pool) {
    guard case .explicit(let begin, _) = pool.window.padding else {
      preconditionFailure("padding is made explicit before")
    }
    let input = shape(operand(0))
    let output = shape(result)
    let y = view(result)
    var x = view(operand(0))
    if case .norm(let power) = pool.kind {
      let powers = scratch("powers", element: stepElement, shape: input)
      raise(x, power, to: powers)
      x = powers
    }
    // Nothing is less than what padding holds, also where a window holds nothing else.
    let lowest = element(of: x).integerRange.map { Float($0.lowerBound) } ?? -.infinity
    x.fill = pool.kind == .max ? lowest : 0
    for axis in 0..<input.count - 2 {
      x = x.windowed(
        axis + 2, origin: -begin[axis], count: output[axis + 2], stride: pool.window.strides[axis],
        kernel: pool.window.kernel[axis], dilation: pool.window.dilations[axis])
    }
    reduce(pool.kind == .max ? .max : .sum, x, inner: input.count - 2, to: y)
    if case .norm(let power) = pool.kind { root(y, power) }
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
    // The sum over nothing but padding, 0, is divided by nothing.
    return counts.map { max($0, 1) }
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
