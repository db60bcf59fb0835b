import Basics
import Program

/// Where the streams of a program go, and what they wait for: its code but for what that does to elements.
struct StreamFlow: Sendable {
  /// Where a stream goes behind an instruction.
  enum Move: Sendable {
    case on, end
    case jump(Int)
    /// To an instruction, if the branch is taken.
    case branch(Int)
    case loop(count: Int)
    /// To the body of the innermost loop, until that has run often enough.
    case next
  }

  /// A counter, and by how much it is awaited or advanced.
  struct Count: Sendable {
    let counter: Int
    let amount: Int
  }

  /// An instruction.
  struct Step: Sendable {
    let move: Move
    /// What each execution waits for, as a part of `waits`.
    let waits: Range<Int>
    /// What each execution advances.
    let advances: Count?
    /// How often an inference runs it, unless jumps leave it out or come back to it.
    let times: Int
  }

  /// The program.
  let program: Program
  /// The instructions of each stream.
  let streams: [[Step]]
  /// What instructions wait for, one after the other.
  let waits: [Count]
  /// The number of instructions of the streams before each.
  let firsts: [Int]
  /// The number of all instructions.
  let count: Int

  init(_ valid: ValidProgram) {
    let program = valid.program
    var streams: [[Step]] = []
    var waits: [Count] = []
    var firsts: [Int] = []
    var count = 0
    for stream in program.streams {
      var times = [1]
      var steps: [Step] = []
      steps.reserveCapacity(stream.code.count)
      for instruction in stream.code {
        let accesses = instruction.accesses
        let start = waits.count
        for index in accesses.sources {
          if let awaited = Self.count(of: program.descriptors[index]) { waits.append(awaited) }
        }
        let move = Self.move(of: instruction)
        steps.append(
          Step(
            move: move, waits: start..<waits.count,
            advances: accesses.destination.flatMap { Self.count(of: program.descriptors[$0]) },
            times: times[times.count - 1]))
        switch move {
        case .loop(let count): times.append(times[times.count - 1].saturatingProduct(count))
        case .next: times.removeLast()
        default: break
        }
      }
      streams.append(steps)
      firsts.append(count)
      count += steps.count
    }
    self.program = program
    self.streams = streams
    self.waits = waits
    self.firsts = firsts
    self.count = count
  }

  private static func count(of descriptor: Descriptor) -> Count? {
    descriptor.counter.map { Count(counter: $0.index, amount: descriptor.amount) }
  }

  private static func move(of instruction: Instruction) -> Move {
    switch instruction.opcode {
    case .end: .end
    case .jump: .jump(Int(instruction.operands[0]))
    case .branch: .branch(Int(instruction.operands[0]))
    case .loop: .loop(count: Int(instruction.operands[0]))
    case .next: .next
    default: .on
    }
  }
}
