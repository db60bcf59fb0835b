import Basics
import Program

/// What an interpreter has the instructions of a program done by.
protocol Executor {
  /// Does what an instruction does to elements, or when they are there, in iteration `iteration` of the innermost
  /// loop around it. Returns whether a branch is taken; of other instructions that does not matter.
  mutating func execute(
    stream: Int, instruction: Int, iteration: Int
  ) throws(Diagnostics) -> Bool
}

/// Where a stream is.
struct StreamPosition {
  /// A counted loop that the stream is in.
  struct Loop {
    /// The instruction after `loop`.
    let body: Int
    let count: Int
    var iteration: Int
  }

  private(set) var instruction = 0
  private(set) var hasEnded = false
  private(set) var loops: [Loop] = []

  /// The iteration of the innermost loop.
  var iteration: Int { loops.last?.iteration ?? 0 }

  /// Goes on behind an instruction; `isTaken` is about branches.
  fileprivate mutating func move(_ move: StreamFlow.Move, isTaken: Bool) {
    switch move {
    case .on: instruction += 1
    case .end: hasEnded = true
    case .jump(let target): instruction = target
    case .branch(let target): instruction = isTaken ? target : instruction + 1
    case .loop(let count):
      instruction += 1
      loops.append(Loop(body: instruction, count: count, iteration: 0))
    case .next:
      let last = loops.count - 1
      loops[last].iteration += 1
      if loops[last].iteration < loops[last].count {
        instruction = loops[last].body
      } else {
        loops.removeLast()
        instruction += 1
      }
    }
  }
}

/// Goes through the streams of a program: which instruction is next, what it waits for, and where its stream goes
/// then. What instructions do is up to an executor, so that values and times follow from one run of the code.
struct Interpreter {
  /// The order in which streams begin where readers are brought forward.
  enum Order: CaseIterable { case ascending, descending }

  let flow: StreamFlow
  private(set) var positions: [StreamPosition] = []
  private(set) var counters: [Int]
  private var executions: [Int]

  /// Begins with all streams at their starts.
  init(_ flow: StreamFlow) {
    self.flow = flow
    counters = Array(repeating: 0, count: flow.program.counterCount)
    executions = Array(repeating: 0, count: flow.count)
    positions = flow.streams.map { _ in StreamPosition() }
  }

  /// Puts all streams back to their starts.
  mutating func reset() {
    for i in counters.indices { counters[i] = 0 }
    for i in executions.indices { executions[i] = 0 }
    for i in positions.indices { positions[i] = StreamPosition() }
  }

  /// Runs all streams to their ends, or until all of `goals`, if there are any, could run.
  ///
  /// The streams take turns in the order of the program; each runs until a counter holds it up. Those that a
  /// counter holds up have no turn until it advances: a turn that does nothing takes time where streams are many.
  /// Throws `Diagnostics` of `executor`, or if all streams wait.
  mutating func run<E: Executor>(
    _ executor: inout E, until goals: [(stream: Int, instruction: Int)] = []
  ) throws(Diagnostics) {
    var turns = Turns(streams: positions.count, counters: counters.count)
    var left = 0
    for stream in positions.indices where !positions[stream].hasEnded {
      turns.wake(stream)
      left += 1
    }
    while left > 0 {
      if !goals.isEmpty && goals.allSatisfy({ isReady($0.stream, $0.instruction, execution: 1) }) {
        return
      }
      guard let stream = turns.next() else { throw Diagnostics(Deadlock(self).diagnostic) }
      while true {
        if positions[stream].hasEnded {
          left -= 1
          break
        }
        if let counter = awaited(by: stream) {
          turns.sleep(stream, on: counter)
          break
        }
        let advances = flow.streams[stream][positions[stream].instruction].advances
        try step(stream, &executor)
        if let advances { turns.wakeAll(on: advances.counter) }
      }
    }
  }

  /// Runs all streams, as far as they come, in an order that brings readers forward: whatever awaits a counter goes on
  /// as soon as it may, before what has advanced it. Returns whether all have ended.
  mutating func run<E: Executor>(
    _ executor: inout E, readersFirst order: Order
  ) throws(Diagnostics) -> Bool {
    var waiting: [Int: [Int]] = [:]
    var open = Array(positions.indices)
    if order == .ascending { open.reverse() }
    while let stream = open.popLast() {
      while !positions[stream].hasEnded {
        if let counter = awaited(by: stream) {
          waiting[counter, default: []].append(stream)
          break
        }
        let advances = flow.streams[stream][positions[stream].instruction].advances
        try step(stream, &executor)
        guard let counter = advances?.counter, let woken = waiting[counter] else { continue }
        waiting[counter] = nil
        open.append(stream)
        open.append(contentsOf: order == .ascending ? woken.reversed() : woken)
        break
      }
    }
    return positions.allSatisfy(\.hasEnded)
  }

  /// How often an instruction of a stream has run.
  func executions(_ stream: Int, _ instruction: Int) -> Int {
    executions[flow.firsts[stream] + instruction]
  }

  private mutating func step<E: Executor>(
    _ stream: Int, _ executor: inout E
  ) throws(Diagnostics) {
    let current = positions[stream].instruction
    let step = flow.streams[stream][current]
    let isTaken = try executor.execute(
      stream: stream, instruction: current, iteration: positions[stream].iteration)
    executions[flow.firsts[stream] + current] += 1
    if let advances = step.advances {
      counters[advances.counter] = counters[advances.counter].saturatingSum(advances.amount)
    }
    positions[stream].move(step.move, isTaken: isTaken)
  }

  /// Whether every counter that an instruction awaits suffices for its `execution`-th execution.
  private func isReady(_ stream: Int, _ instruction: Int, execution: Int) -> Bool {
    flow.streams[stream][instruction].waits.allSatisfy {
      suffices(flow.waits[$0], for: execution)
    }
  }

  /// The first counter that does not suffice for the next instruction of a stream; `nil` if all do.
  private func awaited(by stream: Int) -> Int? {
    let current = positions[stream].instruction
    let execution = executions(stream, current) + 1
    for wait in flow.streams[stream][current].waits
    where !suffices(flow.waits[wait], for: execution) {
      return flow.waits[wait].counter
    }
    return nil
  }

  /// Whether a counter suffices for the `execution`-th execution of what awaits it.
  private func suffices(_ awaited: StreamFlow.Count, for execution: Int) -> Bool {
    counters[awaited.counter] >= execution.saturatingProduct(awaited.amount)
  }
}
