import Basics
import Program

/// Finds what a program reads before anything has written it, in an order of its units that brings readers
/// forward: Specs/isa.md, "What is read is written".
final class MemoryCheck {
  /// The most faults that are listed.
  private static let maximumFaults = 100

  /// What memories hold that nothing has written, so that results show it.
  static let pattern = (
    float: Float(bitPattern: 0x7FA5_A5A5), integer: Int64(0x5A5A_5A5A_5A5A_5A5A)
  )

  /// Whether each element of each memory has been written.
  private var isWritten: [[Bool]]
  /// The accesses that have been found faulty, each told once.
  private var known: Set<Access> = []
  private(set) var faults = Diagnostics()
  /// Whether instructions run, or are only followed.
  let runs: Bool

  private struct Access: Hashable {
    var stream: Int
    var instruction: Int
    var memory: Int
  }

  init(_ plan: Plan, runs: Bool) {
    self.runs = runs
    isWritten = plan.memories.map {
      Array(repeating: $0.isShared, count: $0.isShared ? 0 : $0.count)
    }
    for input in plan.program.inputs {
      let memory = input.buffer.index
      isWritten[memory] = Array(repeating: true, count: isWritten[memory].count)
    }
  }

  /// Checks what an instruction reads that is about to run, and notes what it writes.
  func follow(
    _ operation: Operation, _ iteration: Int, at place: (stream: Int, instruction: Int),
    on machine: Machine
  ) throws(RunFault) {
    let accesses = operation.accesses
    for walk in accesses.reads {
      let base = machine.base(of: walk, iteration)
      check(walk, base, 0..<walk.count, at: place, machine.plan)
    }
    switch operation {
    case .gather(_, let data, let index) where runs:
      let base = machine.base(of: data, iteration)
      for vector in try machine.vectors(of: data.count, in: index, iteration) {
        check(data, base, vector..<vector + 1, at: place, machine.plan)
      }
    case .scatter(let function, let target, _, let index) where runs:
      let base = machine.base(of: target, iteration)
      for vector in try machine.vectors(of: target.count, in: index, iteration) {
        if function != .replace {
          check(target, base, vector..<vector + 1, at: place, machine.plan)
        }
        note(target, base, vector..<vector + 1)
      }
    default: break
    }
    for walk in accesses.writes {
      note(walk, machine.base(of: walk, iteration), 0..<walk.count)
    }
  }

  /// Checks that the outputs of the network are whole.
  func checkOutputs(of plan: Plan) {
    for output in plan.program.outputs {
      let missing = isWritten[output.buffer.index].count { !$0 }
      if missing > 0 {
        faults.append(
          Diagnostic(
            .error,
            "nothing writes \(missing) of the \(isWritten[output.buffer.index].count) "
              + "elements of output \"\(output.name)\""))
      }
    }
  }

  private func check(
    _ walk: Walk, _ base: Int, _ positions: Range<Int>, at place: (stream: Int, instruction: Int),
    _ plan: Plan
  ) {
    if walk.memory.isShared { return }
    let memory = walk.memory.id.index
    var (first, count) = (Int.max, 0)
    isWritten[memory].withUnsafeBufferPointer { isWritten in
      walk.forEachPlace(positions, base: base) { place in
        if isWritten[place] { return }
        first = min(first, place)
        count += 1
      }
    }
    let access = Access(stream: place.stream, instruction: place.instruction, memory: memory)
    guard count > 0, faults.items.count < Self.maximumFaults, known.insert(access).inserted else {
      return
    }
    let name = plan.program.buffers[memory].name
    faults.append(
      plan.program.diagnostic(
        "may read element \(first) of buffer \"\(name)\" before anything has written it"
          + (count > 1 ? ", and \(count - 1) more" : ""),
        stream: place.stream, instruction: place.instruction))
  }

  private func note(_ walk: Walk, _ base: Int, _ positions: Range<Int>) {
    isWritten[walk.memory.id.index].withUnsafeMutableBufferPointer { isWritten in
      walk.forEachPlace(positions, base: base) { isWritten[$0] = true }
    }
  }
}

