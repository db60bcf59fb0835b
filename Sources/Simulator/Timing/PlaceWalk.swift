import Program

/// The places in memory that a descriptor goes through, vector by vector.
struct PlaceWalk {
  private let descriptor: Descriptor
  private let outer: [Descriptor.Loop]
  /// The place of the first element where no loop has moved, and the distance of a step of each outer loop.
  private let origin: Int
  private let distances: [Int]
  /// The distance of each element of a vector from its first, and its coordinates along the guarded axes.
  private let offsets: [Int]
  private let coordinates: [Int]
  /// The axes whose extents the walk leaves.
  private let guarded: [Int]

  /// The number of vectors.
  var vectors: Int { descriptor.vectors.count }
  /// The number of elements of a vector.
  var elements: Int { offsets.count }

  /// Makes `descriptor` ready; it must be sound.
  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    outer = Array(descriptor.loops.dropLast(descriptor.innerLoops))
    let inner = Array(descriptor.loops.suffix(descriptor.innerLoops))
    origin = descriptor.axes.reduce(descriptor.base) { $0 + $1.origin * $1.stride }
    distances = outer.map { $0.step * descriptor.axes[$0.axis].stride }
    var low = descriptor.axes.map(\.origin)
    var high = low
    for loop in descriptor.loops {
      let reach = (loop.count - 1) * loop.step
      if reach < 0 { low[loop.axis] += reach } else { high[loop.axis] += reach }
    }
    guarded = descriptor.axes.indices.filter {
      low[$0] < 0 || high[$0] >= descriptor.axes[$0].extent
    }
    var offsets: [Int] = []
    var coordinates: [Int] = []
    offsets.reserveCapacity(descriptor.elements.count)
    for element in descriptor.elements {
      var rest = element
      var offset = 0
      var moved = [Int](repeating: 0, count: guarded.isEmpty ? 0 : descriptor.axes.count)
      for loop in inner.reversed() {
        let step = rest % loop.count * loop.step
        rest /= loop.count
        offset += step * descriptor.axes[loop.axis].stride
        if !guarded.isEmpty { moved[loop.axis] += step }
      }
      offsets.append(offset)
      for axis in guarded { coordinates.append(moved[axis]) }
    }
    self.offsets = offsets
    self.coordinates = coordinates
  }

  /// Calls `body` with the place of every element of vector `index` that lies within the extents.
  @inline(__always)
  func forEachPlace(
    ofVector index: Int, iteration: Int, _ body: (_ element: Int, _ place: Int) -> Void
  ) {
    var rest = descriptor.vectors.lowerBound + index
    var start = origin + iteration * descriptor.advance
    for number in outer.indices.reversed() {
      start += rest % outer[number].count * distances[number]
      rest /= outer[number].count
    }
    guard !guarded.isEmpty else {
      for element in offsets.indices { body(element, start + offsets[element]) }
      return
    }
    rest = descriptor.vectors.lowerBound + index
    var coordinate = descriptor.axes.map(\.origin)
    for loop in outer.reversed() {
      coordinate[loop.axis] += rest % loop.count * loop.step
      rest /= loop.count
    }
    for element in offsets.indices {
      var isInside = true
      for (number, axis) in guarded.enumerated() {
        let value = coordinate[axis] + coordinates[element * guarded.count + number]
        if value < 0 || value >= descriptor.axes[axis].extent { isInside = false }
      }
      if isInside { body(element, start + offsets[element]) }
    }
  }
}
