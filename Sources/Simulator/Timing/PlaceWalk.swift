import Program

/// The places in memory that a descriptor goes through, by runs of vectors and elements.
struct PlaceWalk {
  /// Elements of vectors that lie at equal distances: element `element + e` of vector `vector + v` is at
  /// `place + e · elementDistance + v · vectorDistance`.
  struct Patch {
    var vector: Int
    var vectors: Int
    var vectorDistance: Int
    var element: Int
    var elements: Int
    var elementDistance: Int
    var place: Int

    /// Calls `body` with every place; the inner loop is one that compilers can do several steps of at once.
    @inline(__always)
    func visit(_ body: (_ vector: Int, _ element: Int, _ place: Int) -> Void) {
      if vectors == 1 {
        for e in 0..<elements { body(vector, element &+ e, place &+ e &* elementDistance) }
        return
      }
      for e in 0..<elements {
        let first = place &+ e &* elementDistance
        for v in 0..<vectors { body(vector &+ v, element &+ e, first &+ v &* vectorDistance) }
      }
    }
  }

  private let descriptor: Descriptor
  /// The loops from vector to vector that a run is not made of.
  private let outer: [Descriptor.Loop]
  /// The place of the first element where no loop has moved, and the distance of a step of each outer loop.
  private let origin: Int
  private let distances: [Int]
  /// The vectors of a run, their distance, and the axis along which they move, if the walk leaves extents.
  private let vectorRun: (count: Int, distance: Int, loop: Descriptor.Loop?)
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

  /// The bytes that walks of `descriptor` keep of the places of elements, about.
  static func tableSize(of descriptor: Descriptor) -> Int {
    let guarded = guardedAxes(of: descriptor).count
    var (count, distance) = (1, 0)
    if guarded == 0 {
      for loop in descriptor.loops.suffix(descriptor.innerLoops).reversed() where loop.count != 1 {
        let step = loop.step * descriptor.axes[loop.axis].stride
        guard count == 1 || step == count * distance else { break }
        if count == 1 { distance = step }
        count *= loop.count
      }
    }
    return (descriptor.elements.count + count - 1) / count * 8 * (1 + guarded)
  }

  /// The axes whose extents the walk leaves.
  private static func guardedAxes(of descriptor: Descriptor) -> [Int] {
    let isGuarded = WalkShape(descriptor).isGuarded
    return isGuarded.indices.filter { isGuarded[$0] }
  }

  /// Makes `descriptor` ready.
  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    origin = descriptor.axes.reduce(descriptor.base) { $0 + $1.origin * $1.stride }
    let guarded = Self.guardedAxes(of: descriptor)
    self.guarded = guarded
    func distance(_ loop: Descriptor.Loop) -> Int { loop.step * descriptor.axes[loop.axis].stride }
    /// Takes away the finest loops that make one run, as those do that coarser ones continue.
    func takeRun(from loops: inout [Descriptor.Loop]) -> (count: Int, distance: Int) {
      var run = (count: 1, distance: 0)
      while let loop = loops.last, run.count == 1 || distance(loop) == run.count * run.distance {
        if run.count == 1 { run.distance = distance(loop) }
        run.count *= loop.count
        loops.removeLast()
      }
      return run
    }
    var inner = descriptor.loops.suffix(descriptor.innerLoops).filter { $0.count != 1 }
    var outer = descriptor.loops.dropLast(descriptor.innerLoops).filter { $0.count != 1 }
    var run = (count: 1, distance: 0)
    if guarded.isEmpty {
      run = takeRun(from: &inner)
      let vectors = takeRun(from: &outer)
      vectorRun = (vectors.count, vectors.distance, nil)
    } else if let loop = outer.last, loop.step > 0 {
      vectorRun = (loop.count, distance(loop), loop)
      outer.removeLast()
    } else {
      vectorRun = (1, 0, nil)
    }
    self.outer = outer
    distances = outer.map(distance)
    var elements = descriptor.elements
    if elements.lowerBound % run.count != 0 || elements.upperBound % run.count != 0 {
      inner = descriptor.loops.suffix(descriptor.innerLoops).filter { $0.count != 1 }
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

  /// Calls `body` with patches that together are the places of all elements that lie within the extents.
  @inline(__always)
  func forEachPatch(iteration: Int, _ body: (Patch) -> Void) {
    var coordinate = descriptor.axes.map(\.origin)
    var vector = 0
    while vector < vectors {
      let (number, position) = (descriptor.vectors.lowerBound + vector)
        .quotientAndRemainder(dividingBy: vectorRun.count)
      let count = min(vectorRun.count - position, vectors - vector)
      var start = origin + iteration * descriptor.advance + position * vectorRun.distance
      for axis in coordinate.indices { coordinate[axis] = descriptor.axes[axis].origin }
      if let loop = vectorRun.loop { coordinate[loop.axis] += position * loop.step }
      var rest = number
      for (loop, distance) in zip(outer, distances).reversed() {
        let (next, step) = rest.quotientAndRemainder(dividingBy: loop.count)
        start += step * distance
        coordinate[loop.axis] += step * loop.step
        rest = next
      }
      for (index, offset) in offsets.enumerated() {
        let inside =
          guarded.isEmpty ? 0..<count : vectorsInside(of: count, at: coordinate, element: index)
        if inside.isEmpty { continue }
        body(
          Patch(
            vector: vector + inside.lowerBound, vectors: inside.count,
            vectorDistance: vectorRun.distance, element: index * run.count, elements: run.count,
            elementDistance: run.distance,
            place: start + offset + inside.lowerBound * vectorRun.distance))
      }
      vector += count
    }
  }

  /// Those of a run of `count` vectors, the first of which begins at `coordinate`, in which an element lies
  /// within the extents.
  private func vectorsInside(of count: Int, at coordinate: [Int], element: Int) -> Range<Int> {
    var inside = 0..<count
    for (number, axis) in guarded.enumerated() {
      let first = coordinate[axis] + coordinates[element * guarded.count + number]
      let extent = descriptor.axes[axis].extent
      if let loop = vectorRun.loop, loop.axis == axis {
        let lower = first < 0 ? (loop.step - 1 - first) / loop.step : 0
        let upper = first < extent ? (loop.step - 1 + extent - first) / loop.step : 0
        inside = inside.clamped(to: min(lower, upper)..<upper)
      } else if first < 0 || first >= extent {
        return 0..<0
      }
    }
    return inside
  }
}
