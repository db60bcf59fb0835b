import Program

/// The places in memory that a descriptor goes through, vector by vector.
struct PlaceWalk {
  private let descriptor: Descriptor
  private let outer: [Descriptor.Loop]
  /// The place of the first element where no loop has moved, and the distance of a step of each outer loop.
  private let origin: Int
  private let distances: [Int]
  /// Runs of elements of a vector at equal distances: how far each begins from the first element, and its
  /// coordinates along the guarded axes.
  private let offsets: [Int]
  private let coordinates: [Int]
  /// The elements of a run, and their distance.
  private let run: (count: Int, distance: Int)
  /// The axes whose extents the walk leaves; then every run is of one element.
  private let guarded: [Int]

  /// The number of vectors.
  var vectors: Int { descriptor.vectors.count }
  /// The number of elements of a vector.
  var elements: Int { descriptor.elements.count }

  /// Makes `descriptor` ready; it must be sound.
  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    outer = Array(descriptor.loops.dropLast(descriptor.innerLoops))
    origin = descriptor.axes.reduce(descriptor.base) { $0 + $1.origin * $1.stride }
    distances = outer.map { $0.step * descriptor.axes[$0.axis].stride }
    var low = descriptor.axes.map(\.origin)
    var high = low
    for loop in descriptor.loops {
      let reach = (loop.count - 1) * loop.step
      if reach < 0 { low[loop.axis] += reach } else { high[loop.axis] += reach }
    }
    let guarded = descriptor.axes.indices.filter {
      low[$0] < 0 || high[$0] >= descriptor.axes[$0].extent
    }
    self.guarded = guarded
    var inner = descriptor.loops.suffix(descriptor.innerLoops).filter { $0.count > 1 }
    var run = (count: 1, distance: 0)
    // Finer loops that the coarser continue are one run.
    while guarded.isEmpty, let loop = inner.last {
      let distance = loop.step * descriptor.axes[loop.axis].stride
      guard run.count == 1 || distance == run.count * run.distance else { break }
      if run.count == 1 { run.distance = distance }
      run.count *= loop.count
      inner.removeLast()
    }
    var elements = descriptor.elements
    if elements.lowerBound % run.count != 0 || elements.upperBound % run.count != 0 {
      inner = descriptor.loops.suffix(descriptor.innerLoops)
      run = (1, 0)
    }
    elements = elements.lowerBound / run.count..<elements.upperBound / run.count
    self.run = run
    var offsets: [Int] = []
    var coordinates: [Int] = []
    offsets.reserveCapacity(elements.count)
    var moved = [Int](repeating: 0, count: descriptor.axes.count)
    for element in elements {
      var rest = element
      var offset = 0
      for axis in guarded { moved[axis] = 0 }
      for loop in inner.reversed() {
        let step = rest % loop.count * loop.step
        rest /= loop.count
        offset += step * descriptor.axes[loop.axis].stride
        moved[loop.axis] += step
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
      var element = 0
      for offset in offsets {
        var place = start + offset
        for _ in 0..<run.count {
          body(element, place)
          element += 1
          place += run.distance
        }
      }
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
