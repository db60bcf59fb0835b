import TestSupport
import Testing

/// Short forms of tools that attack the built command.
@Suite struct ToolTests {
  /// Models verified with options drawn by chance.
  @Test func drawnOptions() throws {
    let found = try Command(sweep: "sweep-options", "--count", "100")
    #expect(found.text.hasSuffix(" refused, 0 faults\n"))
    #expect(found.status == 0, "\(found.text)")
  }

  /// Calls of the system that fail, after which nothing is lost or half written.
  @Test func injectedFaults() throws {
    let found = try Command(sweep: "inject-faults", "--short")
    #expect(found.text.hasSuffix(" faults, 0 that lost something\n"))
    #expect(found.status == 0, "\(found.text)")
  }

  /// Names in models that would drive a terminal.
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"))
  func hostileNames() throws {
    let found = try Command(sweep: "check-terminal-text", "--step", "40")
    #expect(found.text.hasSuffix(" commands, 0 that print what is hidden\n"))
    #expect(found.status == 0, "\(found.text)")
  }

  /// Programs from every dump of models.
  @Test func dumps() throws {
    let found = try Command(sweep: "check-dumps", "--step", "23")
    #expect(found.text.hasSuffix(" refused, 0 faults\n"))
    #expect(found.status == 0, "\(found.text)")
  }

  /// What commands print as JSON, against the schemas of Specs.
  @Test(.enabled(if: Python.hasRequirements, "\(Python.help)"))
  func schemas() throws {
    let found = try Command(sweep: "check-schemas")
    #expect(found.text.hasSuffix(" forms, 0 faults\n"), "\(found.text)")
    #expect(found.status == 0, "\(found.text)")
  }

  /// Models as ONNX, for ONNX Runtime and for aimcc.
  @Test(.enabled(if: Python.hasRequirements, "\(Python.help)"))
  func exports() throws {
    let found = try Command(sweep: "check-exports", "--step", "7")
    #expect(found.text.hasSuffix(" refused, 0 faults\n"))
    #expect(found.status == 0, "\(found.text)")
  }
}
