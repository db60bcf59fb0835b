import Basics
import Program

/// The memory and time that a program may take. A program may come from anybody, and a few bytes of
/// it can ask for terabytes and years.
public struct Limits: Hashable, Sendable {
  /// The most bytes of each thing whose size the program sets: its memories, the tables of its
  /// walks, its crossbars, and the outputs kept.
  public var memory: Int
  /// The most steps of an inference: `instruction` for each instruction that runs, and one for each
  /// element that it processes.
  public var steps: Int

  /// The steps that an instruction counts as, since it takes about as long as so many elements.
  public static let instruction = 1024

  /// Limits of so many bytes and so many steps.
  public init(memory: Int, steps: Int) {
    self.memory = memory
    self.steps = steps
  }

  /// As much as the program asks for.
  public static let none = Limits(memory: .max, steps: .max)

  /// Throws `Diagnostics` if an inference takes more than it may.
  func requireSteps(_ steps: Int) throws {
    guard steps > self.steps else { return }
    throw Diagnostics(
      Diagnostic(
        .error,
        "an inference takes \(steps / Self.instruction) instructions, every \(Self.instruction) elements "
          + "counting as one",
        supported: "up to \(self.steps / Self.instruction)",
        help: "give --max-instructions to allow more"))
  }

  /// Throws `Diagnostics` if `bytes` are more than there may be.
  func requireMemory(_ bytes: Int, for what: String) throws {
    guard bytes > memory else { return }
    throw Diagnostics(
      Diagnostic(
        .error, "the program takes \(bytes == .max ? "2⁶³" : "\(bytes)") bytes for \(what)",
        supported: "up to \(memory)", help: "give --max-memory to allow more"))
  }
}

extension Limits {
  /// Throws `Diagnostics` if an inference of `program`, or its clock, takes more than it may.
  func requireClock(of program: ValidProgram) throws {
    guard self != .none else { return }
    var planner = Planner(program, fidelity: .ideal, limits: self)
    try planner.checkClock()
  }
}

/// A sum of sizes that stays at the largest number where it would be larger.
struct SizeSum {
  private(set) var bytes = 0

  /// Adds the product of `factors`, none of which is negative.
  mutating func add(_ factors: Int...) {
    bytes = bytes.saturatingSum(factors.reduce(1) { $0.saturatingProduct($1) })
  }
}

extension Operation {
  /// The steps of one execution, in the same unit for all operations: an element of a digital unit.
  var steps: Int {
    var sum = SizeSum()
    sum.add(Limits.instruction)
    switch self {
    case .control: break
    case .branch: sum.add(1)
    case .wait(let walk): sum.add(walk.count)
    case .mvm(let operation):
      // Products run many elements at a time.
      let (rows, columns) = (operation.source.elementCount, operation.target.elementCount)
      sum.add(operation.source.count, rows + columns)
      sum.add(operation.source.count, rows, (columns + 31) / 32)
    case .affine(let operation): sum.add(operation.columns.count, operation.columns.elementCount)
    case .fill(let target, _): sum.add(target.count)
    case .copy(let target, _), .cast(let target, _), .map(_, _, _, let target, _),
      .zip(_, let target, _, _), .select(let target, _, _, _):
      sum.add(target.count)
    case .reduce(_, _, let source), .contract(_, let source, _):
      sum.add(source.count, max(source.elementCount, 1))
    case .gather(let target, _, _): sum.add(target.count, max(target.elementCount, 1))
    case .scatter(_, _, let source, _): sum.add(source.count, max(source.elementCount, 1))
    case .sort(_, _, let source):
      let depth = Int.bitWidth - max(source.elementCount - 1, 1).leadingZeroBitCount
      sum.add(source.count, max(source.elementCount, 1), depth)
    }
    return sum.bytes
  }
}

extension Planner {
  /// The bytes that the clock keeps of the program: when elements are there, and where walks go.
  func clockMemory() -> Int {
    var sum = SizeSum()
    for buffer in program.buffers { sum.add(buffer.count, MemoryLayout<Float>.size) }
    var most = 0
    var walked = Set<Int>()
    for stream in program.streams {
      var elementBytes = 4
      if case .gdpu = stream.unit { elementBytes = 24 }
      for instruction in stream.code {
        let (sources, destination) = instruction.accesses
        var times = SizeSum()
        for index in sources + (destination.map { [$0] } ?? []) {
          let descriptor = program.descriptors[index]
          if walked.insert(index).inserted { sum.add(PlaceWalk.tableSize(of: descriptor)) }
          times.add(descriptor.vectors.count, 16)
          times.add(descriptor.vectors.count, max(descriptor.elements.count, 1), elementBytes)
        }
        most = max(most, times.bytes)
      }
    }
    sum.add(most)
    return sum.bytes
  }
}
