import Basics
import Foundation

/// Does runs in processes of their own, several at a time, so that whatever becomes of one is no matter of the others.
struct SweepWorkers {
  /// The program, and the words that make it do the run behind them.
  let command: [String]
  let folder: SweepFolder
  /// How many run at a time.
  let jobs: Int
  let console: Console

  /// Does `runs`, in their order as far as they begin.
  ///
  /// Throws `Stopped` if the listener of the console wants no more; runs that have begun go on.
  func run(_ runs: [SweepRun]) throws {
    let queue = RunQueue(runs)
    let done = DispatchSemaphore(value: 0)
    for _ in 0..<min(jobs, runs.count) {
      Thread.detachNewThread {
        while let run = queue.next() {
          attempt(run)
          done.signal()
        }
      }
    }
    var progress = Progress(
      "sweep: runs", total: runs.count, console: console, tellsTimeLeft: true)
    try progress.begin()
    defer { progress.finish() }
    for count in 1...max(runs.count, 1) where count <= runs.count {
      done.wait()
      try progress.update(count)
    }
  }

  /// Does `run`, and notes how it ended where it could not do that itself.
  private func attempt(_ run: SweepRun) {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = command.dropFirst() + ["\(run.number)"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let messages = Pipe()
    process.standardError = messages
    do {
      try process.run()
    } catch {
      try? folder.note("aimcc: error: the program cannot be run: \(error)", of: run)
      return
    }
    let text = String(
      decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let status = process.terminationStatus
    if process.terminationReason == .uncaughtSignal {
      try? folder.note("\(text)aimcc: error: signal \(status) ended the run", of: run)
    } else if ![ExitStatus.done.rawValue, ExitStatus.inputFault.rawValue].contains(status) {
      try? folder.note("\(text)aimcc: error: the run ended with \(status)", of: run)
    }
  }
}

/// Runs that wait for a worker.
private final class RunQueue: @unchecked Sendable {
  private let lock = NSLock()
  private var runs: ArraySlice<SweepRun>

  init(_ runs: [SweepRun]) { self.runs = runs[...] }

  func next() -> SweepRun? { lock.withLock { runs.popFirst() } }
}
