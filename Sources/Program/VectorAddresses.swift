extension Descriptor {
  /// The loops from vector to vector.
  public var outerLoops: ArraySlice<Loop> { loops.dropLast(innerLoops) }
  /// The loops through a vector.
  public var loopsOfVector: ArraySlice<Loop> { loops.suffix(innerLoops) }

  /// The number of vectors over all outer loops; `nil` if it does not fit.
  var vectorsOfLoops: Int? { product(outerLoops.map(\.count)) }

  /// Where the elements of a vector lie in the memory, those of `elements` only; `nil` for those
  /// outside the extents. Vectors are counted over all outer loops. The descriptor must be valid.
  public func addresses(ofVector vector: Int) -> [Int?] {
    guard !elements.isEmpty else { return [] }
    let start = LoopCursor(outerLoops, at: vector, from: axes.map(\.origin))
    var cursor = LoopCursor(loopsOfVector, at: elements.lowerBound, from: start.coordinates)
    return elements.map { _ in
      defer { cursor.advance() }
      return place(at: cursor.coordinates)
    }
  }

  /// The element of the memory at `coordinates`; `nil` outside the extents.
  func place(at coordinates: [Int]) -> Int? {
    var place = base
    for index in axes.indices {
      let (axis, coordinate) = (axes[index], coordinates[index])
      guard coordinate >= 0 && coordinate < axis.extent else { return nil }
      place += coordinate * axis.stride
    }
    return place
  }

  /// Whether every loop stays inside its axis and strides over all that the finer loops reach, so that no
  /// element is reached twice or lies outside the extents. Other walks may be like that too.
  public var isMixedRadix: Bool {
    for index in axes.indices {
      let reached = coordinates(along: index)
      if reached.lowerBound < 0 || reached.upperBound >= axes[index].extent { return false }
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
