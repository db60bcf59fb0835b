import Foundation

/// A run of the built `aimcc` that goes on until the value that holds it is gone, or the process of the tests is,
/// however that ends.
public final class RunningCommand {
  private let process: pid_t
  /// Both ends of a pipe. A shell beside the command ends it when they close without a line.
  private let life: [Int32]
  private var isRunning = true

  /// Takes a folder to go to and a command to become there, with the end to read of the pipe as standard input.
  private static let script = """
    cd "$1" || exit
    shift
    exec 3<&0
    for file in /proc/self/fd/*; do
      number=${file##*/}
      if [ $number -gt 3 ]; then eval "exec $number<&-"; fi
    done
    { read -r line <&3 || kill $$; } &
    exec "$@" </dev/null 3<&-
    """

  /// Runs `aimcc` with `arguments` in `folder`, and waits until the file `name` is there.
  public init(_ arguments: [String], in folder: Folder, until name: String) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CocoaError(.fileReadUnknown) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    life = ends
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    for output: Int32 in [1, 2] {
      posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
    }
    var pid: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] =
      (["bash", "-c", Self.script, "bash", folder.path, Command.executable.path] + arguments)
      .map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    let error = posix_spawn(&pid, "/bin/bash", &actions, nil, words, environ)
    guard error == 0 else { throw CocoaError(.executableLoad) }
    process = pid
    while !hasEnded(), !FileManager.default.fileExists(atPath: folder.file(name)) {
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// Whether the process is gone.
  private func hasEnded() -> Bool {
    if isRunning, waitpid(process, nil, WNOHANG) != 0 { isRunning = false }
    return !isRunning
  }

  /// Ends it by a signal and waits for that; one that goes on is killed.
  public func end() {
    if !hasEnded() { kill(process, SIGTERM) }
    for _ in 0..<1000 where !hasEnded() { Thread.sleep(forTimeInterval: 0.01) }
    if !hasEnded() {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
      isRunning = false
    }
  }

  deinit {
    end()
    // The shell has nothing to end any more.
    _ = "\n".withCString { write(life[1], $0, 1) }
    for end in life { close(end) }
  }
}
