import Foundation

/// A run of the `aimcc` that was built with the tests.
struct Command {
  /// The exit status.
  let status: Int32
  /// What it wrote to standard output.
  let output: Data
  /// What it wrote to standard error.
  let messages: String

  /// Runs `aimcc` with `arguments` to its end.
  init(
    _ arguments: String..., in folder: String? = nil, environment: [String: String] = [:],
    outputFile: String? = nil
  ) throws {
    try self.init(arguments, in: folder, environment: environment, outputFile: outputFile)
  }

  /// Runs `aimcc` with `arguments` in `folder` to its end; standard output may go to a file, such as
  /// a full device.
  init(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
    outputFile: String? = nil
  ) throws {
    try self.init(
      Self.executable, arguments, in: folder, environment: environment, outputFile: outputFile)
  }

  /// Runs `line` in a shell that finds `aimcc`, in `folder`.
  init(shell line: String, in folder: String) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let own = Self.executable.deletingLastPathComponent().path
    try self.init(
      URL(filePath: "/bin/sh"), ["-c", line], in: folder, environment: ["PATH": "\(own):\(path)"],
      outputFile: nil)
  }

  private init(
    _ executable: URL, _ arguments: [String], in folder: String?, environment: [String: String],
    outputFile: String?
  ) throws {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, messages) = (Pipe(), Pipe())
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    let file = outputFile.flatMap { FileHandle(forWritingAtPath: $0) }
    process.standardOutput = file ?? output as Any
    process.standardError = messages
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Read at once, since a full pipe would stop the process.
    let reader = BackgroundRead(messages.fileHandleForReading)
    self.output = file == nil ? output.fileHandleForReading.readDataToEndOfFile() : Data()
    self.messages = String(decoding: reader.wait(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  /// The standard output as text.
  var text: String { String(decoding: output, as: UTF8.self) }

  /// The last line of the standard output.
  var lastLine: Substring { text.split(separator: "\n").last ?? "" }

  /// The standard output as JSON.
  var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: output) as? [String: Any]) ?? [:]
  }

  /// `aimcc` lies beside the bundle of tests.
  static let executable: URL = {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path.count > 1 {
      let candidate = folder.appending(path: "aimcc")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    return URL(filePath: "aimcc")
  }()
}

/// Reads a handle to its end on a thread of its own.
private final class BackgroundRead: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var data = Data()

  init(_ handle: FileHandle) {
    Thread.detachNewThread { [self] in
      data = handle.readDataToEndOfFile()
      done.signal()
    }
  }

  func wait() -> Data {
    done.wait()
    return data
  }
}
