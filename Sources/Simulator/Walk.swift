import Basics
import CCrossbar
import Program

/// A descriptor made ready to run.
///
/// Its *positions* are the elements of the walk in order (`Order.elements`), or its vectors, each
/// of `elementCount` elements (`Order.vectors`). Positions are taken in *rows*: runs along the last
/// loop. The place of an element is that of its row, plus its distance along the row, plus, for
/// vectors, the place of the element within a vector; all three simply add.
final class Walk: @unchecked Sendable {
  /// What a position is.
  enum Order: Hashable, Sendable { case elements, vectors }

  /// A distance in memory, and along each axis whose bounds have to be watched.
  struct Place: Sendable {
    var offset = 0
    var coordinates = SIMD8<Int32>()

    @inline(__always) mutating func add(_ step: Place, times count: Int) {
      offset &+= step.offset &* count
      coordinates &+= step.coordinates &* SIMD8(repeating: Int32(truncatingIfNeeded: count))
    }
  }

  /// A loop that positions run through.
  struct Loop: Sendable {
    var count: Int
    var step: Place
  }

  /// Positions that follow each other along the last loop.
  typealias Row = walk_row

  /// The part of a row that lies within the extents.
  struct Stretch {
    var lower: Int
    var upper: Int
    /// Where position 0 of the row is in memory, or would be.
    var offset: Int
  }

  let memory: Memory
  let base: Int
  let advance: Int
  let fill: Float
  /// The number of positions.
  let count: Int
  /// The number of elements at each position.
  let elementCount: Int
  /// The number of vectors, whatever the order.
  let vectorCount: Int

  private let start: Place
  private let outer: [Loop]
  let last: Loop
  private let first: Int
  private let period: Int
  private let pitch: Int
  let isGuarded: Bool
  /// What is the same at all positions; what it points to is the walk's own, and never changes.
  let table: walk_table
  private let extents: SIMD8<UInt32>
  private let elementOffsets: UnsafeMutablePointer<Int>
  private let elementCoordinates: UnsafeMutablePointer<SIMD8<Int32>>?

  /// The bytes of a place in the table of the elements of a vector.
  static let placeBytes = MemoryLayout<Int>.stride + MemoryLayout<SIMD8<Int32>>.stride

  /// Compiles `descriptor`, whose memory is `memory`.
  init(_ descriptor: Descriptor, memory: Memory, order: Order) {
    let shape = WalkShape(descriptor)
    self.memory = memory
    base = descriptor.base
    advance = descriptor.advance
    fill = descriptor.fill
    vectorCount = descriptor.vectors.count
    let split = descriptor.loops.count - descriptor.innerLoops
    let walked = shape.loops(0..<(order == .vectors ? split : descriptor.loops.count))
    let numbering = shape.numbering(last: walked.last?.axis)
    isGuarded = shape.isGuarded.contains(true)
    extents = shape.extents(numbering)
    start = shape.start(numbering)
    let loops = walked.map { Loop(count: $0.count, step: shape.step(of: $0, numbering)) }
    last = loops.last ?? Loop(count: 1, step: Place())
    outer = loops.dropLast().reversed()

    let taken = descriptor.elements.count
    switch order {
    case .vectors:
      count = vectorCount
      elementCount = taken
      first = descriptor.vectors.lowerBound
      period = max(count, 1)
      pitch = 0
    case .elements:
      count = vectorCount * taken
      elementCount = 1
      first = descriptor.vectors.lowerBound * shape.elements + descriptor.elements.lowerBound
      let isWhole = taken == shape.elements
      period = max(isWhole ? count : taken, 1)
      pitch = isWhole ? 0 : shape.elements
    }
    let inner = shape.loops(
      (order == .vectors ? split : descriptor.loops.count)..<descriptor.loops.count)
    let steps = inner.map { Loop(count: $0.count, step: shape.step(of: $0, numbering)) }
    let elements = order == .vectors ? descriptor.elements : 0..<1
    elementOffsets = .allocate(capacity: max(elements.count, 1))
    elementCoordinates = isGuarded ? .allocate(capacity: max(elements.count, 1)) : nil
    for (number, element) in elements.enumerated() {
      let place = Self.place(of: element, along: steps)
      (elementOffsets + number).initialize(to: place.offset)
      if let elementCoordinates {
        (elementCoordinates + number).initialize(to: place.coordinates)
      }
    }
    table = walk_table(
      offsets: UnsafePointer(elementOffsets),
      places: elementCoordinates.map { UnsafeRawPointer($0).assumingMemoryBound(to: Int32.self) },
      extents: unsafeBitCast(extents, to: AxisExtents.self), step: last.step.offset,
      place_step: last.step.coordinates[0],
      rows_leave: walked.last.map { shape.isGuarded[$0.axis] } ?? false, fill: fill)
  }

