import TestSupport
import Testing

/// Quantized networks and extreme numbers, made by scripts with fixed seeds.
@Suite struct QuantizedTests {
  /// Products of integers with every form of zero points are what NumPy computes.
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"))
  func productsOfIntegers() throws {
    let run = try Command(sweep: "check-quantized", "--products", "--count", "240")
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text == "run: 240 equal\nverify: 240 equal\n", "\(run.text)")
  }

  /// Networks that ONNX Runtime's quantiser has made are what ONNX Runtime computes.
  @Test(
    .enabled(
      if: Python.hasRequirements, "\(Python.help)"))
  func networksOfTheQuantizer() throws {
    let run = try Command(sweep: "check-quantized", "--count", "60")
    #expect(run.status == 0, "\(run.text)")
    let equal = run.text.firstMatch(of: /verify: (\d+) equal/).flatMap { Int($0.1) } ?? 0
    #expect(equal >= 55, "\(run.text)")
  }

  /// Operators of ONNX Runtime's domain, and those of training, are what ONNX Runtime and qonnx compute.
  @Test(
    .enabled(
      if: Python.hasRequirements && Python.imports("qonnx"),
      "\(Python.help) qonnx"))
  func contributedOperators() throws {
    let run = try Command(sweep: "check-contributed", "--count", "3")
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text.hasSuffix(" cases, 0 faults\n"), "\(run.text)")
  }

  /// Zeros, subnormal and huge numbers, narrow crossbars and options together verify, or are refused.
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"))
  func extremes() throws {
    let run = try Command(sweep: "check-extremes", "--count", "120")
    #expect(run.status == 0, "\(run.text)")
    let sound = run.text.firstMatch(of: /(\d+) sound/).flatMap { Int($0.1) } ?? 0
    #expect(sound >= 90, "\(run.text)")
  }

  /// Products with a range for each part of their rows are cut there, and are what NumPy computes.
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"))
  func rangesOfRows() throws {
    let run = try Command(sweep: "check-row-ranges", "--count", "40")
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text == "40 cases, 0 faults\n", "\(run.text)")
  }
}
