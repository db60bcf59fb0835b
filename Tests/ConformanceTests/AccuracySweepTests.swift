import Foundation
import Testing

/// Generated networks, held to what `verify` should say of them: the first of `tools/sweep-accuracy`.
@Suite struct AccuracySweepTests {
  private static let hasRuntime =
    (try? output(of: ["python3", "-c", "import onnx, onnxruntime"]))?.status == 0

  @Test(
    .enabled(if: hasRuntime, "python3 imports no onnxruntime: pip install onnxruntime"),
    arguments: ["fold", "verdict", "range"])
  func generatedNetworks(kind: String) throws {
    let script = folder.appending(path: "../../tools/sweep-accuracy").standardized.path
    let run = try output(of: [script, kind, "--count", "20", "--aimcc", executable.path])
    #expect(run.text.hasSuffix("\(kind): 0 of 20 failed\n"), "\(run.text)")
    #expect(run.status == 0)
  }
}
