import Foundation

/// A run of a command to its end, mostly of the `aimcc` that was built with the tests.
public struct Command: Sendable {
  /// The exit status.
  public let status: Int32
  /// What it wrote to standard output.
  public let output: Data
  /// What it wrote to standard error.
  public let messages: String

  /// Runs `aimcc` with `arguments`.
  public init(
    _ arguments: String..., in folder: String? = nil, environment: [String: String] = [:],
    outputFile: String? = nil
  ) throws {
    try self.init(arguments, in: folder, environment: environment, outputFile: outputFile)
  }

  /// Runs `aimcc` with `arguments` in `folder`; standard output may go to a file, such as a full device.
  ///
  /// Where it compiles, every pass is verified, unless `verifiesEach` says otherwise.
  public init(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
    outputFile: String? = nil, verifiesEach: Bool = true
  ) throws {
    try self.init(
      Self.executable.path, verifiesEach ? Self.verifying(arguments) : arguments, in: folder,
      environment: environment, outputFile: outputFile)
  }

  /// Runs `line` in a shell that finds `aimcc`, in `folder`.
  public init(shell line: String, in folder: String) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let own = Self.executable.deletingLastPathComponent().path
    try self.init(
      "/bin/sh", ["-c", line], in: folder, environment: ["PATH": "\(own):\(path)"],
      outputFile: nil)
  }

  /// Runs a program, which is looked for as a shell would.
  public init(program: String, _ arguments: [String], in folder: String? = nil) throws {
    try self.init(
      "/usr/bin/env", [program] + arguments, in: folder, environment: [:], outputFile: nil)
  }

  /// Runs a script of the folder `tools`.
  public init(tool name: String, _ options: String...) throws {
    try self.init(program: Repository.path("tools/\(name)"), options)
  }

  /// Runs a script of the folder `tools` on the `aimcc` that was built with the tests.
  public init(sweep name: String, _ options: String...) throws {
    try self.init(
      program: Repository.path("tools/\(name)"), ["--aimcc", Self.executable.path] + options)
  }

  private init(
    _ executable: String, _ arguments: [String], in folder: String?, environment: [String: String],
    outputFile: String?
  ) throws {
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    // Lines are as long as what they say, unless a test is about that.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["COLUMNS": "100000"]) { $1 }.merging(environment) { $1 }
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

  /// `arguments`, and the option that verifies the product of every pass where a model is compiled.
  private static func verifying(_ arguments: [String]) -> [String] {
    let option = "--verify-each"
    let compiles =
      switch arguments.first {
      case "compile", "verify": true
      case "evaluate": arguments.count > 1 && !arguments[1].hasSuffix(".aimc")
      default: false
      }
    let isAssembly = arguments.count > 1 && arguments[1].hasSuffix(".asm")
    guard compiles, !isAssembly, !arguments.contains(option), !arguments.contains("--help") else {
      return arguments
    }
    return arguments + [option]
  }

  /// The standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// The last line of the standard output.
  public var lastLine: Substring { text.split(separator: "\n").last ?? "" }

  /// The standard output as JSON.
  public var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: output) as? [String: Any]) ?? [:]
  }

  /// The value of `key` in that JSON as a text, which is the same for equal values; throws if there is none.
  public func jsonText(of key: String) throws -> String {
    guard let value = json[key] else { throw CocoaError(.propertyListReadCorrupt) }
    let data = try JSONSerialization.data(withJSONObject: value, options: .sortedKeys)
    return String(decoding: data, as: UTF8.self)
  }

  /// `aimcc` lies beside the bundle of tests.
  public static let executable: URL = {
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
