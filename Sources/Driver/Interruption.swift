import CProcess

/// Work whose results come one by one, which a person may stop and still have those that there are.
enum Interruption {
  /// Whether the person has asked for the end.
  static var isWanted: Bool { was_interrupted() != 0 }

  /// Does `body`, in which the first interrupt only sets `isWanted`; a second one ends the process.
  static func noting<T>(_ body: () throws -> T) rethrows -> T {
    keep_interrupts()
    defer { release_interrupts() }
    return try body()
  }

  /// Ends the process as an interrupt does, if one was noted, so that the shell knows of it.
  static func endIfWanted() {
    if isWanted { end_by_interrupt() }
  }
}
