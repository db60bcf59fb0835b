/// What follows from the loops and axes of a descriptor, once they are checked.
struct DescriptorShape {
  /// What is wrong with a descriptor, to go on with "descriptor 5 …".
  struct Fault: Error {
    let message: String
    init(_ message: String) { self.message = message }
  }

  /// The elements that are reached, as distances from `base`; `nil` if all are outside the extents.
  let reach: ClosedRange<Int>?

  /// The bounds on loops, coordinates and distances, far from where 64 bits overflow.
  private static let maximumCoordinate = Int(Int32.max)
  private static let maximumDistance = 1 << 40

  /// Checks `descriptor`.
  init(_ descriptor: Descriptor) throws(Fault) {
    let (axes, loops) = (descriptor.axes, descriptor.loops)
    guard axes.count <= Descriptor.maximumRank, loops.count <= Descriptor.maximumRank else {
      throw Fault("has more than \(Descriptor.maximumRank) axes or loops")
    }
    guard (0...loops.count).contains(descriptor.innerLoops) else {
      throw Fault("has \(descriptor.innerLoops) inner loops of \(loops.count)")
    }
    guard descriptor.counter == nil ? descriptor.amount == 0 : descriptor.amount > 0,
      descriptor.amount <= Self.maximumDistance
    else { throw Fault("counts by \(descriptor.amount)") }
    guard descriptor.base.magnitude <= UInt(Self.maximumDistance),
      descriptor.advance.magnitude <= UInt(Self.maximumDistance)
    else { throw Fault("has a base or an advance beyond 2^40") }
    for loop in loops {
      guard axes.indices.contains(loop.axis) else {
        throw Fault("loops along axis \(loop.axis), but has \(axes.count) axes")
      }
      guard (1..<Descriptor.maximumSteps).contains(loop.count),
        loop.step.magnitude < UInt(Descriptor.maximumSteps)
      else { throw Fault("has a loop of \(loop.count) steps of \(loop.step)") }
    }
    guard product(loops.map(\.count)) ?? .max <= Validator.maximumCount else {
      throw Fault("has loops of more than 2^40 elements together")
    }
    try Self.check(descriptor.vectors, of: loops.dropLast(descriptor.innerLoops), "vectors")
    try Self.check(descriptor.elements, of: loops.suffix(descriptor.innerLoops), "elements")
    reach = try Self.reach(descriptor)
  }

  private static func check(
    _ range: Range<Int>, of loops: ArraySlice<Descriptor.Loop>, _ what: String
  ) throws(Fault) {
    let total = loops.reduce(1) { $0 * $1.count }
    guard range.lowerBound >= 0, range.upperBound <= total else {
      throw Fault("takes the \(what) \(range) of \(total)")
    }
    guard range.upperBound <= Int(UInt32.max) else {
      throw Fault("takes \(what) beyond 2^32")
    }
  }

  private static func reach(_ descriptor: Descriptor) throws(Fault) -> ClosedRange<Int>? {
    var isReached = !descriptor.vectors.isEmpty && !descriptor.elements.isEmpty
    var (lower, upper) = (0, 0)
    for (number, axis) in descriptor.axes.enumerated() {
      guard (0...maximumCoordinate).contains(axis.extent),
        axis.origin.magnitude <= UInt(maximumCoordinate),
        axis.stride.magnitude <= UInt(maximumCoordinate)
      else {
        throw Fault("has an axis of extent \(axis.extent), origin or stride beyond 2^31")
      }
      let coordinates = descriptor.coordinates(along: number)
      let (least, most) = (coordinates.lowerBound, coordinates.upperBound)
      guard least >= -maximumCoordinate, most <= maximumCoordinate else {
        throw Fault("has coordinates from \(least) to \(most)")
      }
      let inside = (max(least, 0), min(most, axis.extent - 1))
      guard inside.0 <= inside.1 else {
        isReached = false
        continue
      }
      lower += min(inside.0 * axis.stride, inside.1 * axis.stride)
      upper += max(inside.0 * axis.stride, inside.1 * axis.stride)
      guard lower >= -maximumDistance, upper <= maximumDistance else {
        throw Fault("has distances beyond 2^40")
      }
    }
    return isReached ? lower...upper : nil
  }
}

extension Descriptor {
  /// Which rule or limit of the format the walk breaks, to go on with "the walk …"; `nil` if none.
  public var fault: String? {
    do throws(DescriptorShape.Fault) {
      _ = try DescriptorShape(self)
      return nil
    } catch {
      return error.message
    }
  }

  /// The coordinates that the loops reach along an axis, within its extent or not.
  public func coordinates(along axis: Int) -> ClosedRange<Int> {
    var (least, most) = (axes[axis].origin, axes[axis].origin)
    for loop in loops where loop.axis == axis {
      let distance = (loop.count - 1) * loop.step
      least += min(distance, 0)
      most += max(distance, 0)
    }
    return least...most
  }

  /// The elements of the memory between which all lie that the walk reaches, as distances from `base`; empty
  /// if all are outside the extents. The descriptor must be that of a valid program.
  public var reach: Range<Int> {
    guard let reach = try? DescriptorShape(self).reach else { return 0..<0 }
    return reach.lowerBound..<reach.upperBound + 1
  }
}
