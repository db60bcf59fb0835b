import Program

/// What walks are made of: which axes are watched, and the places of loops.
struct WalkShape {
  /// A loop of the walk; neighbours that run on in one stride are one.
  struct Loop {
    var count: Int
    var axis: Int
    var step: Int
    var offset: Int
  }

  /// Whether the walk leaves the extent of each axis.
  let isGuarded: [Bool]
  /// The number of elements of a whole vector.
  let elements: Int
  private let descriptor: Descriptor

  /// Looks at `descriptor`.
  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    elements = descriptor.loops.suffix(descriptor.innerLoops).reduce(1) { $0 * $1.count }
    isGuarded = descriptor.axes.indices.map { axis in
      let coordinates = descriptor.coordinates(along: axis)
      return coordinates.lowerBound < 0 || coordinates.upperBound >= descriptor.axes[axis].extent
    }
  }

  /// The loops of `range`, without those of one step; those that run on in one stride are joined.
  func loops(_ range: Range<Int>) -> [Loop] {
    var result: [Loop] = []
    for loop in descriptor.loops[range] where loop.count > 1 {
      let offset = loop.step &* descriptor.axes[loop.axis].stride
      if let before = result.last, !isGuarded[before.axis], !isGuarded[loop.axis],
        before.offset == offset &* loop.count
      {
        result.removeLast()
        result.append(
          Loop(count: before.count * loop.count, axis: loop.axis, step: 0, offset: offset))
      } else {
        result.append(Loop(count: loop.count, axis: loop.axis, step: loop.step, offset: offset))
      }
    }
    return result
  }

  /// The watched axes: that of the last loop first.
  func numbering(last: Int?) -> [Int] {
    let watched = isGuarded.indices.filter { isGuarded[$0] && $0 != last }
    if let last, isGuarded[last] { return [last] + watched }
    return watched
  }

  /// The extents of the watched axes; 1 where there is none, whose coordinate stays 0.
  func extents(_ numbering: [Int]) -> SIMD8<UInt32> {
    var extents = SIMD8<UInt32>(repeating: 1)
    for (lane, axis) in numbering.enumerated() {
      extents[lane] = UInt32(descriptor.axes[axis].extent)
    }
    return extents
  }

  /// The place at loop indices 0.
  func start(_ numbering: [Int]) -> Walk.Place {
    var place = Walk.Place()
    for axis in descriptor.axes { place.offset &+= axis.origin &* axis.stride }
    for (lane, axis) in numbering.enumerated() {
      place.coordinates[lane] = Int32(descriptor.axes[axis].origin)
    }
    return place
  }

  /// The change of place with each step of `loop`.
  func step(of loop: Loop, _ numbering: [Int]) -> Walk.Place {
    var place = Walk.Place(offset: loop.offset)
    if let lane = numbering.firstIndex(of: loop.axis) {
      place.coordinates[lane] = Int32(loop.step)
    }
    return place
  }
}
