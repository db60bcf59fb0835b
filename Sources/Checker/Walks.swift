import Program

extension Descriptor {
  /// Whether this walk and `other` reach the same elements of their memories in the same order, and
  /// read the same outside the extents.
  func agrees(with other: Descriptor) -> Bool {
    guard vectors.count == other.vectors.count, elements.count == other.elements.count,
      advance == other.advance
    else { return false }
    if base == other.base, axes == other.axes, moves == other.moves, vectors == other.vectors,
      elements == other.elements, fill == other.fill
    {
      return true
    }
    if vectors.isEmpty || elements.isEmpty { return true }
    if staysInside && other.staysInside {
      // A place is the sum of what the vector and what the element adds: those of the elements differ by a
      // constant, those of the vectors by its opposite.
      var shift: Int?
      for (a, b) in zip(distancesOfElements, other.distancesOfElements) {
        if a - b != shift ?? (a - b) { return false }
        shift = a - b
      }
      return zip(distancesOfVectors, other.distancesOfVectors).allSatisfy { $1 - $0 == shift }
    }
    return zip(places, other.places).allSatisfy { $0 == $1 && ($0 != nil || fill == other.fill) }
  }

  /// The loops that move: those around vectors, and those within one.
  private var moves: [[Loop]] { [outerLoops, loopsOfVector].map { $0.filter { $0.count > 1 } } }

  /// What each vector taken, and what each element of it, adds to the place in memory.
  private var distancesOfVectors: Distances {
    Distances(axes, outerLoops, vectors, from: axes.map(\.origin), base)
  }
  private var distancesOfElements: Distances {
    Distances(axes, loopsOfVector, elements, from: axes.map { _ in 0 }, 0)
  }

  /// Whether no element taken lies outside the extents.
  private var staysInside: Bool {
    let (starts, steps) = (distancesOfVectors.bounds, distancesOfElements.bounds)
    return axes.indices.allSatisfy { axis in
      starts[axis].low + steps[axis].low >= 0
        && starts[axis].high + steps[axis].high < axes[axis].extent
    }
  }

  /// Whether this walk visits the elements that `other` visits, in the same order, however either
  /// cuts them into vectors.
  func visits(_ other: Descriptor) -> Bool {
    count == other.count && places.elementsEqual(other.places)
  }

  /// Whether the walk visits each element of a range of its memory, in ascending order.
  func reaches(_ range: Range<Int>) -> Bool {
    count == range.count && zip(places, range).allSatisfy { $0 == $1 }
  }

  /// Whether the walk stays inside the extents and reaches no element twice; `nil` where it takes more than
  /// `bytes` to tell.
  func isOneToOne(within bytes: Int) -> Bool? {
    if isMixedRadix { return true }
    let reach = reach
    if count > reach.count { return false }
    let wordCount = reach.count / UInt64.bitWidth + 1
    guard wordCount <= bytes / MemoryLayout<UInt64>.size else { return nil }
    var reached = [UInt64](repeating: 0, count: wordCount)
    return places.allSatisfy { place in
      guard let place else { return false }
      let (word, bit) = (place - base - reach.lowerBound).quotientAndRemainder(
        dividingBy: UInt64.bitWidth)
      defer { reached[word] |= 1 << bit }
      return reached[word] >> bit & 1 == 0
    }
  }
}

/// What numbers of loops add to a place in memory, one after the other: walks may be longer than any table.
private struct Distances: Sequence, IteratorProtocol {
  private let axes: [Descriptor.Axis]
  private let base: Int
  private var cursor: LoopCursor
  private var left: Int

  init(
    _ axes: [Descriptor.Axis], _ loops: ArraySlice<Descriptor.Loop>, _ numbers: Range<Int>,
    from origin: [Int], _ base: Int
  ) {
    self.axes = axes
    self.base = base
    cursor = LoopCursor(loops, at: numbers.lowerBound, from: origin)
    left = numbers.count
  }

  mutating func next() -> Int? {
    guard left > 0 else { return nil }
    var sum = base
    for axis in axes.indices { sum += cursor.coordinates[axis] * axes[axis].stride }
    left -= 1
    cursor.advance()
    return sum
  }

  /// The least and the greatest coordinate along each axis, of which there are some.
  var bounds: [(low: Int, high: Int)] {
    var cursor = cursor
    var bounds = cursor.coordinates.map { (low: $0, high: $0) }
    for _ in 0..<left {
      for axis in axes.indices {
        bounds[axis].low = Swift.min(bounds[axis].low, cursor.coordinates[axis])
        bounds[axis].high = Swift.max(bounds[axis].high, cursor.coordinates[axis])
      }
      cursor.advance()
    }
    return bounds
  }
}
