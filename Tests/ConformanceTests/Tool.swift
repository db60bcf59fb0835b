import Foundation

/// The folder of these tests.
let folder = URL(filePath: #filePath).deletingLastPathComponent()

/// Whether the cases can be made: they are those of one version of Python's package.
let hasONNX =
  (try? output(of: ["python3", "-c", "import onnx; print(onnx.__version__)"]))?.text == "1.23.0\n"

/// Whether ONNX Runtime is there as well.
let hasRuntime =
  hasONNX && (try? output(of: ["python3", "-c", "import onnxruntime"]))?.status == 0

/// The exit code and the standard output of a script in `tools`, with the program that was built with the
/// tests.
func output(ofTool name: String, _ options: String...) throws -> (status: Int32, text: String) {
  let script = folder.appending(path: "../../tools/\(name)").standardized.path
  return try output(of: [script, "--aimcc", executable.path] + options)
}

/// `aimcc` lies beside the bundle of tests.
let executable: URL = {
  var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
  while folder.path.count > 1 {
    let candidate = folder.appending(path: "aimcc")
    if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    folder.deleteLastPathComponent()
  }
  return URL(filePath: "aimcc")
}()

/// The exit code and the standard output of a command, which is looked for as a shell would.
func output(of command: [String]) throws -> (status: Int32, text: String) {
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
