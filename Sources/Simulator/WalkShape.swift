import Program

/// What is wrong with a part of a program, without its place.
struct PlanFault: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// The checked bounds of a descriptor, from which walks are made.
struct WalkShape {
  /// The most elements of a vector whose places are kept in a table.
  static let maximumTable = 1 << 22
  private static let maximumCount = 1 << 28
  private static let maximumDistance = 1 << 40

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
  /// The distances from `base` that are reached.
  let reach: Range<Int>
  private let descriptor: Descriptor

  /// Checks `descriptor`.
  init(_ descriptor: Descriptor) throws(PlanFault) {
    self.descriptor = descriptor
    let axes = descriptor.axes
    guard axes.count <= Descriptor.maximumRank, descriptor.loops.count <= Descriptor.maximumRank
    else { throw PlanFault("more than \(Descriptor.maximumRank) axes or loops") }
    guard (0...descriptor.loops.count).contains(descriptor.innerLoops) else {
      throw PlanFault("\(descriptor.innerLoops) inner loops of \(descriptor.loops.count)")
    }
    for loop in descriptor.loops {
      guard axes.indices.contains(loop.axis) else { throw PlanFault("no axis \(loop.axis)") }
      guard (1..<Self.maximumCount).contains(loop.count),
        loop.step.magnitude < UInt(Self.maximumCount)
      else { throw PlanFault("a loop of \(loop.count) steps of \(loop.step)") }
    }
    for axis in axes
    where axis.extent < 0 || axis.extent > Int(Int32.max)
      || axis.origin.magnitude >= 1 << 31 || axis.stride.magnitude >= 1 << 31
    {
      throw PlanFault("an axis of extent \(axis.extent), origin \(axis.origin)")
    }
    let split = descriptor.loops.count - descriptor.innerLoops
    let vectors = try Self.product(descriptor.loops[..<split])
    elements = try Self.product(descriptor.loops[split...])
    guard vectors <= Self.maximumDistance / elements else {
      throw PlanFault("a walk of \(vectors) vectors of \(elements) elements")
    }
    guard descriptor.vectors.lowerBound >= 0, descriptor.vectors.upperBound <= vectors else {
      throw PlanFault("vectors \(descriptor.vectors) of \(vectors)")
    }
    guard descriptor.elements.lowerBound >= 0, descriptor.elements.upperBound <= elements else {
      throw PlanFault("elements \(descriptor.elements) of \(elements)")
    }

    var lower = 0
    var upper = 0
    var isEmpty = descriptor.vectors.isEmpty || descriptor.elements.isEmpty
    var guarded: [Bool] = []
    for (index, axis) in axes.enumerated() {
      let ends = descriptor.loops.filter { $0.axis == index }.map { ($0.count - 1) * $0.step }
      let least = axis.origin + ends.reduce(0) { $0 + min($1, 0) }
      let most = axis.origin + ends.reduce(0) { $0 + max($1, 0) }
      guard least > Int(Int32.min), most < Int(Int32.max) else {
        throw PlanFault("coordinates \(least) to \(most) along an axis")
      }
      guarded.append(least < 0 || most >= axis.extent)
      let inside = (max(least, 0), min(most, axis.extent - 1))
      if inside.0 > inside.1 {
        isEmpty = true
        continue
      }
      let distances = (inside.0 * axis.stride, inside.1 * axis.stride)
      lower += min(distances.0, distances.1)
      upper += max(distances.0, distances.1)
      guard lower > -Self.maximumDistance, upper < Self.maximumDistance else {
        throw PlanFault("distances \(lower) to \(upper) in memory")
      }
    }
    isGuarded = guarded
    reach = isEmpty ? 0..<0 : lower..<(upper + 1)
  }

  private static func product(_ loops: ArraySlice<Descriptor.Loop>) throws(PlanFault) -> Int {
    var product = 1
    for loop in loops {
      guard loop.count <= maximumDistance / product else {
        throw PlanFault("loops of too many steps")
      }
      product *= loop.count
    }
    return product
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
