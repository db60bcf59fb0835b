/// Counts through loops, the last one fastest, and keeps the coordinates that they reach.
public struct LoopCursor {
  /// The coordinate along each axis.
  public private(set) var coordinates: [Int]
  private let loops: ArraySlice<Descriptor.Loop>
  private var indices: [Int]

  /// Begins at number `number` of what `loops` run through, from the coordinates `origin`.
  public init(_ loops: ArraySlice<Descriptor.Loop>, at number: Int, from origin: [Int]) {
    self.loops = loops
    coordinates = origin
    indices = Array(repeating: 0, count: loops.count)
    move(to: number, from: origin)
  }

  /// Begins anew at number `number`, from the coordinates `origin`.
  public mutating func move(to number: Int, from origin: [Int]) {
    for axis in origin.indices { coordinates[axis] = origin[axis] }
    var rest = number
    for place in indices.indices.reversed() {
      let loop = loops[loops.startIndex + place]
      indices[place] = rest % loop.count
      coordinates[loop.axis] += indices[place] * loop.step
      rest /= loop.count
    }
  }

  /// Goes on to the next number, behind the last one to number 0.
  public mutating func advance() {
    var place = indices.count
    while place > 0 {
      place -= 1
      let loop = loops[loops.startIndex + place]
      indices[place] += 1
      coordinates[loop.axis] += loop.step
      if indices[place] < loop.count { return }
      indices[place] = 0
      coordinates[loop.axis] -= loop.count * loop.step
    }
  }
}

extension Descriptor {
  /// What a walk goes through, element after element, without a table of it.
  public struct Places: Sequence, IteratorProtocol {
    private let descriptor: Descriptor
    private var vector: LoopCursor
    private var element: LoopCursor
    private var vectorsLeft: Int
    private var elementsLeft: Int

    fileprivate init(_ descriptor: Descriptor) {
      self.descriptor = descriptor
      vector = LoopCursor(
        descriptor.outerLoops, at: descriptor.vectors.lowerBound,
        from: descriptor.axes.map(\.origin))
      element = LoopCursor(
        descriptor.loopsOfVector, at: descriptor.elements.lowerBound, from: vector.coordinates)
      vectorsLeft = descriptor.elements.isEmpty ? 0 : descriptor.vectors.count
      elementsLeft = descriptor.elements.count
    }

    /// The next element of the memory, which is `nil` outside the extents; `.none` at the end.
    public mutating func next() -> Int?? {
      guard vectorsLeft > 0 else { return .none }
      let place = descriptor.place(at: element.coordinates)
      elementsLeft -= 1
      if elementsLeft > 0 {
        element.advance()
      } else {
        vectorsLeft -= 1
        elementsLeft = descriptor.elements.count
        vector.advance()
        element.move(to: descriptor.elements.lowerBound, from: vector.coordinates)
      }
      return .some(place)
    }
  }

  /// The elements of the memory that the walk goes through, in its order; `nil` for those outside the extents.
  /// The descriptor must be valid.
  public var places: Places { Places(self) }
}
