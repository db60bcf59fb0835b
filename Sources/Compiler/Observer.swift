import Basics
import Program

/// What is told of a compilation while it runs.
public struct CompilerObserver {
  /// A pass begins to run.
  public var begins: (Pass) throws -> Void = { _ in }
  /// A pass has run in so much time.
  public var ran: (Pass, Duration, Product) throws -> Void = { _, _, _ in }
  /// A pass has run, and left the compilation like this.
  public var left: (Pass, Compilation) throws -> Void = { _, _ in }
  /// Keeps the bytes of the program and hands them to the proof as they are kept; by default in memory.
  ///
  /// Throws `Diagnostics` where they cannot be kept, and whatever the proof throws.
  public var keep: (ELFImage, _ proof: (Bytes) throws -> Void) throws -> Void = { image, proof in
    try proof(image.bytes)
  }

  /// Creates an observer that does nothing.
  public init() {}
}
