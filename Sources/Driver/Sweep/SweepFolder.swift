import Basics
import CProcess
import Foundation
import Glibc

/// Where a sweep keeps its results: a file for each run that is done, whichever process and machine has done it.
struct SweepFolder {
  let path: String

  /// How far a run is.
  enum State: Equatable {
    case done
    case missing
    /// It ended, for this reason.
    case failed(String)

    var name: String {
      switch self {
      case .done: "done"
      case .missing: "to do"
      case .failed: "failed"
      }
    }
  }

  /// The file with what `run` gave.
  func result(of run: SweepRun) -> String { join(path, "\(run.id).json") }

  /// The file with the reason why `run` failed.
  func error(of run: SweepRun) -> String { join(path, "\(run.id).error") }

  func state(of run: SweepRun) -> State {
    if PathKind(result(of: run)) == .file { return .done }
    guard let reason = try? readText(error(of: run)) else { return .missing }
    return .failed(reason.trimmingCharacters(in: .newlines))
  }

  /// Keeps `document` as what `run` gave.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func keep(_ document: String, of run: SweepRun) throws {
    try writeAtomically(document, to: result(of: run))
    unlink(error(of: run))
  }

  /// Notes why `run` failed.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func note(_ reason: String, of run: SweepRun) throws {
    try writeAtomically(reason + "\n", to: error(of: run))
  }
}

/// The right to do a run, which one process has at a time.
///
/// It is a lock on a byte of a file that all share: whoever ends, in whatever way, gives it back.
final class SweepClaim {
  private let descriptor: Int32

  /// Takes the run; `nil` if another process has it. Where the file system has no locks, everybody gets it: what is
  /// done twice then gives the same bytes.
  ///
  /// Throws `Diagnostics` if the folder cannot be written.
  init?(_ run: SweepRun, in folder: SweepFolder) throws {
    let file = join(folder.path, ".claims")
    descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw Diagnostics(
        Diagnostic(file: file, "cannot be written: \(String(cString: strerror(errno)))"))
    }
    // The same byte whatever else the sweep holds.
    let place = Int64((UInt64(run.id, radix: 16) ?? 0) >> 2)
    if lock_byte(descriptor, place) == 1 {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
