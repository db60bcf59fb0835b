import Basics
import Program

/// Where a stream is.
struct StreamState {
  /// A counted loop that the stream is in.
  struct Loop {
    /// The instruction after `loop`.
    let body: Int
    let count: Int
    var iteration: Int
  }

  var instruction = 0
  var hasEnded = false
  var loops: [Loop] = []

  /// The iteration of the innermost loop.
  var iteration: Int { loops.last?.iteration ?? 0 }
}

/// Whether a counter suffices for the `execution`-th execution of what awaits `amount` each time.
func suffices(_ counter: Int, for execution: Int, of amount: Int) -> Bool {
  counter >= execution.saturatingProduct(amount)
}

extension Machine {
  private static let maximumDepth = 64

  /// Runs all streams to their ends, or until all of `goals`, if there are any, could run.
  ///
  /// The streams take turns in the order of the program; each runs until a counter holds it up.
  /// Throws `Diagnostics` if an instruction fails, or if all streams wait.
  func run(until goals: [(stream: Int, instruction: Int)] = []) throws(Diagnostics) {
    while true {
      var hasMoved = false
      var isRunning = false
      for stream in plan.streams.indices where !states[stream].hasEnded {
        if !goals.isEmpty && goals.allSatisfy({ isReady($0.stream, $0.instruction) }) { return }
        if try runStream(stream) { hasMoved = true }
        if !states[stream].hasEnded { isRunning = true }
      }
      if !isRunning { return }
      if !hasMoved {
        let (streams, executions) = (plan.streams, executions)
        throw Diagnostics(
          Deadlock(program: plan.program, states: states, counters: counters) {
            executions[streams[$0].firstInstruction + $1]
          }.diagnostic)
      }
    }
  }

  /// Runs all streams, as far as they come, with `check`: whatever awaits a counter goes on as soon as it may,
  /// before what has advanced it. Returns whether all have ended.
  func run(_ order: MemoryCheck.Order, _ check: MemoryCheck) throws(Diagnostics) -> Bool {
    var waiting: [Int: [Int]] = [:]
    var open = Array(plan.streams.indices)
    if order == .ascending { open.reverse() }
    while let stream = open.popLast() {
      while !states[stream].hasEnded {
        if let counter = awaited(by: stream) {
          waiting[counter, default: []].append(stream)
          break
        }
        let instruction = plan.streams[stream].code[states[stream].instruction]
        _ = try runStream(stream, check)
        guard let counter = instruction.advances?.counter, let woken = waiting[counter] else {
          continue
        }
        waiting[counter] = nil
        open.append(stream)
        open.append(contentsOf: order == .ascending ? woken.reversed() : woken)
        break
      }
    }
    return states.allSatisfy(\.hasEnded)
  }

  /// The first counter that does not suffice for the next instruction of a stream; `nil` if all do.
  private func awaited(by number: Int) -> Int? {
    let stream = plan.streams[number]
    let current = states[number].instruction
    let execution = executions[stream.firstInstruction + current] + 1
    return stream.code[current].waits.first {
      !suffices(counters[$0.counter], for: execution, of: $0.amount)
    }?.counter
  }

  /// Runs a stream until it ends or waits; with `check`, one instruction of it. Returns whether it got
  /// anywhere.
  private func runStream(_ number: Int, _ check: MemoryCheck? = nil) throws(Diagnostics) -> Bool {
    let stream = plan.streams[number]
    var state = states[number]
    var hasMoved = false
    if case .gdpu = stream.unit { unitIsHalf = plan.globalUnitsAreHalf } else { unitIsHalf = false }
    while !state.hasEnded {
      let current = state.instruction
      let instruction = stream.code[current]
      let execution = stream.firstInstruction + current
      guard isReady(instruction, execution: executions[execution] + 1) else { break }
      hasMoved = true
      do throws(RunFault) {
        guard instruction.steps <= stepsLeft else {
          throw RunFault(
            "the \(plan.limits.steps / Limits.instruction) instructions that an inference may take are used "
              + "up: if the program ends at all, --max-instructions allows more")
        }
        stepsLeft -= instruction.steps
        try check?.follow(
          instruction.operation, state.iteration, at: (number, current), on: self)
        try step(instruction.operation, &state, runs: check?.runs ?? true)
      } catch {
        throw Diagnostics(
          plan.program.diagnostic(error.message, stream: number, instruction: current))
      }
      executions[execution] += 1
      if let advances = instruction.advances {
        counters[advances.counter] = counters[advances.counter].saturatingSum(advances.amount)
      }
      if check != nil { break }
    }
    states[number] = state
    return hasMoved
  }

  /// Whether an instruction could run for the first time.
  private func isReady(_ stream: Int, _ instruction: Int) -> Bool {
    isReady(plan.streams[stream].code[instruction], execution: 1)
  }

  /// Whether every counter that an instruction awaits suffices for its `execution`-th execution.
  private func isReady(_ instruction: PlannedInstruction, execution: Int) -> Bool {
    instruction.waits.allSatisfy { suffices(counters[$0.counter], for: execution, of: $0.amount) }
  }

  /// Goes on to the next instruction; `runs` tells whether elements are computed.
  private func step(
    _ operation: Operation, _ state: inout StreamState, runs: Bool
  ) throws(RunFault) {
    state.instruction += 1
    switch operation {
    case .end: state.hasEnded = true
    case .wait: break
    case .jump(let target): state.instruction = target
    case .branch(let target, let whenZero, let source):
      if try isZero(source, state.iteration) == whenZero { state.instruction = target }
    case .loop(let count, let end):
      if count == 0 {
        state.instruction = end + 1
      } else {
        guard state.loops.count < Self.maximumDepth else {
          throw RunFault("loops lie more than \(Self.maximumDepth) deep")
        }
        state.loops.append(
          StreamState.Loop(body: state.instruction, count: count, iteration: 0))
      }
    case .next:
      guard var loop = state.loops.popLast() else { throw RunFault("ends no loop") }
      loop.iteration += 1
      if loop.iteration < loop.count {
        state.instruction = loop.body
        state.loops.append(loop)
      }
    case _ where !runs: break
    case .mvm(let operation): try run(operation, iteration: state.iteration)
    case .affine(let operation): try run(operation, iteration: state.iteration)
    default: try runDigital(operation, state.iteration)
    }
  }

  private func isZero(_ source: Walk, _ iteration: Int) throws(RunFault) -> Bool {
    func isZero<Element: StoredElement>(_: Element.Type) throws(RunFault) -> Bool {
      var operand: Operand<Element> = try operand(source, iteration, scratch: 0)
      operand.select(0..<1)
      return operand.read().pointee == Element.fill(0)
    }
    return source.memory.isFloating ? try isZero(Float.self) : try isZero(Int64.self)
  }
}
