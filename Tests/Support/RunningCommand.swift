import Foundation

/// A run of the built `aimcc` that goes on until the value that holds it is gone.
public final class RunningCommand {
  private let process = Process()

  /// Runs `aimcc` with `arguments` in `folder`, and waits until the file `name` is there.
  public init(_ arguments: [String], in folder: Folder, until name: String) throws {
    process.executableURL = Command.executable
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    while process.isRunning, !FileManager.default.fileExists(atPath: folder.file(name)) {
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// Ends it by a signal and waits for that; one that goes on is killed.
  public func end() {
    if process.isRunning { process.terminate() }
    for _ in 0..<1000 where process.isRunning { Thread.sleep(forTimeInterval: 0.01) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  deinit { end() }
}
