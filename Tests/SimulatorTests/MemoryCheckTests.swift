import Basics
import Chip
import Program
import Simulator
import TestSupport
import Testing

/// What is read before it is written is found, whatever the order of the units.
struct MemoryCheckTests {
  private static func faults(of program: Program, _ inputs: [Tensor]) -> String {
    do {
      try Simulation(program, fidelity: .quantized).checkMemory(inputs)
      return ""
    } catch {
      return "\(error)"
    }
  }

  private static var image: Tensor {
    var numbers = SplitMix64(seed: 3)
    return Tensor(numbers.floats(784), shape: [1, 28, 28])
  }

  /// With any wait of a sound program lowered, or left out, something may be read too early.
  @Test func loweredWaits() throws {
    let program = digitNetwork(replicas: 4)
    #expect(Self.faults(of: program, [Self.image]) == "")
    var read = Set<Int>()
    for instruction in program.streams.flatMap(\.code) {
      for (kind, operand) in zip(instruction.opcode.row.operands, instruction.operands)
      where [.source, .optionalSource].contains(kind) && operand != Instruction.none {
        read.insert(Int(operand))
      }
    }
    // Inputs are there from the beginning, whatever waits for them.
    let inputs = Set(program.inputs.map(\.buffer))
    let awaited = read.sorted().filter {
      program.descriptors[$0].counter != nil && !inputs.contains(program.descriptors[$0].buffer)
    }
    #expect(awaited.count > 8)
    var dropped = 0
    for index in awaited {
      var early = program
      if early.descriptors[index].amount > 1 {
        early.descriptors[index].amount -= 1
        #expect(Self.faults(of: early, [Self.image]).contains("before anything has written it"))
      }
      early.descriptors[index].counter = nil
      early.descriptors[index].amount = 0
      // A descriptor through which the writer advances the counter, too, has to keep it.
      guard (try? ValidProgram(early)) != nil else { continue }
      dropped += 1
      let faults = Self.faults(of: early, [Self.image])
      let name = early.buffers[early.descriptors[index].buffer.index].name
      #expect(faults.contains("of buffer \"\(name)\" before anything has written it"))
    }
    #expect(dropped > 0)
  }

  @Test func elementsThatNothingWrites() {
    var builder = ProgramBuilder()
    let x = builder.buffer("x", 4)
    let y = builder.output("y", [4])
    builder.add(.fill, builder.dense(x, [3], inner: 0), immediates: [1])
    builder.add(.copy, builder.dense(y, [4], inner: 0), builder.dense(x, [4], inner: 0))
    #expect(
      Self.faults(of: builder.finished(), []).contains(
        "the host, instruction 1 (copy): may read element 3 of buffer \"x\" before anything has "
          + "written it"))
  }

  @Test func outputsAreWhole() {
    var builder = ProgramBuilder()
    let y = builder.output("y", [4])
    builder.add(.fill, builder.dense(y, [3], inner: 0), immediates: [1])
    #expect(
      Self.faults(of: builder.finished(), []).contains(
        "nothing writes 1 of the 4 elements of output \"y\""))
  }

  /// Of a table, only what an index chooses is read.
  @Test(arguments: [false, true]) func chosenElements(beyond: Bool) {
    var builder = ProgramBuilder()
    let table = builder.buffer("table", 4)
    let index = builder.constant("index", [0, beyond ? 3 : 2] as [Int64])
    let y = builder.output("y", [2])
    builder.add(.fill, builder.dense(table, [3], inner: 0), immediates: [1])
    builder.add(
      .gather, builder.dense(y, [2], inner: 0), builder.dense(table, [4], inner: 0),
      builder.dense(index, [2], inner: 0))
    let faults = Self.faults(of: builder.finished(), [])
    #expect(faults.contains("element 3 of buffer \"table\"") == beyond)
    #expect(beyond || faults == "")
  }
}
