import Basics
import Checker
import IR
import Program
import TestSupport
import Testing

/// The checker sees whether each row is converted in the step of its own range.
@Suite struct RowRangesTests {
  /// A dense layer whose 40 rows have the ranges 1, 4 and 0.25, of 14, 13 and 13 rows.
  private static func compiled() throws -> CompiledCase {
    let graph = try Graph(
      text: """
        graph "net" {
          input %0 "x": f32[2, 40]
          constant %1 "w": f32[40, 12] = random(seed: 1)
          constant %2 "b": f32[12] = random(seed: 2)
          %3 "y": f32[2, 12] = gemm "dense" (%0, %1, %2) {input_range = [1.0, 4.0, 0.25]}
          output %3
        }

        """)
    let input = Tensor((0..<80).map { Float($0 % 9) / 8 - 0.5 }, shape: [2, 40])
    return try #require(
      try CompiledCase(graph, inputs: [input], Treatment(chip: "tiny", hasProbes: true)))
  }

  /// Every MVM of `program` converts in a step that `change` makes of its rows and its step, and gains follow.
  private func changing(
    _ program: Program, _ change: (Range<Int>, Float) -> Float
  ) throws -> Program {
    var program = program
    for stream in program.streams.indices {
      for number in program.streams[stream].code.indices {
        let instruction = program.streams[stream].code[number]
        guard instruction.opcode == .mvm else { continue }
        let tile = Int(instruction.operands[2])
        let block = program.blocks[program.tiles[tile].block.index]
        let step = change(block.rows, instruction.immediates[0])
        program.streams[stream].code[number].immediates[0] = step
        // The affine functions lie in the order of the tiles.
        program.affines[tile].gain = block.columnScale.map { $0 * step }
      }
    }
    program.inputs[0].scale = change(0..<14, program.inputs[0].scale)
    return program
  }

  @Test func eachPartHasItsOwnStep() throws {
    let compiled = try Self.compiled()
    #expect(check(compiled.program, against: compiled) == [])
    let unchanged = try changing(compiled.program) { $1 }
    #expect(check(unchanged, against: compiled) == [])
    let steps = Set(
      compiled.program.streams.flatMap(\.code).filter { $0.opcode == .mvm }.map { $0.immediates[0] }
    )
    let expected = Set([1, 4, 0.25].map { (range: Float) in range / 127 })
    #expect(steps == expected)
  }

  /// A step of another part is wrong, even where gains take it back.
  @Test func stepsOfOtherPartsAreFound() throws {
    let compiled = try Self.compiled()
    let one = try changing(compiled.program) { _, _ in 4 / 127 }
    let faults = check(one, against: compiled).map(\.message)
    #expect(
      faults.contains {
        $0.contains("has a step of the input of 0.031496063, of which training says 0.00")
      })
    let swapped = try changing(compiled.program) { rows, step in
      rows.lowerBound == 0 ? 4 / 127 : rows.lowerBound == 14 ? 1 / 127 : step
    }
    #expect(
      check(swapped, against: compiled).filter { $0.message.contains("of which training says") }
        .count
        == 2)
    // Stacks of columns have to agree.
    var isFirst = true
    let uneven = try changing(compiled.program) { rows, step in
      defer { if rows.lowerBound == 27 { isFirst = false } }
      return rows.lowerBound == 27 && isFirst ? step * 2 : step
    }
    #expect(
      check(uneven, against: compiled).contains { $0.message.contains("has a step of the input") })
  }

  /// The same program against a network whose ranges change at other rows.
  @Test func rowsOfSeveralRangesInABlockAreFound() throws {
    var compiled = try Self.compiled()
    compiled.graph.nodes[0].ranges.input = [1, 4]
    let faults = check(compiled.program, against: compiled).map(\.message)
    #expect(
      faults.contains {
        $0.contains(
          "takes rows 14 and 20 in one step, of which training has found different ranges")
      })
  }
}
