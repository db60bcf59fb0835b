import Program

extension Machine {
  /// The vector of `count` that element `position` of an index names by `number`; negative numbers count
  /// from the end.
  ///
  /// Throws `RunFault` if there is no such vector.
  @inline(__always)
  func vector(
    _ number: Int64, at position: Int, of count: Int, isUnsigned: Bool
  ) throws(RunFault) -> Int {
    let vector = number < 0 && !isUnsigned ? number &+ Int64(count) : number
    guard vector >= 0, vector < count else {
      let text = isUnsigned ? "\(UInt64(bitPattern: number))" : "\(number)"
      throw RunFault("element \(position) of the index is \(text), of \(count) vectors")
    }
    return Int(vector)
  }

  /// Runs a `gather`: vector i of the destination becomes the vector of the data whose number is
  /// element i of the index; negative numbers count from the end.
  ///
  /// Throws `RunFault` if there is no such vector.
  func gather<Element: StoredElement>(
    _ target: Walk, _ data: Walk, _ index: Walk, _ iteration: Int, _: Element.Type
  ) throws(RunFault) {
    var target: Operand<Element> = operand(target, iteration, scratch: 2)
    var data: Operand<Element> = operand(data, iteration, scratch: 0)
    var index: Operand<Int64> = operand(index, iteration, scratch: 1)
    let vectorCount = data.walk.count
    let isUnsigned = index.walk.memory.element == .u64
    statistics.digitalElements += target.walk.count * target.walk.elementCount * lanes
    try forEachChunk(of: index.walk.count) { positions throws(RunFault) in
      index.select(positions)
      let numbers = index.read()
      for position in positions {
        let offset = (position - positions.lowerBound) * lanes
        let own = UnsafeBufferPointer(start: numbers + offset, count: lanes)
        target.select(position..<(position + 1))
        // With an index that is a constant, the lanes agree.
        let isOne = own.allSatisfy { $0 == own[0] }
        for lane in 0..<(isOne ? 1 : lanes) {
          let vector = try vector(
            own[lane], at: position, of: vectorCount, isUnsigned: isUnsigned)
          data.select(vector..<(vector + 1))
          for element in 0..<target.walk.elementCount {
            if isOne {
              let to = target.target(element: element)
              to.update(from: data.read(element: element), count: lanes)
              target.commit(to, element: element)
            } else if let to = target.address(element: element, lane: lane) {
              to.pointee = data.address(element: element, lane: lane)?.pointee ?? data.outside
              Element.conform(to, count: 1, to: target.walk.memory.element, isHalf: unitIsHalf)
            }
          }
        }
      }
    }
  }
}
