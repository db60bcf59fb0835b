import Foundation
import Testing

/// The official ONNX backend tests, as far as `passing.txt` says that they must pass.
@Suite struct ConformanceTests {
  @Test(.enabled(if: hasONNX, "python3 does not import onnx 1.23.0: pip install onnx==1.23.0"))
  func listedCasesPass() throws {
    let list = folder.appending(path: "passing.txt")
    let lines = try String(contentsOf: list, encoding: .utf8).split(separator: "\n")
    let cases = lines.filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").count - 1 }
    let count = cases.reduce(0, +)
    #expect(count > 300)
    let script = folder.appending(path: "../../tools/conformance").standardized.path
    let run = try output(of: [script, "--aimcc", executable.path, "--require", list.path])
    #expect(run.text.hasSuffix("\(count) of \(count) pass (100.00 %) of those that must\n"))
    #expect(run.status == 0, "\(run.text)")
  }
}

private let folder = URL(filePath: #filePath).deletingLastPathComponent()

/// Whether the cases can be made: they are those of one version of Python's package.
private let hasONNX =
  (try? output(of: ["python3", "-c", "import onnx; print(onnx.__version__)"]))?.text == "1.23.0\n"

/// `aimcc` lies beside the bundle of tests.
private let executable: URL = {
  var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
  while folder.path.count > 1 {
    let candidate = folder.appending(path: "aimcc")
    if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    folder.deleteLastPathComponent()
  }
  return URL(filePath: "aimcc")
}()

/// The exit code and the standard output of a command, which is looked for as a shell would.
private func output(of command: [String]) throws -> (status: Int32, text: String) {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}
