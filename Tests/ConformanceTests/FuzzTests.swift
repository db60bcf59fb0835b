import TestSupport
import Testing

/// Damaged models, which must be refused or evaluated: 2,000 cases of `tools/fuzz`.
@Suite struct FuzzTests {
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"))
  func damagedModels() throws {
    // Other tests take the same processors, so that a case may wait for its turn.
    let run = try Command(sweep: "fuzz", "--patience", "20")
    #expect(run.text.hasSuffix("2000 cases, 0 that crashed, hung or took too much\n"))
    #expect(run.status == 0, "\(run.text)")
  }
}
