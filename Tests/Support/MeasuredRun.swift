import Foundation

/// The memory that a run of `aimcc` takes, which does not depend on what else the machine does.
///
/// GNU `time` starts it, and no process of the tests: Linux counts what a process had before it became another
/// program among the most that it ever had, and the tests themselves may have had far more than `aimcc`.
public struct MeasuredRun {
  /// The exit status.
  public let status: Int32
  /// The most memory that it had, in bytes.
  public let memory: Int

  /// Runs `aimcc` with `arguments` to its end; its output is dropped.
  public init(_ arguments: String...) throws {
    let folder = try Folder()
    let report = folder.file("memory")
    let run = try Command(
      program: "time",
      ["--quiet", "--format", "%M", "--output", report, Command.executable.path] + arguments)
    status = run.status
    let text = try String(contentsOfFile: report, encoding: .utf8)
    guard let kibibytes = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    memory = kibibytes << 10
  }
}
