import Basics

/// Finds instructions whose results depend on the order in which a unit takes their elements: they read what they
/// also write, or write an element twice (Specs/isa.md, "Instructions").
///
/// Works element by element where nothing simpler tells, and so within bounds.
public struct ElementOrder {
  /// More has to be looked at than may be.
  public enum Excess: Error {
    /// So many elements, together with those before.
    case elements(Int)
    /// So many bytes of a table.
    case bytes(Int)
  }

  /// What looking at an iteration counts as, beside its elements.
  private static let iteration = 64

  private let program: Program
  /// The most elements that all comparisons together may look at, and the most bytes of a table.
  private let limits: (elements: Int, bytes: Int)
  /// The elements that have been looked at.
  private var elements = 0

  /// Looks at instructions of `program`, which must be valid, within bounds.
  public init(_ program: Program, elements: Int, bytes: Int) {
    self.program = program
    limits = (elements, bytes)
  }

  /// What is wrong with an instruction in one of the `trips` iterations of the innermost loop around it; `nil` if
  /// nothing is.
  public mutating func fault(
    of instruction: Instruction, trips: Int
  ) throws(Excess) -> String? {
    let accesses = instruction.accesses
    guard let destination = accesses.destination else { return nil }
    let written = program.descriptors[destination]
    let name = program.buffers[written.buffer.index].name
    if instruction.opcode.writesInAnyOrder, let place = try placeReachedTwice(by: written) {
      return "writes element \(place) of buffer \"\(name)\" twice"
    }
    for source in accesses.sources {
      let read = program.descriptors[source]
      guard read.buffer == written.buffer else { continue }
      let place = try sharedPlace(
        read, written, trips: trips, atOtherPositions: instruction.opcode.isElementwise)
      guard let place else { continue }
      return "reads element \(place) of buffer \"\(name)\" and writes it too"
        + (instruction.opcode.isElementwise ? ", at another position" : "")
    }
    return nil
  }

  /// The first element that a walk reaches twice.
  private mutating func placeReachedTwice(by walk: Descriptor) throws(Excess) -> Int? {
    if walk.count < 2 || walk.isMixedRadix { return nil }
    try count(walk.count)
    let reach = walk.reach
    try requireTable(reach.count)
    var isReached = [Bool](repeating: false, count: reach.count)
    for case let place? in walk.places {
      let index = place - walk.base - reach.lowerBound
      if isReached[index] { return place }
      isReached[index] = true
    }
    return nil
  }

  /// The first element of the memory that is in both walks, in some iteration; with `atOtherPositions` only
  /// one that is not at the same position of both.
  private mutating func sharedPlace(
    _ read: Descriptor, _ written: Descriptor, trips: Int, atOtherPositions: Bool
  ) throws(Excess) -> Int? {
    if atOtherPositions, read.isSameWalk(as: written), written.isMixedRadix { return nil }
    let (a, b) = (read.reach, written.reach)
    guard !a.isEmpty, !b.isEmpty else { return nil }
    // In iteration k, the walk that is written lies `start` + k · `drift` further than its distances say.
    let (start, drift) = (written.base - read.base, written.advance - read.advance)
    let first = a.lowerBound - (b.upperBound - 1) - start
    let last = a.upperBound - 1 - b.lowerBound - start
    guard first <= last, !read.liesBetween(written, drifting: drift) else { return nil }
    var iterations = 0..<min(trips, 1)
    if drift == 0 {
      if !(first...last).contains(0) { return nil }
    } else {
      let bounds = [first, last].map { Double($0) / Double(drift) }.sorted()
      let (low, high) = (Int(bounds[0].rounded(.down)), Int(bounds[1].rounded(.up)))
      iterations = max(low, 0)..<max(min(high + 1, trips), max(low, 0))
    }
    for iteration in iterations {
      try count(Self.iteration)
      var (a, b) = (read, written)
      a.base += iteration * a.advance
      b.base += iteration * b.advance
      if let place = try sharedPlace(a, b, atOtherPositions: atOtherPositions) { return place }
    }
    return nil
  }

  /// The same in one iteration.
  private mutating func sharedPlace(
    _ read: Descriptor, _ written: Descriptor, atOtherPositions: Bool
  ) throws(Excess) -> Int? {
    let reaches = [read, written].map { walk in
      walk.base + walk.reach.lowerBound..<walk.base + walk.reach.upperBound
    }
    let common = reaches[0].clamped(to: reaches[1])
    if common.isEmpty || read.liesBetween(written, drifting: 0) { return nil }
    try count(read.count.addingReportingOverflow(written.count).partialValue)
    // For each element the position at which it is written, from 1 on; −1 for several.
    try requireTable(common.count.multipliedReportingOverflow(by: 8).partialValue)
    var positions = [Int](repeating: 0, count: common.count)
    for (position, place) in written.places.enumerated() {
      guard let place, common.contains(place) else { continue }
      let index = place - common.lowerBound
      positions[index] = positions[index] == 0 ? position + 1 : -1
    }
    for (position, place) in read.places.enumerated() {
      guard let place, common.contains(place) else { continue }
      let found = positions[place - common.lowerBound]
      if found != 0 && !(atOtherPositions && found == position + 1) { return place }
    }
    return nil
  }

  private mutating func count(_ more: Int) throws(Excess) {
    let (sum, overflow) = elements.addingReportingOverflow(more)
    if overflow || sum > limits.elements { throw .elements(overflow ? .max : sum) }
    elements = sum
  }

  private func requireTable(_ bytes: Int) throws(Excess) {
    if bytes > limits.bytes { throw .bytes(bytes) }
  }
}

extension Opcode {
  /// Whether each element of the result is made of the elements at the same position alone.
  fileprivate var isElementwise: Bool {
    switch self {
    case .copy, .cast, .map, .zip, .select: true
    default: false
    }
  }

  /// Whether no order is set in which the vectors and columns of the result are written.
  fileprivate var writesInAnyOrder: Bool { self == .mvm || self == .affine }
}

extension Descriptor {
  /// Whether two walks of one memory go through the same elements in the same order, as their loops say.
  fileprivate func isSameWalk(as other: Descriptor) -> Bool {
    base == other.base && advance == other.advance && axes == other.axes && loops == other.loops
      && count == other.count && innerLoops == other.innerLoops && vectors == other.vectors
      && elements == other.elements
  }

  /// Whether all elements of the walk lie between those of the other one, wherever that has drifted to: both move
  /// by multiples of a distance by which they are not apart.
  fileprivate func liesBetween(_ other: Descriptor, drifting drift: Int) -> Bool {
    let common = [self, other].flatMap { walk in
      walk.loops.filter { $0.count > 1 }.map { abs($0.step * walk.axes[$0.axis].stride) }
    }.reduce(abs(drift), greatestCommonDivisor)
    let starts = [self, other].map { walk in
      walk.axes.reduce(walk.base) { $0 + $1.origin * $1.stride }
    }
    let distance = starts[0] - starts[1]
    return common == 0 ? distance != 0 : distance % common != 0
  }
}
