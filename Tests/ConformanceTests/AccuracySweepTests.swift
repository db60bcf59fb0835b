import TestSupport
import Testing

/// Generated networks, held to what `verify` should say of them: the first of `tools/sweep-accuracy`.
@Suite struct AccuracySweepTests {
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"),
    arguments: ["fold", "verdict", "range"])
  func generatedNetworks(kind: String) throws {
    let run = try Command(sweep: "sweep-accuracy", kind, "--count", "20")
    #expect(run.text.hasSuffix("\(kind): 0 of 20 failed\n"), "\(run.text)")
    #expect(run.status == 0)
  }
}
