import Basics
import Chip
import Program
import Testing

@Suite struct RoundTripTests {
  @Test func sampleIsValid() throws {
    try sampleProgram().validate()
  }

  @Test func bytesDecodeToTheSameProgram() throws {
    let program = try sampleProgram()
    let bytes = try program.encoded()
    let decoded = try Program(bytes: bytes, path: "sample.aimc")
    #expect(decoded == program)
    #expect(try decoded.encoded() == bytes)
  }

  @Test func listingAssemblesToTheSameProgram() throws {
    let program = try sampleProgram()
    let text = program.assembly()
    let assembled = try Program(assembly: text)
    #expect(try assembled.encoded() == program.encoded())
    #expect(assembled.assembly() == text)
  }
}
