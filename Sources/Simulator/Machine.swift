import Basics
import CCrossbar
import Glibc
import Program

/// What went wrong while an instruction ran, without its place.
struct RunFault: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// The state of a program that runs a few inferences, its lanes, at once.
///
/// Used by one thread at a time.
final class Machine {
  /// The elements of a scratch memory: what a digital instruction works on at a time.
  static let chunk = 2048

  let plan: Plan
  /// What the crossbars hold, and what the LDPUs have loaded.
  let crossbars: [ProgrammedBlock]
  let affines: [LoadedAffine]
  /// What circuits add, by crossbar; empty for nothing.
  let circuits: [CrossbarCircuit]
  /// The number of the first of the inferences that run now.
  private(set) var firstInference = 0
  /// The vectors that each crossbar has multiplied in them.
  var vectorCounts: [Int]
  /// The number of inferences that run together now.
  private(set) var lanes = 1
  let floats: UnsafeMutablePointer<Float>
  let integers: UnsafeMutablePointer<Int64>
  /// What `floats` and `integers` lie in.
  private let memories: (floats: OwnedMemory, integers: OwnedMemory)
  let floatScratch: UnsafeMutablePointer<Float>
  let integerScratch: UnsafeMutablePointer<Int64>
  let panel: Panel
  /// The rows of what operands have selected.
  let rows: UnsafeMutablePointer<Walk.Row>
  /// The loops for this processor.
  let kernels = crossbar_kernels_here().pointee
  var statistics: Statistics
  /// Whether the unit that runs now rounds to f16.
  var unitIsHalf = false

  private var interpreter: Interpreter
  private var stepsLeft = 0
  private let capacity: Int

  /// Creates a machine of at most `capacity` lanes.
  init(_ simulation: Simulation, capacity: Int) {
    let plan = simulation.plan
    self.plan = plan
    crossbars = simulation.crossbars
    affines = simulation.affines
    circuits = simulation.circuits
    vectorCounts = Array(repeating: 0, count: circuits.count)
    self.capacity = capacity
    memories = (
      OwnedMemory(count: max(plan.floatCount * capacity, 1) * MemoryLayout<Float>.stride),
      OwnedMemory(count: max(plan.integerCount * capacity, 1) * MemoryLayout<Int64>.stride)
    )
    floats = memories.floats.elements(of: Float.self)
    integers = memories.integers.elements(of: Int64.self)
    floatScratch = .allocate(capacity: 3 * Self.chunk)
    floatScratch.initialize(repeating: 0, count: 3 * Self.chunk)
    integerScratch = .allocate(capacity: 4 * Self.chunk)
    integerScratch.initialize(repeating: 0, count: 4 * Self.chunk)
    rows = .allocate(capacity: 4 * Self.chunk)
    // An LDPU works on three groups of lines, in the inputs and others.
    panel = Panel(
      rows: plan.crossbars.reduce(2 * Panel.group) { max($0, $1.rows) },
      columns: plan.crossbars.reduce(1) { max($0, $1.columns) },
      planes: plan.effects.isDisjoint(with: .ofCircuits) ? 2 : 4)
    statistics = Statistics(tileCount: plan.program.tiles.count)
    interpreter = Interpreter(plan.flow)
  }

  deinit {
    floatScratch.deallocate()
    integerScratch.deallocate()
    rows.deallocate()
    panel.deallocate()
  }

  /// Clears all memories and counters for `lanes` new inferences, of which the first has this number;
  /// memories hold `unwritten` then.
  func reset(lanes: Int, firstInference: Int, unwritten: (float: Float, integer: Int64) = (0, 0)) {
    precondition(lanes <= capacity)
    self.lanes = lanes
    if unwritten == (0, 0) {
      // Faster than a loop over elements.
      memset(floats, 0, plan.floatCount * lanes * MemoryLayout<Float>.stride)
      memset(integers, 0, plan.integerCount * lanes * MemoryLayout<Int64>.stride)
    } else {
      floats.initialize(repeating: unwritten.float, count: plan.floatCount * lanes)
      integers.initialize(repeating: unwritten.integer, count: plan.integerCount * lanes)
    }
    self.firstInference = firstInference
    for i in vectorCounts.indices { vectorCounts[i] = 0 }
    interpreter.reset()
    stepsLeft = plan.limits.steps
    statistics.inferences += lanes
  }

  /// A walk as iteration `iteration` of a loop takes it.
  func operand<Element: StoredElement>(
    _ walk: Walk, _ iteration: Int, scratch: Int
  ) -> Operand<Element> {
    Operand(walk, base: base(of: walk, iteration), scratch: scratch, machine: self)
  }

  /// The element at which a walk starts in iteration `iteration` of a loop.
  func base(of walk: Walk, _ iteration: Int) -> Int { walk.base + walk.advance * iteration }
}

extension Machine {
  /// Runs all streams to their ends, or until all of `goals`, if there are any, could run.
  ///
  /// Throws `Diagnostics` if an instruction fails, or if all streams wait.
  func run(until goals: [(stream: Int, instruction: Int)] = []) throws(Diagnostics) {
    var executor = MachineExecutor(machine: self, check: nil)
    try interpreter.run(&executor, until: goals)
  }

  /// Runs all streams, as far as they come, in an order that brings readers forward, with `check`. Returns
  /// whether all have ended.
  func run(_ order: Interpreter.Order, _ check: MemoryCheck) throws(Diagnostics) -> Bool {
    var executor = MachineExecutor(machine: self, check: check)
    return try interpreter.run(&executor, readersFirst: order)
  }

  /// Takes the steps of an instruction from those that are left.
  fileprivate func count(_ steps: Int) throws(RunFault) {
    guard steps <= stepsLeft else {
      throw RunFault(
        "the \(plan.limits.steps / Limits.instruction) instructions that an inference may take are used "
          + "up: if the program ends at all, --max-instructions allows more")
    }
    stepsLeft -= steps
  }

  /// Whether the one element of a walk is 0.
  fileprivate func isZero(_ source: Walk, _ iteration: Int) -> Bool {
    func isZero<Element: StoredElement>(_: Element.Type) -> Bool {
      var operand: Operand<Element> = operand(source, iteration, scratch: 0)
      operand.select(0..<1)
      return operand.read().pointee == Element.fill(0)
    }
    return source.memory.isFloating ? isZero(Float.self) : isZero(Int64.self)
  }
}

/// Does to the memories of a machine what instructions say.
private struct MachineExecutor: Executor {
  let machine: Machine
  /// What follows what is read and written; `nil` for nothing.
  let check: MemoryCheck?

  func execute(stream: Int, instruction: Int, iteration: Int) throws(Diagnostics) -> Bool {
    let planned = machine.plan.streams[stream].code[instruction]
    machine.unitIsHalf = machine.plan.streams[stream].isHalf
    do throws(RunFault) {
      try machine.count(planned.steps)
      try check?.follow(planned.operation, iteration, at: (stream, instruction), on: machine)
      switch planned.operation {
      case .control, .wait: return false
      case .branch(let whenZero, let source):
        return machine.isZero(source, iteration) == whenZero
      case _ where check?.runs == false: return false
      case .mvm(let operation): machine.run(operation, iteration: iteration)
      case .affine(let operation): machine.run(operation, iteration: iteration)
      default: try machine.runDigital(planned.operation, iteration)
      }
      return false
    } catch {
      throw Diagnostics(
        machine.plan.program.diagnostic(error.message, stream: stream, instruction: instruction))
    }
  }
}
