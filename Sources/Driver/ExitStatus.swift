/// How a command ended, as its exit code says it (Specs/cli.md).
public enum ExitStatus: Int32, Sendable, Comparable {
  case done = 0
  /// A fault in the input, diagnosed.
  case inputFault = 1
  /// The outputs are not what they should be.
  case verificationFailed = 2
  /// The command line makes no sense.
  case usage = 64
  /// A fault in aimcc itself.
  case internalError = 70

  /// By their codes, which rise with how bad it is.
  public static func < (a: ExitStatus, b: ExitStatus) -> Bool { a.rawValue < b.rawValue }
}
