import Foundation

/// The instructions that a run of `aimcc` takes, which are about the same whatever else the machine does.
public struct CountedRun: Sendable {
  /// The exit status.
  public let status: Int32
  /// The instructions of all its threads; `nil` if valgrind does not tell.
  public let instructions: Int?

  /// Whether instructions can be counted here.
  public static let isPossible = ["valgrind", "strip"].allSatisfy { name in
    (try? Command(program: name, ["--version"]))?.status == 0
  }

  /// Writes `aimcc` without its debug information, which not every valgrind can read, into `folder`.
  public static func strip(into folder: Folder) throws -> String {
    let copy = folder.file("aimcc")
    let run = try Command(program: "strip", ["-o", copy, Command.executable.path])
    guard run.status == 0 else { throw CocoaError(.fileWriteUnknown) }
    return copy
  }

  /// Runs the copy of `aimcc` at `path` with `arguments` to its end; its output is dropped.
  public init(_ path: String, _ arguments: String...) throws {
    let run = try Command(
      program: "valgrind",
      ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", path] + arguments)
    status = run.status
    instructions = run.messages.firstMatch(of: /I +refs: +([0-9,]+)/).flatMap {
      Int($0.output.1.replacing(",", with: ""))
    }
  }
}
