import Basics
import Chip
import Program
import Simulator
import TestSupport
import Testing

/// A program whose numbers were changed at random is refused, or runs, or fails with a diagnostic.
struct MutationTests {
  private static let values = [
    -1, 0, 1, 2, 3, 7, 8, 63, 64, 65, 127, 255, 256, 4095, 1 << 20, 1 << 28, 1 << 31, 1 << 32,
    1 << 40, .max, .min, .max - 1, -(1 << 31),
  ]

  private static func change(_ program: inout Program, _ numbers: inout SplitMix64) {
    let value = values[numbers.next(below: values.count)]
    func within(_ range: inout Range<Int>) {
      range =
        numbers.next(below: 2) == 0
        ? min(value, range.upperBound)..<range.upperBound
        : range.lowerBound..<max(range.lowerBound, value)
    }
    func pick<T>(_ array: [T]) -> Int { numbers.next(below: max(array.count, 1)) }
    switch numbers.next(below: 18) {
    case 0: program.descriptors[pick(program.descriptors)].base = value
    case 1: program.descriptors[pick(program.descriptors)].advance = value
    case 2: program.descriptors[pick(program.descriptors)].amount = value
    case 3: program.descriptors[pick(program.descriptors)].innerLoops = value
    case 4: within(&program.descriptors[pick(program.descriptors)].vectors)
    case 5: within(&program.descriptors[pick(program.descriptors)].elements)
    case 6:
      let index = pick(program.descriptors)
      let axis = pick(program.descriptors[index].axes)
      switch numbers.next(below: 3) {
      case 0: program.descriptors[index].axes[axis].origin = value
      case 1: program.descriptors[index].axes[axis].extent = value
      default: program.descriptors[index].axes[axis].stride = value
      }
    case 7:
      let index = pick(program.descriptors)
      let loop = pick(program.descriptors[index].loops)
      switch numbers.next(below: 3) {
      case 0: program.descriptors[index].loops[loop].count = value
      case 1: program.descriptors[index].loops[loop].axis = value
      default: program.descriptors[index].loops[loop].step = value
      }
    case 8: program.buffers[pick(program.buffers)].count = value
    case 9:
      program.buffers[pick(program.buffers)].element =
        ElementType.allCases[numbers.next(below: ElementType.allCases.count)]
    case 10: program.tiles[pick(program.tiles)].firstRow = value
    case 11: program.tiles[pick(program.tiles)].chip = value
    case 12:
      let stream = pick(program.streams)
      let index = pick(program.streams[stream].code)
      let opcodes = Opcode.allCases
      program.streams[stream].code[index].opcode = opcodes[numbers.next(below: opcodes.count)]
    case 13, 14:
      let stream = pick(program.streams)
      let index = pick(program.streams[stream].code)
      guard !program.streams[stream].code[index].operands.isEmpty else { return }
      let operand = pick(program.streams[stream].code[index].operands)
      program.streams[stream].code[index].operands[operand] = UInt32(truncatingIfNeeded: value)
    case 15:
      let stream = pick(program.streams)
      program.streams[stream].code[pick(program.streams[stream].code)].function =
        UInt8(truncatingIfNeeded: value)
    case 16: within(&program.blocks[pick(program.blocks)].rows)
    default:
      program.descriptors[pick(program.descriptors)].buffer = BufferID(numbers.next(below: 40))
    }
  }

  @Test(arguments: [Fidelity.ideal, .quantized])
  func neverCrashes(fidelity: Fidelity) throws {
    var numbers = SplitMix64(seed: 5)
    let good = digitNetwork(replicas: 2)
    let image = Tensor(numbers.floats(3 * 784), shape: [3, 28, 28])
    var counts = (refused: 0, failed: 0, run: 0)
    for _ in 0..<4000 {
      var program = good
      for _ in 0...numbers.next(below: 3) { Self.change(&program, &numbers) }
      do {
        let simulation = try Simulation(
          program, fidelity: fidelity, limits: Limits(memory: 1 << 28, steps: 1 << 22))
        do {
          _ = try simulation.run([image])
          counts.run += 1
        } catch {
          #expect((error as? Diagnostics)?.hasErrors == true)
          counts.failed += 1
        }
      } catch {
        #expect((error as? Diagnostics)?.hasErrors == true)
        counts.refused += 1
      }
    }
    #expect(counts.refused > 300 && counts.failed > 0 && counts.run > 100, "\(counts)")
  }
}