extension Operation {
  /// What is read and written whatever the elements are; what an index chooses is left out.
  fileprivate var accesses: (reads: [Walk], writes: [Walk]) {
    switch self {
    case .control, .wait: ([], [])
    case .branch(_, let source): ([source], [])
    case .mvm(let operation): ([operation.source], [operation.target])
    case .affine(let operation):
      ([operation.columns] + (operation.partial.map { [$0] } ?? []), [operation.target])
    case .fill(let target, _): ([], [target])
    case .copy(let target, let source), .cast(let target, let source),
      .map(_, _, _, let target, let source), .reduce(_, let target, let source),
      .sort(_, let target, let source):
      ([source], [target])
    case .zip(_, let target, let first, let second), .contract(let target, let first, let second):
      ([first, second], [target])
    case .select(let target, let condition, let first, let second):
      ([condition, first, second], [target])
    case .gather(let target, _, let index): ([index], [target])
    case .scatter(_, _, let source, let index): ([source, index], [])
    }
  }

  /// Whether what is read or written next depends on elements.
  fileprivate var isDataDependent: Bool {
    switch self {
    case .branch, .gather, .scatter: true
    default: false
    }
  }
}

extension Walk {
  /// Calls `body` with the numbers in memory of all elements of `positions` that lie within the extents,
  /// when the walk starts at element `base`.
  @inline(__always)
  fileprivate func forEachPlace(_ positions: Range<Int>, base: Int, _ body: (Int) -> Void) {
    let step = last.step.offset
    withUnsafeTemporaryAllocation(of: Row.self, capacity: Machine.chunk) { rows in
      var start = positions.lowerBound
      while start < positions.upperBound {
        let end = min(start + Machine.chunk, positions.upperBound)
        let count = self.rows(of: start..<end, base: base, into: rows.baseAddress!)
        for element in 0..<elementCount {
          for row in rows[..<count] {
            let stretch = stretch(row, element: element)
            for i in stretch.lower..<stretch.upper {
              body(memory.element(at: stretch.offset &+ i &* step))
            }
          }
        }
        start = end
      }
    }
  }
}

extension Machine {
  /// The vectors, of `count`, that an index of the only lane names, in its order.
  fileprivate func vectors(
    of count: Int, in index: Walk, _ iteration: Int
  ) throws(RunFault) -> [Int] {
    var operand: Operand<Int64> = operand(index, iteration, scratch: 1)
    var vectors: [Int] = []
    try forEachChunk(of: index.count) { positions throws(RunFault) in
      operand.select(positions)
      let numbers = operand.read()
      for position in positions {
        vectors.append(
          try vector(
            numbers[position - positions.lowerBound], at: position, of: count,
            isUnsigned: index.memory.element == .u64))
      }
    }
    return vectors
  }
}

extension Simulation {
  /// Runs one inference twice in orders that favour readers: a unit that waits for a counter
  /// continues as soon as it may, and streams begin in ascending, then in descending order.
  ///
  /// Where no element decides what is read, instructions are only followed. `inputs` are those of
  /// one inference. Throws `Diagnostics` with every read of an unwritten element and every
  /// incomplete output.
  public func checkMemory(_ inputs: [Tensor]) throws {
    let batch = try Batch(inputs, for: program)
    precondition(batch.count == 1, "one inference is checked at a time")
    let runs = plan.streams.contains { $0.code.contains { $0.operation.isDataDependent } }
    let machine = Machine(self, capacity: 1)
    for order in Interpreter.Order.allCases {
      let check = MemoryCheck(plan, runs: runs)
      machine.reset(lanes: 1, firstInference: 0, unwritten: MemoryCheck.pattern)
      load(inputs, 0..<1, into: machine)
      do {
        if try machine.run(order, check) { check.checkOutputs(of: plan) }
      } catch {
        // What was read too early may be why it failed.
        try check.faults.throwIfErrors()
        throw error
      }
      try check.faults.throwIfErrors()
    }
  }
}
