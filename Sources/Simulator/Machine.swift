import Basics
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
  let floatScratch: UnsafeMutablePointer<Float>
  let integerScratch: UnsafeMutablePointer<Int64>
  let panel: Panel
  var statistics: Statistics
  /// Whether the unit that runs now rounds to f16.
  var unitIsHalf = false

  // The state of the streams and counters, which the scheduler keeps.
  var counters: [Int]
  var executions: [Int]
  var states: [StreamState]
  var stepsLeft = 0
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
    floats = .allocate(capacity: max(plan.floatCount * capacity, 1))
    integers = .allocate(capacity: max(plan.integerCount * capacity, 1))
    floatScratch = .allocate(capacity: 3 * Self.chunk)
    floatScratch.initialize(repeating: 0, count: 3 * Self.chunk)
    integerScratch = .allocate(capacity: 4 * Self.chunk)
    integerScratch.initialize(repeating: 0, count: 4 * Self.chunk)
    // An LDPU works on three groups of lines, in the inputs.
    panel = Panel(
      rows: plan.crossbars.reduce(Panel.group) { max($0, $1.rows) },
      columns: plan.crossbars.reduce(1) { max($0, $1.columns) },
      planes: plan.effects.isDisjoint(with: .ofCircuits) ? 2 : 4)
    statistics = Statistics(tileCount: plan.program.tiles.count)
    counters = Array(repeating: 0, count: plan.program.counterCount)
    executions = Array(repeating: 0, count: plan.instructionCount)
    states = []
  }

  deinit {
    floats.deallocate()
    integers.deallocate()
    floatScratch.deallocate()
    integerScratch.deallocate()
    panel.deallocate()
  }

  /// Clears all memories and counters for `lanes` new inferences, of which the first has this number;
  /// memories hold `unwritten` then.
  func reset(lanes: Int, firstInference: Int, unwritten: (float: Float, integer: Int64) = (0, 0)) {
    precondition(lanes <= capacity)
    self.lanes = lanes
    floats.initialize(repeating: unwritten.float, count: plan.floatCount * lanes)
    integers.initialize(repeating: unwritten.integer, count: plan.integerCount * lanes)
    self.firstInference = firstInference
    for i in vectorCounts.indices { vectorCounts[i] = 0 }
    for i in counters.indices { counters[i] = 0 }
    for i in executions.indices { executions[i] = 0 }
    states = plan.streams.map { _ in StreamState() }
    stepsLeft = plan.limits.steps
    statistics.inferences += lanes
  }

  /// A walk as iteration `iteration` of a loop takes it.
  func operand<Element: StoredElement>(
    _ walk: Walk, _ iteration: Int, scratch: Int
  ) throws(RunFault) -> Operand<Element> {
    Operand(walk, base: try base(of: walk, iteration), scratch: scratch, machine: self)
  }

  /// The element at which a walk starts in iteration `iteration` of a loop.
  func base(of walk: Walk, _ iteration: Int) throws(RunFault) -> Int {
    if walk.advance == 0 { return walk.base }
    let (distance, overflows) = walk.advance.multipliedReportingOverflow(by: iteration)
    let (base, exceeds) = walk.base.addingReportingOverflow(distance)
    guard !overflows, !exceeds, walk.fits(at: base) else {
      throw RunFault(
        "iteration \(iteration) leaves buffer "
          + "\"\(plan.program.buffers[walk.memory.id.index].name)\"")
    }
    return base
  }
}
