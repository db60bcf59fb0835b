import TestSupport
import Testing

/// Damaged models, which must be refused or evaluated: `tools/fuzz`.
@Suite struct FuzzTests {
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"),
    arguments: ["--count=2000", "--singles"])
  func damagedModels(cases: String) throws {
    // Other tests take the same processors, so that a case may wait for its turn.
    let run = try Command(sweep: "fuzz", cases, "--patience", "20")
    #expect(run.text.split(separator: " ").first.flatMap { Int($0) } ?? 0 >= 2000)
    #expect(run.text.hasSuffix(" cases, 0 that crashed, hung or took too much\n"))
    #expect(run.status == 0, "\(run.text)")
  }
}
