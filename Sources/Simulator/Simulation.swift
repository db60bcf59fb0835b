import Basics
import Device
import Glibc
import Program
import Synchronization

/// A tile program that is ready to run, any number of times and from several threads.
///
/// Specs/numerics.md says to the bit what an instruction computes.
public struct Simulation: Sendable {
  /// How to run; only the number of the first inference can change a result.
  public struct Options: Sendable {
    /// The inferences that run together, at most 64; `nil` chooses.
    public var lanes: Int?
    /// The threads; `nil` takes one for each processor.
    public var threads: Int?
    /// The number of the first inference, from which noise that is drawn for every vector follows.
    public var firstInference = 0
    /// The buffers whose contents after each inference are wanted as well.
    public var recorded: [BufferID] = []
    /// The instructions before which an inference ends, as soon as all of them could run; none for whole
    /// inferences.
    var goals: [(stream: Int, instruction: Int)] = []

    /// Creates the usual options.
    public init() {}
  }

  /// What a run gave.
  public struct Results: Sendable {
    /// The outputs of the program, in its order. Several inferences lie along the first dimension
    /// as they did in the inputs.
    public let outputs: [Tensor]
    /// The contents of the recorded buffers, [inferences, elements] each. Of columns, which count
    /// each polarity on its own in `quantized`, [inferences, 2, elements]: positive, negative.
    public let recorded: [Tensor]
    /// What was counted.
    public let statistics: Statistics
  }

  /// The program.
  public var program: Program { plan.program }
  /// How true to the chip it is.
  public let fidelity: Fidelity
  let plan: Plan
  /// What the circuits of each crossbar do, by `Multiplication.crossbar`; empty if they add nothing.
  let circuits: [CrossbarCircuit]
  /// What the crossbars hold, by `Multiplication.crossbar`.
  let crossbars: [ProgrammedBlock]
  /// What the LDPUs have loaded, by `LocalOperation.number`.
  let affines: [LoadedAffine]

  /// Programs the conductances of `program` into simulated crossbars.
  ///
  /// Throws `Diagnostics` as `ProgrammedChip` does, and with every figure that is too large for the precision of a
  /// unit.
  public init(_ program: ValidProgram, fidelity: Fidelity, limits: Limits = .none) throws {
    let chip = try ProgrammedChip(program, fidelity: fidelity, limits: limits)
    self = try chip.simulation(at: fidelity.devices?.time ?? 0)
  }

  /// A plan whose crossbars hold `crossbars`, and whose LDPUs have loaded `affines`.
  init(
    _ plan: Plan, fidelity: Fidelity, epoch: Epoch, crossbars: [ProgrammedBlock],
    affines: [LoadedAffine]
  ) {
    self.plan = plan
    circuits = CrossbarCircuit.all(of: plan, fidelity, epoch)
    self.fidelity = fidelity
    self.crossbars = crossbars
    self.affines = affines
  }

