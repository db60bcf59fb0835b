import Basics
import Chip
import Program
import TestSupport
import Testing

/// The 32 bytes of an instruction.
@Suite struct InstructionTests {
  @Test func tableHasEveryOpcodeOnce() {
    #expect(Opcode.table.map(\.opcode) == Opcode.allCases)
    #expect(Set(Opcode.table.map(\.row.mnemonic)).count == Opcode.table.count)
    for (opcode, row) in Opcode.table {
      #expect(row.operands.count <= 4 && row.immediates.count <= 3, "\(opcode)")
      #expect(opcode.row.mnemonic == row.mnemonic)
    }
  }

  @Test(arguments: Opcode.allCases)
  func everyFormIsKept(_ opcode: Opcode) throws {
    let row = opcode.row
    var forms: [Instruction] = []
    for function in 0..<max(row.functions.count, 1) {
      for bits in 0..<UInt16(1 << row.flags.count) {
        let operands = row.operands.indices.map { UInt32(0x0102_0304 * ($0 + 1)) }
        let immediates = row.immediates.indices.map { Float($0) - 1.5 }
        forms.append(
          Instruction(
            opcode, function: UInt8(function), flags: .init(rawValue: bits), operands: operands,
            immediates: immediates))
      }
    }
    let program = try Self.program(forms)
    let bytes = try program.encoded()
    #expect(try Program(unvalidated: bytes).streams[0].code == forms)
    let image = ProgramImage(bytes)
    let code = image.range(of: ".aimc.code.host")
    #expect(code.count == 32 * forms.count)
    #expect(image.bytes[code.lowerBound] == opcode.rawValue)
    for (index, operand) in forms[0].operands.enumerated() {
      #expect(image.integer(at: code.lowerBound + 4 + 4 * index, as: UInt32.self) == operand)
    }
    for (index, immediate) in forms[0].immediates.enumerated() {
      let bits = image.integer(at: code.lowerBound + 20 + 4 * index, as: UInt32.self)
      #expect(bits == immediate.bitPattern)
    }
    let listing = try Program(assembly: program.assembly())
    #expect(listing.streams[0].code == forms)
  }

  @Test(arguments: [
    (Opcode.end, 0, 0x99, "unknown opcode 153"), (.end, 1, 1, "end has no function 1"),
    (.end, 2, 1, "end does not have the flags 1"), (.map, 1, 17, "map has no function 17"),
    (.affine, 2, 4, "affine does not have the flags 4"),
    (.affine, 3, 1, "affine does not have the flags 256"),
    (.mvm, 16, 1, "mvm has reserved bytes that are not 0"),
    (.mvm, 24, 1, "mvm has reserved bytes that are not 0"),
    (.affine, 31, 1, "affine has reserved bytes that are not 0"),
    (.end, 4, 1, "end has reserved bytes that are not 0"),
  ])
  func otherBytesAreFaults(
    _ opcode: Opcode, _ offset: Int, _ byte: UInt8, _ message: String
  ) throws {
    var image = ProgramImage(try Self.program([Instruction(opcode)]).encoded())
    image.bytes[image.range(of: ".aimc.code.host").lowerBound + offset] = byte
    image.seal()
    let faults = #expect(throws: Diagnostics.self) { try Program(unvalidated: image.content) }
    #expect(faults?.items.map(\.message) == ["host, instruction 0: \(message)"])
    #expect(faults?.items.first?.location == .section(".aimc.code.host"))
  }

  /// A program that makes no sense, but has this code.
  private static func program(_ code: [Instruction]) throws -> Program {
    var program = Program(
      network: "", compiler: "", chip: try Chip.named("tiny"), chipCount: 1)
    program.streams = [Stream(unit: .host, code: code)]
    return program
  }
}
