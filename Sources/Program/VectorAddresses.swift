extension Descriptor {
  /// The number of vectors over all outer loops; `nil` if it does not fit.
  var vectorsOfLoops: Int? { product(loops.dropLast(innerLoops).map(\.count)) }

  /// Where the elements of a vector lie in the memory, those of `elements` only; `nil` for those
  /// outside the extents. Vectors are counted over all outer loops. The descriptor must be valid.
  public func addresses(ofVector vector: Int) -> [Int?] {
    var origin = axes.map(\.origin)
    Self.move(&origin, to: vector, along: loops.dropLast(innerLoops))
    let inner = loops.suffix(innerLoops)
    var coordinates = origin
    return elements.map { element in
      for axis in origin.indices { coordinates[axis] = origin[axis] }
      Self.move(&coordinates, to: element, along: inner)
      var address = base
      for (axis, coordinate) in zip(axes, coordinates) {
        guard coordinate >= 0 && coordinate < axis.extent else { return nil }
        address += coordinate * axis.stride
      }
      return address
    }
  }

  /// Moves `coordinates` to number `number` of what `loops` run through, the last one fastest.
  private static func move(
    _ coordinates: inout [Int], to number: Int, along loops: ArraySlice<Loop>
  ) {
    var rest = number
    for loop in loops.reversed() where loop.count > 0 {
      coordinates[loop.axis] += rest % loop.count * loop.step
      rest /= loop.count
    }
  }
}