  /// Runs the inferences that `inputs`, one tensor for each input of the program, hold.
  ///
  /// A tensor has the shape of its port, or k times its first dimension, or a further one of k in
  /// front, for k inferences. Elements of another type are converted if that loses nothing.
  /// `observe` is told now and then, on the thread that calls, how many inferences are done; no more begin if it throws.
  /// Throws `Diagnostics` if an input does not fit, or if the program fails on an inference, and what `observe` throws.
  public func run(
    _ inputs: [Tensor], options: Options = Options(), observe: (Int) throws -> Void = { _ in }
  ) throws -> Results {
    let batch = try Batch(inputs, for: program)
    for buffer in options.recorded where !plan.memories.indices.contains(buffer.index) {
      throw Diagnostics(Diagnostic(.error, "the program has no buffer \(buffer.index) to record"))
    }
    let room = try roomForLanes(batch, options)
    let threads = max(
      min(options.threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)), batch.count, room), 1)
    let lanes = laneCount(batch, options, threads, room: room)
    let records =
      program.outputs.map { Record(plan.memories[$0.buffer.index], batch.count) }
      + options.recorded.map { Record(plan.memories[$0.index], batch.count) }

    let queue = Mutex(Queue(count: batch.count, lanes: lanes, plan: plan))
    let caller = pthread_self()
    onThreads(threads) { _ in
      let machine = Machine(self, capacity: lanes)
      let observes = pthread_equal(caller, pthread_self()) != 0
      while let inferences = queue.withLock({ $0.next() }) {
        do throws(Diagnostics) {
          try run(inputs, inferences, options, on: machine)
        } catch {
          queue.withLock { $0.fail(inferences, error) }
          continue
        }
        for record in records { record.collect(inferences, from: machine) }
        let done = queue.withLock { $0.finish(inferences) }
        guard observes else { continue }
        do { try observe(done) } catch { queue.withLock { $0.stop = error } }
      }
      queue.withLock { $0.statistics.add(machine.statistics) }
    }
    let (failure, stop, statistics) = queue.withLock { ($0.failure, $0.stop, $0.statistics) }
    if let failure { throw failure }
    if let stop { throw stop }
    try observe(batch.count)
    let tensors = records.map(\.tensor)
    let outputs = zip(program.outputs, tensors).map { port, tensor in
      tensor.reshaped(batch.shape(of: port.shape))
    }
    return Results(
      outputs: outputs, recorded: Array(tensors.dropFirst(outputs.count)), statistics: statistics)
  }

  private func run(
    _ inputs: [Tensor], _ inferences: Range<Int>, _ options: Options, on machine: Machine
  ) throws(Diagnostics) {
    machine.reset(
      lanes: inferences.count, firstInference: options.firstInference &+ inferences.lowerBound)
    load(inputs, inferences, into: machine)
    try machine.run(until: options.goals)
  }

  /// Puts the inputs of some inferences into the memories of `machine`.
  func load(_ inputs: [Tensor], _ inferences: Range<Int>, into machine: Machine) {
    for (port, tensor) in zip(program.inputs, inputs) {
      let memory = plan.memories[port.buffer.index]
      let offset = memory.offset * machine.lanes
      if memory.isFloating {
        let target = machine.floats + offset
        spread(tensor, inferences: inferences, elementCount: memory.count, into: target)
      } else {
        let target = machine.integers + offset
        spread(tensor, inferences: inferences, elementCount: memory.count, into: target)
      }
    }
  }

  /// How many inferences have room for memories of their own beside what is kept of all of them.
  ///
  /// Throws `Diagnostics` if that alone is more than there may be.
  private func roomForLanes(_ batch: Batch, _ options: Options) throws -> Int {
    // How many inferences there are the user's data say; what is kept of each is the program's.
    let count = min(batch.count, 1024)
    var kept = SizeSum()
    for buffer in program.outputs.map(\.buffer) + options.recorded {
      let memory = plan.memories[buffer.index]
      kept.add(count, memory.count, memory.planes, memory.element.byteCount)
    }
    try plan.limits.requireMemory(
      kept.bytes, for: "what is kept of \(count) inferences")
    return (plan.limits.memory - kept.bytes) / max(plan.bytesPerLane, 1)
  }

  /// As many lanes as keep the memories of a thread small, all threads at work, and together within `room`.
  private func laneCount(
    _ batch: Batch, _ options: Options, _ threads: Int, room: Int
  ) -> Int {
    if plan.hasBranches { return 1 }
    let share = (batch.count + threads - 1) / threads
    if let lanes = options.lanes { return max(1, min(lanes, Panel.width, share)) }
    var lanes = Panel.width
    while lanes > 1, lanes * plan.bytesPerLane > 16 << 20 || lanes * threads > room { lanes /= 2 }
    return max(1, min(lanes, share))
  }
}

