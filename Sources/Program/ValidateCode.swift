import Basics
import Chip

extension Validator {
  /// Checks that there is one stream a unit, in ascending order, and the code of each.
  mutating func validateStreams() {
    var last: Unit?
    for (number, stream) in program.streams.enumerated() {
      let unit = stream.unit
      if !exists(unit) {
        faults.add(SectionName.streams, "the chip has no \(unit)")
      } else if let last, unit <= last {
        faults.add(SectionName.streams, "\(unit) is out of order: it follows \(last)")
      }
      last = unit
      validateCode(of: stream, number)
    }
  }

  private func exists(_ unit: Unit) -> Bool {
    switch unit {
    case .host: true
    case .crossbar(let chip, let core), .ldpu(let chip, let core): hasCore(chip, core)
    case .gdpu(let chip, let slice): hasSlice(chip, slice)
    }
  }

  private mutating func validateCode(of stream: Stream, _ streamNumber: Int) {
    let section = SectionName.code(of: stream.unit)
    guard stream.code.last?.opcode == .end,
      stream.code.lastIndex(where: { $0.opcode == .end })
        == stream.code.firstIndex(where: { $0.opcode == .end })
    else {
      faults.add(section, "\(stream.unit) must have exactly one end, as its last instruction")
      return
    }
    // The loop that encloses each instruction, by the number of its first instruction.
    var enclosing: [Int?] = []
    var open: [Int] = []
    for (number, instruction) in stream.code.enumerated() {
      if open.count > Self.maximumDepth {
        faults.add(section, "\(stream.unit) has loops nested more than \(Self.maximumDepth) deep")
        return
      }
      enclosing.append(open.last)
      if instruction.opcode == .next && open.popLast() == nil {
        faults.add(section, "\(stream.unit), instruction \(number): next without loop")
        return
      }
      if instruction.opcode == .loop { open.append(number) }
    }
    if let first = open.first {
      faults.add(section, "\(stream.unit), instruction \(first): loop without next")
      return
    }
    let before = faults.count
    for number in stream.code.indices {
      var check = InstructionCheck(
        unit: stream.unit, code: stream.code, enclosing: enclosing, number: number)
      for message in check.messages(validator: &self) {
        fault(message, stream: streamNumber, instruction: number)
      }
    }
    if faults.count == before, let number = stream.code.firstWithoutEnd {
      fault("the end cannot be reached from here", stream: streamNumber, instruction: number)
    }
  }

  /// Notes what is wrong with an instruction, and which node it computes.
  mutating func fault(_ message: String, stream number: Int, instruction: Int) {
    let stream = program.streams[number]
    let symbol =
      faults.count >= Faults.limit
      ? nil
      : program.symbols.first { $0.stream == number && $0.instructions.contains(instruction) }
    faults.add(
      at: .section(SectionName.code(of: stream.unit)), of: symbol,
      "\(stream.unit), instruction \(instruction) "
        + "(\(stream.code[instruction].opcode.row.mnemonic)): \(message)")
  }
}

extension [Instruction] {
  /// The first instruction that can be reached from the start, and from which the end cannot be; `nil` if
  /// there is none. Targets must be there.
  fileprivate var firstWithoutEnd: Int? {
    guard contains(where: { $0.opcode == .jump }) else { return nil }
    // A loop ends at its `next`, so only jumps go back for ever.
    func successors(_ number: Int) -> [Int] {
      switch self[number].opcode {
      case .end: []
      case .jump: [Int(self[number].operands[0])]
      case .branch: [number + 1, Int(self[number].operands[0])]
      default: [number + 1]
      }
    }
    var predecessors = [[Int]](repeating: [], count: count)
    for number in indices { for next in successors(number) { predecessors[next].append(number) } }
    func reached(from start: Int, by next: (Int) -> [Int]) -> [Bool] {
      var isReached = [Bool](repeating: false, count: count)
      var open = [start]
      isReached[start] = true
      while let number = open.popLast() {
        for other in next(number) where !isReached[other] {
          isReached[other] = true
          open.append(other)
        }
      }
      return isReached
    }
    let isLive = reached(from: 0, by: successors)
    let leads = reached(from: count - 1) { predecessors[$0] }
    return indices.first { isLive[$0] && !leads[$0] }
  }
}
