import TestSupport
import Testing

/// Short forms of the sweeps of tools, which hold aimcc to ONNX Runtime and to exact fractions.
@Suite struct SweepTests {
  @Test(.enabled(if: Python.hasRequirements, "\(Python.help)"))
  func openAxes() throws {
    let run = try Command(sweep: "sweep-open-axes", "--count", "16")
    #expect(run.text.contains("16 of 16 networks right"), "\(run.text)")
    #expect(run.status == 0)
  }

  @Test(.enabled(if: Python.hasRequirements, "\(Python.help)"))
  func resizes() throws {
    let run = try Command(
      sweep: "sweep-resize", "--largest", "7", "--mixed", "20", "--integers", "24")
    #expect(
      run.text.contains(
        "980 resizes by sizes, 20 of operator set 10, 24 of integers: 0 faults"), "\(run.text)")
    #expect(run.status == 0)
  }
}
