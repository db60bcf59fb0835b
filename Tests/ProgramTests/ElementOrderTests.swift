import Chip
import Program
import TestSupport
import Testing

/// Walks through one memory, against all pairs of positions.
struct ElementOrderTests {
  private static let tiny = Result { try Chip.named("tiny") }

  /// A program with one memory and two walks through it, and an instruction of them.
  private struct Case {
    var program: Program
    var instruction: Instruction
    var trips: Int

    init(_ random: inout SplitMix64, _ opcode: Opcode) throws {
      func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
      func walk(like other: Descriptor? = nil) -> Descriptor {
        if var other, below(3) == 0 {
          other.base += below(3)
          return other
        }
        let axes = (0..<1 + below(3)).map { _ in
          Descriptor.Axis(origin: below(4) - 1, extent: 1 + below(4), stride: below(7) - 2)
        }
        let loops = (0..<below(4)).map { _ in
          Descriptor.Loop(count: 1 + below(3), axis: below(axes.count), step: below(4) - 1)
        }
        var walk = Descriptor(
          buffer: BufferID(0), base: 100 + below(12), advance: below(4) == 0 ? below(7) - 3 : 0,
          axes: axes, loops: loops, innerLoops: below(loops.count + 1))
        if walk.vectors.count > 1 && below(4) == 0 { walk.vectors = 1..<walk.vectors.count }
        return walk
      }
      program = Program(
        network: "", compiler: "", chip: try ElementOrderTests.tiny.get(), chipCount: 1)
      program.buffers = [
        Buffer(name: "x", space: .host, element: .f32, count: 200, capacity: 200, constant: nil)
      ]
      let first = walk()
      program.descriptors = [first, walk(like: first)]
      instruction = Instruction(opcode, operands: [0, 1])
      trips = 1 + below(4)
    }

    /// Whether an element is read, and written at another position if `inPlace`.
    func meets(inPlace: Bool) -> Bool {
      let (written, read) = (program.descriptors[0], program.descriptors[1])
      return (0..<trips).contains { iteration in
        let all = [written, read].map { walk in
          walk.vectors.flatMap { walk.addresses(ofVector: $0) }
            .map { $0.map { $0 + iteration * walk.advance } }
        }
        return all[1].enumerated().contains { position, place in
          place != nil
            && all[0].enumerated().contains { $1 == place && !(inPlace && $0 == position) }
        }
      }
    }
  }

  @Test func pairsOfPositions() throws {
    var random = SplitMix64(seed: 11)
    var found = [0, 0]
    for number in 0..<20_000 {
      let opcode: Opcode = number % 2 == 0 ? .copy : .reduce
      let test = try Case(&random, opcode)
      var order = ElementOrder(test.program, elements: .max, bytes: .max)
      let fault = try order.fault(of: test.instruction, trips: test.trips)
      let meets = test.meets(inPlace: opcode == .copy)
      #expect((fault != nil) == meets, "\(number): \(test.program.descriptors)")
      found[meets ? 1 : 0] += 1
    }
    #expect(found.allSatisfy { $0 > 1000 }, "\(found)")
  }

  @Test func placesAreThoseOfVectors() throws {
    var random = SplitMix64(seed: 12)
    for _ in 0..<2000 {
      let walk = try Case(&random, .copy).program.descriptors[0]
      #expect(Array(walk.places) == walk.vectors.flatMap { walk.addresses(ofVector: $0) })
      let places = walk.places.compactMap { $0 }
      if walk.isMixedRadix {
        #expect(Set(places).count == walk.count)
      }
    }
  }
}
