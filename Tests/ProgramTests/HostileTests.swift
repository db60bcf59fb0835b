import Basics
import Chip
import Program
import TestSupport
import Testing

/// Numbers of a program that ask for more than its bytes hold are refused, in no time.
@Suite struct HostileTests {
  private static func faults(of program: Program) -> String {
    do {
      _ = try ValidProgram(program)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func shapesOfSamplesDoNotOverflow() throws {
    var program = try smallProgram()
    program.buffers.append(
      Buffer(
        name: "samples", space: .host, element: .f32, count: 2, capacity: 2,
        constant: Bytes(copying: [1, 2] as [Float])))
    program.inputs[0].samples = BufferID(5)
    #expect(Self.faults(of: program) == "")
    program.inputs[0].shape = [1 << 62, 4]
    #expect(Self.faults(of: program).contains("has no samples in buffer 5"))
  }

  /// Of 2³² columns, each would correct as many.
  @Test func columnsForErrorsAreNotCounted() throws {
    var program = try smallProgram()
    let last = Int(UInt32.max)
    program.blocks[0].columns = last - 1..<last
    program.blocks[0].conductances = Bytes(copying: [0, 0] as [Float])
    program.blocks[0].residual = .init(firstColumn: last - 1, width: 1, share: 0.5)
    #expect(Self.faults(of: program).contains("columns for the errors of more than 1024 copies"))
    #expect(program.blocks[0].residual!.corrected(by: last).first { _ in true } == last - 1)
  }

  /// Numbers of 64 bits that no memory has are not taken for others.
  @Test func symbolsDoNotBeginBehindAllCode() throws {
    var image = ProgramImage(try smallProgram().encoded())
    let start = image.range(of: ".symtab").lowerBound + 24 + 8
    #expect(image.integer(at: start, as: UInt64.self) == 0)
    image.put(UInt64(1) << 63, at: start)
    image.seal()
    #expect(
      try Program.faults(in: image.bytes).map(\.message) == ["symbol 1 covers no code of a stream"])
  }

  /// U+212A is a K for Unicode, and for the texts of Swift.
  @Test func theNameOfTheChipIsThatOfTheNote() throws {
    var program = try smallProgram()
    program.chip.name = "K"
    var image = ProgramImage(try program.encoded())
    let note = try #require(image.bytes.firstRange(of: [4, 1, 0, 0] + Array("AIMC".utf8)))
    // The size of the content: a checksum and the name.
    #expect(image.integer(at: note.lowerBound - 4, as: UInt32.self) == 4 + 1)
    image.put(UInt32(4 + 3), at: note.lowerBound - 4)
    for (index, byte) in "\u{212A}".utf8.enumerated() {
      image.bytes[note.lowerBound + 16 + index] = byte
    }
    image.seal()
    #expect(
      try Program.faults(in: image.bytes).map(\.message)
        == ["names another chip than .aimc.chip describes"])
  }

  @Test func vectorsOfProbesAreThere() throws {
    var program = try smallProgram()
    program.buffers.append(
      Buffer(
        name: "samples", space: .host, element: .f32, count: 2, capacity: 2,
        constant: Bytes(copying: [1, 2] as [Float])))
    program.inputs[0].samples = BufferID(5)
    func withVector(_ vector: UInt32) -> Program {
      var program = program
      program.probes = [
        Probe(
          block: BlockID(0), routine: .layers, codes: Bytes(copying: [1, 2] as [Int16]),
          places: Bytes(copying: [0, vector]), mean: [0], spread: [1])
      ]
      return program
    }
    #expect(Self.faults(of: withVector(0)) == "")
    #expect(
      Self.faults(of: withVector(.max)).contains(
        "probe 0 refers to vector 4294967295, but its block multiplies 1"))
  }

  /// Jumps from which no way leads to the end.
  @Test(arguments: [
    "L0:\n  jump L0\n  end", "L0:\n  zip.mul y@3, z@2, half@4\n  jump L0\n  end",
    "  jump L2\nL1:\n  jump L2\nL2:\n  jump L1\n  end",
  ])
  func jumpsThatDoNotEnd(code: String) throws {
    let listing = smallListing.replacing(
      "node \"scale\" Mul, covers 1\n  zip.mul y@3, z@2, half@4\n  end", with: code)
    #expect(listing != smallListing)
    #expect(
      Self.faults(of: try Program(assembly: listing)).contains(
        "the end cannot be reached from here"))
  }

  @Test(arguments: [
    "  jump L1\nL1:\n  zip.mul y@3, z@2, half@4\n  end",
    "L0:\n  zip.mul y@3, z@2, half@4\n  branch.nonzero L0, y@3\n  end",
  ])
  func jumpsThatMayEnd(code: String) throws {
    let listing = smallListing.replacing(
      "node \"scale\" Mul, covers 1\n  zip.mul y@3, z@2, half@4\n  end", with: code)
    #expect(listing != smallListing)
    #expect(Self.faults(of: try Program(assembly: listing)) == "")
  }

  /// Of 2³⁰ elements of a vector, the 16 that are taken.
  @Test func addressesOfAFewElements() {
    let descriptor = Descriptor(
      buffer: BufferID(0), base: 3,
      axes: [.init(extent: 8, stride: 1), .init(extent: 5, stride: 8)],
      loops: [
        .init(count: 5, axis: 1, step: 1), .init(count: 1 << 27, axis: 1, step: 0),
        .init(count: 8, axis: 0, step: 1),
      ], innerLoops: 2, vectors: 0..<5, elements: 4..<20)
    let expected = (4..<20).map { 3 + $0 % 8 + 8 * 2 }
    #expect(descriptor.addresses(ofVector: 2) == expected)
  }
}
