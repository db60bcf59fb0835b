import Program

// Reductions run over many vectors at once: element after element of every vector is added to a
// dense array of sums, so that the order within a vector is fixed and the inner loop is vector code.

extension Machine {
  /// Sums that are shorter than this gain nothing from a second operand that is one number.
  private static let shortestSplat = 64

  /// Runs a `reduce` of floating elements, in order: sums from 0, products from 1.
  func reduce(
    _ function: ReduceFunction, _ target: Walk, _ source: Walk, _ iteration: Int
  ) {
    let isHalf = unitIsHalf
    reduce(
      target, source, iteration, initial: function.initialNumber
    ) { from, sums, count in
      switch function {
      case .sum: for i in 0..<count { sums[i] += from[i] }
      case .max: for i in 0..<count { sums[i] = larger(from[i], sums[i]) }
      case .min: for i in 0..<count { sums[i] = smaller(from[i], sums[i]) }
      case .product: for i in 0..<count { sums[i] *= from[i] }
      }
      Float.conform(sums, count: count, to: .f32, isHalf: isHalf)
    }
  }

  /// Runs a `reduce` of integers, modulo 2⁶⁴.
  func reduceIntegers(
    _ function: ReduceFunction, _ target: Walk, _ source: Walk, _ iteration: Int
  ) {
    let flip = source.memory.element == .u64 ? Int64.min : 0
    let initial: Int64 =
      switch function {
      case .sum: 0
      case .product: 1
      case .max: Int64.min ^ flip
      case .min: Int64.max ^ flip
      }
    reduce(target, source, iteration, initial: initial) { from, results, count in
      switch function {
      case .sum: for i in 0..<count { results[i] &+= from[i] }
      case .max:
        for i in 0..<count where from[i] ^ flip > results[i] ^ flip { results[i] = from[i] }
      case .min:
        for i in 0..<count where from[i] ^ flip < results[i] ^ flip { results[i] = from[i] }
      case .product: for i in 0..<count { results[i] &*= from[i] }
      }
    }
  }

  private func reduce<Element: StoredElement>(
    _ target: Walk, _ source: Walk, _ iteration: Int, initial: Element,
    _ kernel: (UnsafePointer<Element>, UnsafeMutablePointer<Element>, Int) -> Void
  ) {
    var source: Operand<Element> = operand(source, iteration, scratch: 0)
    var target: Operand<Element> = operand(target, iteration, scratch: 2)
    let elementCount = source.walk.elementCount
    statistics.digitalElements += source.walk.count * elementCount * lanes
    forEachChunk(of: source.walk.count) { vectors in
      source.select(vectors)
      target.select(vectors)
      let count = vectors.count * lanes
      let results = target.target()
      results.update(repeating: initial, count: count)
      for element in 0..<elementCount { kernel(source.read(element: element), results, count) }
      target.commit(results)
    }
  }

  /// Runs a `contract`: the sum from 0 of the products of a pair of vectors, in order.
  func contract(
    _ target: Walk, _ first: Walk, _ second: Walk, _ iteration: Int
  ) {
    var first: Operand<Float> = operand(first, iteration, scratch: 0)
    var second: Operand<Float> = operand(second, iteration, scratch: 1)
    var target: Operand<Float> = operand(target, iteration, scratch: 2)
    let elementCount = first.walk.elementCount
    statistics.digitalElements += first.walk.count * elementCount * lanes
    statistics.digitalMACs += first.walk.count * elementCount * lanes
    let step = Self.chunk / lanes
    var start = 0
    while start < first.walk.count {
      var vectors = start..<min(start + step, first.walk.count)
      first.select(vectors)
      second.select(vectors)
      // Where the second operand is one number for a whole row, as the weights of a depthwise
      // convolution are, the row is taken on its own.
      if second.isSplat, second.firstRowCount < vectors.count,
        second.firstRowCount * lanes >= Self.shortestSplat
      {
        vectors = start..<(start + second.firstRowCount)
        first.select(vectors)
        second.select(vectors)
      }
      target.select(vectors)
      let sums = target.target()
      let count = vectors.count * lanes
      sums.update(repeating: 0, count: count)
      for element in 0..<elementCount {
        let a = first.read(element: element)
        if let b = second.splat(element: element) {
          for i in 0..<count { sums[i] += a[i] * b }
        } else {
          let b = second.read(element: element)
          for i in 0..<count { sums[i] += a[i] * b[i] }
        }
        if unitIsHalf { Float.conform(sums, count: count, to: .f32, isHalf: true) }
      }
      target.commit(sums)
      start = vectors.upperBound
    }
  }
}

extension ReduceFunction {
  /// What the reduction of floating elements begins with.
  fileprivate var initialNumber: Float {
    switch self {
    case .sum: 0
    case .product: 1
    case .max: -.infinity
    case .min: .infinity
    }
  }
}
