import Foundation
import Testing

/// Quantized networks and extreme numbers, made by scripts with fixed seeds.
@Suite struct QuantizedTests {
  /// Products of integers with every form of zero points are what NumPy computes.
  @Test(.enabled(if: hasONNX, "python3 does not import onnx 1.23.0: pip install onnx==1.23.0"))
  func productsOfIntegers() throws {
    let run = try output(of: [
      script("check-quantized"), "--aimcc", executable.path, "--products", "--count", "240",
    ])
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text == "run: 240 equal\nverify: 240 equal\n", "\(run.text)")
  }

  /// Networks that ONNX Runtime's quantiser has made are what ONNX Runtime computes.
  @Test(
    .enabled(
      if: hasONNX && hasRuntime, "python3 does not import onnxruntime: pip install onnxruntime"))
  func networksOfTheQuantizer() throws {
    let run = try output(of: [
      script("check-quantized"), "--aimcc", executable.path, "--count", "60",
    ])
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text.contains("verify: "), "\(run.text)")
  }

  /// Zeros, subnormal and huge numbers, narrow crossbars and options together verify, or are refused.
  @Test(.enabled(if: hasONNX, "python3 does not import onnx 1.23.0: pip install onnx==1.23.0"))
  func extremes() throws {
    let run = try output(of: [
      script("check-extremes"), "--aimcc", executable.path, "--count", "120",
    ])
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text.contains(" sound"), "\(run.text)")
  }
}

/// The command of a script in `tools`, but for its arguments, with the program that was built with the tests.
private func script(_ name: String) -> String {
  folder.appending(path: "../../tools/\(name)").standardized.path
}

/// Whether ONNX Runtime is there.
private let hasRuntime = (try? output(of: ["python3", "-c", "import onnxruntime"]))?.status == 0