/// The inferences that are still to run, and what came of the others.
private struct Queue {
  private let count: Int
  private let lanes: Int
  private var start = 0
  private var done = 0
  private var failed: Int?
  private(set) var failure: Diagnostics?
  /// What an observer threw.
  var stop: (any Error)?
  var statistics: Statistics

  init(count: Int, lanes: Int, plan: Plan) {
    self.count = count
    self.lanes = lanes
    statistics = Statistics(tileCount: plan.program.tiles.count)
  }

  /// The next inferences; `nil` if there are none, or if an earlier one failed.
  mutating func next() -> Range<Int>? {
    guard start < count, failed == nil, stop == nil else { return nil }
    let inferences = start..<min(start + lanes, count)
    start = inferences.upperBound
    return inferences
  }

  /// Notes that `inferences` are done, too, and returns how many are.
  mutating func finish(_ inferences: Range<Int>) -> Int {
    done += inferences.count
    return done
  }

  /// Notes a failure; that of the first inferences counts, whichever thread is faster.
  mutating func fail(_ inferences: Range<Int>, _ error: Diagnostics) {
    if inferences.lowerBound < failed ?? count {
      failed = inferences.lowerBound
      failure = error
    }
  }
}

/// The contents of a memory after each inference; threads write parts that do not overlap.
private final class Record: @unchecked Sendable {
  let memory: Memory
  let count: Int
  /// What becomes the tensor, and its memory, which is written until then.
  private let content: Bytes
  private let bytes: UnsafeMutableRawBufferPointer

  init(_ memory: Memory, _ count: Int) {
    self.memory = memory
    self.count = count
    let size = count * memory.count * memory.planes * memory.element.byteCount
    var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    content = Bytes(writing: size) { bytes = $0 }
    self.bytes = bytes
  }

  /// Copies what `machine` holds after `inferences`.
  func collect(_ inferences: Range<Int>, from machine: Machine) {
    let elementCount = memory.count * memory.planes
    let size = elementCount * memory.element.byteCount
    guard size > 0, let first = bytes.baseAddress else { return }
    let target = first + inferences.lowerBound * size
    if memory.isFloating {
      collect(machine, Float.self) {
        Simulator.collect(
          $0, lanes: $1, elementCount: elementCount, as: memory.element, into: target)
      }
    } else {
      collect(machine, Int64.self) {
        Simulator.collect(
          $0, lanes: $1, elementCount: elementCount, as: memory.element, into: target)
      }
    }
    // What all lanes share is one lane.
    if memory.isShared {
      for lane in 1..<max(inferences.count, 1) {
        (target + lane * size).copyMemory(from: target, byteCount: size)
      }
    }
  }

  /// Calls `body` with the memory and the number of its lanes.
  private func collect<Element: StoredElement>(
    _ machine: Machine, _: Element.Type, _ body: (UnsafePointer<Element>, Int) -> Void
  ) {
    let lanes = machine.lanes
    if memory.isShared {
      body(Element.constants(of: machine.plan) + memory.offset, 1)
      return
    }
    let kept = Element.arena(of: machine) + memory.offset * lanes
    guard memory.vectorSize > 1 else { return body(kept, lanes) }
    let size = memory.count * memory.planes * lanes
    withUnsafeTemporaryAllocation(of: Element.self, capacity: size) { elements in
      for place in 0..<memory.count * memory.planes {
        let (plane, own) = place.quotientAndRemainder(dividingBy: memory.count)
        let element = plane * memory.count + memory.element(at: own)
        (elements.baseAddress! + element * lanes).initialize(
          from: kept + place * lanes, count: lanes)
      }
      body(elements.baseAddress!, lanes)
    }
  }

  var tensor: Tensor {
    let shape = memory.planes == 1 ? [count, memory.count] : [count, memory.planes, memory.count]
    return Tensor(type: memory.element, shape: shape, bytes: content)
  }
}
