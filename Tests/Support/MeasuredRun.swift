import Foundation
import Glibc

/// The memory that a run of `aimcc` takes, which does not depend on what else the machine does.
public struct MeasuredRun {
  /// The exit status; -1 if it did not end by itself.
  public let status: Int32
  /// The most memory that it had, in bytes.
  public let memory: Int

  /// Runs `aimcc` with `arguments` to its end; its output is dropped.
  public init(_ arguments: String...) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    let path = Command.executable.path
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var process = pid_t()
    let failure = posix_spawn(&process, path, &actions, nil, words, environ)
    guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .ENOEXEC) }
    var (code, usage) = (Int32(0), rusage())
    while wait4(process, &code, 0, &usage) < 0 {
      guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .ECHILD) }
    }
    status = code & 0x7F == 0 ? code >> 8 & 0xFF : -1
    memory = usage.ru_maxrss << 10
  }
}