  deinit {
    elementOffsets.deallocate()
    elementCoordinates?.deallocate()
  }

  private static func place(of number: Int, along loops: [Loop]) -> Place {
    var place = Place()
    var rest = number
    for loop in loops.reversed() {
      place.add(loop.step, times: rest % loop.count)
      rest /= loop.count
    }
    return place
  }

  /// Puts the rows of `positions`, at most as many as these, into `rows`, when the walk starts at element `base` of
  /// the memory. Returns how many there are.
  func rows(
    of positions: Range<Int>, base: Int, into rows: UnsafeMutablePointer<Row>
  ) -> Int {
    var rowCount = 0
    var position = positions.lowerBound
    while position < positions.upperBound {
      var rest = first &+ position
      var room = positions.upperBound &- position
      if pitch != 0 {
        let (vector, element) = position.quotientAndRemainder(dividingBy: period)
        rest = first &+ vector &* pitch &+ element
        room = min(room, period &- element)
      }
      var place = start
      place.offset &+= base
      let (lines, along) = rest.quotientAndRemainder(dividingBy: last.count)
      place.add(last.step, times: along)
      rest = lines
      for loop in outer {
        let (quotient, index) = rest.quotientAndRemainder(dividingBy: loop.count)
        place.add(loop.step, times: index)
        rest = quotient
      }
      let length = min(room, last.count &- along)
      (rows + rowCount).initialize(
        to: Row(
          place: unsafeBitCast(place.coordinates, to: AxisPlaces.self), offset: place.offset,
          count: length))
      rowCount &+= 1
      position &+= length
    }
    return rowCount
  }

  /// The part of `row` that lies within the extents, for element `element` of its vectors.
  @inline(__always) func stretch(_ row: Row, element: Int) -> Stretch {
    let offset = row.offset &+ elementOffsets[element]
    guard let elementCoordinates else {
      return Stretch(lower: 0, upper: row.count, offset: offset)
    }
    var coordinates = unsafeBitCast(row.place, to: SIMD8<Int32>.self) &+ elementCoordinates[element]
    let along = Int(coordinates[0])
    if table.rows_leave { coordinates[0] = 0 }
    let isInside =
      SIMD8<UInt32>(truncatingIfNeeded: coordinates)
      .< extents
    guard isInside == SIMDMask(repeating: true) else {
      return Stretch(lower: 0, upper: 0, offset: offset)
    }
    guard table.rows_leave else { return Stretch(lower: 0, upper: row.count, offset: offset) }
    let step = Int(last.step.coordinates[0])
    let extent = Int(extents[0])
    let end = along &+ (row.count &- 1) &* step
    if along >= 0 && along < extent && end >= 0 && end < extent {
      return Stretch(lower: 0, upper: row.count, offset: offset)
    }
    return partial(along: along, step: step, extent: extent, count: row.count, offset: offset)
  }

  /// The indices i of `0 ..< count` at which `along + i · step` lies within `0 ..< extent`.
  private func partial(along: Int, step: Int, extent: Int, count: Int, offset: Int) -> Stretch {
    if step == 0 {
      let isInside = along >= 0 && along < extent
      return Stretch(lower: 0, upper: isInside ? count : 0, offset: offset)
    }
    // With a negative step the axis is walked from its other end.
    let start = step > 0 ? along : extent - 1 - along
    let size = abs(step)
    let lower = start < 0 ? (-start + size - 1) / size : 0
    let upper = start < extent ? (extent - start + size - 1) / size : 0
    return Stretch(
      lower: min(lower, count), upper: max(min(upper, count), min(lower, count)), offset: offset)
  }
}

/// Numbers of eight axes, as C has them.
private typealias AxisPlaces = (Int32, Int32, Int32, Int32, Int32, Int32, Int32, Int32)
private typealias AxisExtents = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
