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
    let (a, b) = (Positions(self), Positions(other))
    if let first = a.distances, let second = b.distances {
      // Sums of what the vector and what the element adds are the same if these differ by a constant.
      guard let shift = first.elements.first.map({ $0 - (second.elements.first ?? 0) }) else {
        return true
      }
      return zip(first.elements, second.elements).allSatisfy { $0 - $1 == shift }
        && zip(first.vectors, second.vectors).allSatisfy { $1 - $0 == shift }
    }
    for vector in 0..<vectors.count {
      for element in 0..<elements.count {
        let (x, y) = (a[vector, element], b[vector, element])
        if x != y || x == nil && fill != other.fill { return false }
      }
    }
    return true
  }

  /// The loops that move: those around vectors, and those within one.
  private var moves: [[Loop]] {
    let boundary = loops.count - innerLoops
    return [loops[..<boundary], loops[boundary...]].map { $0.filter { $0.count > 1 } }
  }

  /// Whether this walk visits the elements that `other` visits, in the same order, however either
  /// cuts them into vectors.
  func visits(_ other: Descriptor) -> Bool {
    count == other.count && allPositions.elementsEqual(other.allPositions)
  }

  /// Whether the walk visits each element of a range of its memory, in ascending order.
  func reaches(_ range: Range<Int>) -> Bool { allPositions.elementsEqual(range.map { $0 }) }

  private var allPositions: [Int?] {
    let positions = Positions(self)
    return (0..<vectors.count).flatMap { vector in
      (0..<elements.count).map { positions[vector, $0] }
    }
  }

  /// Whether the walk stays inside the extents and reaches no element of its memory twice.
  func isOneToOne(memory count: Int) -> Bool {
    if isMixedRadix { return true }
    var reached = [Bool](repeating: false, count: count)
    let positions = Positions(self)
    for vector in 0..<vectors.count {
      for element in 0..<elements.count {
        guard let position = positions[vector, element], reached.indices.contains(position),
          !reached[position]
        else { return false }
        reached[position] = true
      }
    }
    return true
  }

  /// Whether every loop stays inside its axis and strides over all that the finer loops reach.
  private var isMixedRadix: Bool {
    for (index, axis) in axes.enumerated() {
      var (least, most) = (axis.origin, axis.origin)
      for loop in loops where loop.axis == index {
        least += min((loop.count - 1) * loop.step, 0)
        most += max((loop.count - 1) * loop.step, 0)
      }
      if least < 0 || most >= axis.extent { return false }
    }
    var reach = 0
    let strides = loops.filter { $0.count > 1 }
      .map { (stride: ($0.step * axes[$0.axis].stride).magnitude, count: $0.count) }
      .sorted { ($0.stride, $0.count) < ($1.stride, $1.count) }
    for (stride, count) in strides {
      if stride <= reach { return false }
      reach += Int(stride) * (count - 1)
    }
    return true
  }
}

/// The element of a memory that each step of a walk reaches.
private struct Positions {
  private let descriptor: Descriptor
  /// The coordinates of each vector taken, without what its elements add: `[vector][axis]`.
  private let outer: [Int]
  /// What each element taken adds to the coordinates: `[element][axis]`.
  private let inner: [Int]

  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    let boundary = descriptor.loops.count - descriptor.innerLoops
    func coordinates(_ range: Range<Int>, _ loops: ArraySlice<Descriptor.Loop>, _ start: [Int])
      -> [Int]
    {
      var result: [Int] = []
      result.reserveCapacity(range.count * start.count)
      for number in range {
        var rest = number
        var point = start
        for loop in loops.reversed() {
          point[loop.axis] += rest % loop.count * loop.step
          rest /= loop.count
        }
        result += point
      }
      return result
    }
    outer = coordinates(
      descriptor.vectors, descriptor.loops[..<boundary], descriptor.axes.map(\.origin))
    inner = coordinates(
      descriptor.elements, descriptor.loops[boundary...], descriptor.axes.map { _ in 0 })
  }

  /// What each vector taken and each element of it adds to the place in memory; `nil` where some lie
  /// outside the extents.
  var distances: (vectors: [Int], elements: [Int])? {
    let count = descriptor.axes.count
    for (index, axis) in descriptor.axes.enumerated() {
      let starts = stride(from: index, to: outer.count, by: count).lazy.map { outer[$0] }
      let steps = stride(from: index, to: inner.count, by: count).lazy.map { inner[$0] }
      guard let low = starts.min(), let high = starts.max(), let least = steps.min(),
        let most = steps.max()
      else { return ([], []) }
      guard low + least >= 0, high + most < axis.extent else { return nil }
    }
    func sums(_ coordinates: [Int], _ start: Int) -> [Int] {
      stride(from: 0, to: coordinates.count, by: max(count, 1)).map { first in
        var sum = start
        for index in 0..<count { sum += coordinates[first + index] * descriptor.axes[index].stride }
        return sum
      }
    }
    return (sums(outer, descriptor.base), sums(inner, 0))
  }

  /// The element, or `nil` outside the extents.
  subscript(vector: Int, element: Int) -> Int? {
    let count = descriptor.axes.count
    var position = descriptor.base
    for (index, axis) in descriptor.axes.enumerated() {
      let coordinate = outer[vector * count + index] + inner[element * count + index]
      guard coordinate >= 0, coordinate < axis.extent else { return nil }
      position += coordinate * axis.stride
    }
    return position
  }
}
