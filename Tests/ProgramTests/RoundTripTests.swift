import Basics
import Chip
import Foundation
import Program
import TestSupport
import Testing

/// A program, its bytes and its listing are three forms of the same.
@Suite struct RoundTripTests {
  @Test func sampleKeepsBytesAndText() throws {
    try check(sampleProgram())
  }

  @Test func smallProgramKeepsBytesAndText() throws {
    try check(smallProgram())
  }

  @Test(arguments: 0..<200)
  func randomProgramsKeepBytesAndText(_ seed: Int) throws {
    try check(RandomProgram.make(seed: seed))
  }

  private func check(_ program: Program) throws {
    _ = try ValidProgram(program)
    let bytes = try program.encoded()
    let decoded = try ValidProgram(bytes: bytes).program
    #expect(try decoded.encoded() == bytes)
    let listing = program.assembly(inlining: .max)
    #expect(decoded.assembly(inlining: .max) == listing)
    let assembled = try Program(assembly: listing)
    #expect(try assembled.encoded() == bytes)
    #expect(assembled.assembly(inlining: .max) == listing)
  }

  @Test func decodedProgramIsEqual() throws {
    let program = try sampleProgram()
    #expect(try ValidProgram(bytes: program.encoded()).program == program)
    #expect(try Program(assembly: program.assembly()) == program)
  }

  @Test func chipThatIsNoPresetIsListedWhole() throws {
    var program = try smallProgram()
    program.chip = try Chip.named("tiny", settings: ["crossbar.rows=17"])
    let listing = program.assembly()
    #expect(listing.contains("chip yaml\n  name: \"tiny\"\n"))
    #expect(try Program(assembly: listing) == program)
  }

  @Test func longListsStandByTheirChecksums() throws {
    let program = try sampleProgram()
    let listing = program.assembly(inlining: 2)
    #expect(listing.contains("conductances = data(crc32c 0x"))
    #expect(!listing.contains("-0.75"))
    let assembled = try Program(assembly: listing, payloads: program.payloads(above: 2))
    #expect(assembled == program)
    #expect(assembled.assembly(inlining: 2) == listing)
    #expect(throws: Diagnostics.self) { try Program(assembly: listing) }
  }

  @Test func payloadsStayInTheFile() throws {
    let folder = try Folder()
    let path = folder.file("program.aimc")
    let program = try sampleProgram()
    try program.image().write(to: OutputFile(path))
    let file = try MappedFile(path: path)
    #expect(try Bytes(file: file, range: 0..<file.count) == program.encoded())
    let read = try ValidProgram(file: file).program
    #expect(read == program)
    for bytes in read.blocks.map(\.conductances) + read.buffers.compactMap(\.constant) {
      #expect(bytes.fileRange?.file === file)
    }
  }

  @Test func whatDoesNotFitIsReportedByName() throws {
    var program = try smallProgram()
    program.descriptors[0].axes[0].stride = 1 << 31
    program.descriptors[0].amount = -1
    program.network = "nul\0"
    program.buffers[0].name = "nul\0"
    program.blocks[0].columnScale = []
    program.affines[0].offset = []
    program.buffers[4].count = 2
    program.tiles[0].chip = 1
    program.streams[1].unit = .crossbar(chip: 1, core: CoreID(0))
    program.symbols[0].instructions = 2..<3
    let faults = #expect(throws: Diagnostics.self) { try program.encoded() }
    #expect(
      faults?.items.map(\.message) == [
        "the constant of buffer 4 differs from the buffer in size",
        "block 0 has more or fewer conductances or scales than its rows and columns",
        "tile 0 is on chip 1, which does not exist",
        "affine 0 has more or fewer offsets than gains",
        "the amount of descriptor 0 is -1, which does not fit 64 bits",
        "a stride of descriptor 0 is 2147483648, which does not fit 32 bits",
        "crossbar 1.0 is on a chip that does not exist",
        "the symbol of \"scale\" covers no code of a stream",
        "a name holds a NUL character",
      ])
  }
}
