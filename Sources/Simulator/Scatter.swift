import Program

extension Machine {
  /// Runs a `scatter`: vector i of the source goes to the vector of the destination whose number is
  /// element i of the index, one after the other; negative numbers count from the end.
  ///
  /// Throws `RunFault` if there is no such vector.
  func scatter<Element: StoredElement>(
    _ target: Walk, _ source: Walk, _ index: Walk, _ iteration: Int,
    _ combine: (_ old: Element, _ new: Element) -> Element
  ) throws(RunFault) {
    var target: Operand<Element> = operand(target, iteration, scratch: 2)
    var source: Operand<Element> = operand(source, iteration, scratch: 0)
    var index: Operand<Int64> = operand(index, iteration, scratch: 1)
    let vectorCount = target.walk.count
    let isUnsigned = index.walk.memory.element == .u64
    statistics.digitalElements += source.walk.count * source.walk.elementCount * lanes
    try forEachChunk(of: index.walk.count) { positions throws(RunFault) in
      index.select(positions)
      let numbers = index.read()
      for position in positions {
        source.select(position..<(position + 1))
        for lane in 0..<lanes {
          let vector = try vector(
            numbers[(position - positions.lowerBound) * lanes + lane], at: position,
            of: vectorCount, isUnsigned: isUnsigned)
          target.select(vector..<(vector + 1))
          for element in 0..<target.walk.elementCount {
            guard let to = target.address(element: element, lane: lane) else { continue }
            let new = source.address(element: element, lane: lane)?.pointee ?? source.outside
            to.pointee = combine(to.pointee, new)
            Element.conform(to, count: 1, to: target.walk.memory.element, isHalf: unitIsHalf)
          }
        }
      }
    }
  }

  /// Runs a `sort`: the positions of the elements of every vector, as `isBefore` orders them and, where
  /// it does not, as they lie.
  func sort<Element: StoredElement>(
    _ target: Walk, _ source: Walk, _ iteration: Int,
    _ isBefore: (Element, Element) -> Bool
  ) {
    var target: Operand<Int64> = operand(target, iteration, scratch: 2)
    var source: Operand<Element> = operand(source, iteration, scratch: 0)
    let count = source.walk.elementCount
    statistics.digitalElements += source.walk.count * count * lanes
    for vector in 0..<source.walk.count {
      source.select(vector..<(vector + 1))
      target.select(vector..<(vector + 1))
      for lane in 0..<lanes {
        let elements = (0..<count).map {
          source.address(element: $0, lane: lane)?.pointee ?? source.outside
        }
        let order = (0..<count).sorted {
          if isBefore(elements[$0], elements[$1]) { return true }
          return $0 < $1 && !isBefore(elements[$1], elements[$0])
        }
        for element in 0..<target.walk.elementCount {
          guard let to = target.address(element: element, lane: lane) else { continue }
          to.pointee = Int64(order[element])
          Int64.conform(to, count: 1, to: target.walk.memory.element, isHalf: unitIsHalf)
        }
      }
    }
  }
}

/// Whether a is less than b; numbers are less than NaN.
func isBefore(_ a: Float, _ b: Float) -> Bool { a < b || b != b && a == a }

extension ScatterFunction {
  /// What becomes of `old` where `new` is put.
  func combine(_ old: Float, _ new: Float) -> Float {
    switch self {
    case .replace: new
    case .add: old + new
    case .mul: old * new
    case .max: larger(old, new)
    case .min: smaller(old, new)
    }
  }

  /// What becomes of the integer `old` where `new` is put, modulo 2⁶⁴.
  func combine(_ old: Int64, _ new: Int64, isUnsigned: Bool) -> Int64 {
    let flip = isUnsigned ? Int64.min : 0
    return switch self {
    case .replace: new
    case .add: old &+ new
    case .mul: old &* new
    case .max: old ^ flip > new ^ flip ? old : new
    case .min: old ^ flip < new ^ flip ? old : new
    }
  }
}
