import Basics

/// Who hears what is told while the work goes on, where aimcc is a library in another program.
package struct ConsoleListener: Sendable {
  /// Hears a warning or a note.
  let hears: @Sendable (Diagnostic) -> Void
  /// Hears what is being done; says whether to go on.
  let follows: @Sendable (ProgressState) -> Bool

  /// Creates a listener.
  package init(
    hears: @escaping @Sendable (Diagnostic) -> Void,
    follows: @escaping @Sendable (ProgressState) -> Bool
  ) {
    (self.hears, self.follows) = (hears, follows)
  }
}

/// How far the work is.
package struct ProgressState: Sendable {
  /// What is being done.
  package let title: String
  /// The steps that are done, with the part of the next one, and all steps; 0 where nobody knows how many there are.
  package let done: Double
  package let total: Int
}

/// The person who was told of the progress does not want the work to go on.
package struct Stopped: Error {}
