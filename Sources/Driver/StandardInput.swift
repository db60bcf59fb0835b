import Basics
import Glibc

/// What is on standard input, kept as a file without a name, so that it is read as other files are.
enum StandardInput {
  /// A path under which it can be opened as often as wanted; read at the first call.
  ///
  /// Throws `Diagnostics` if it cannot be read or kept.
  static func path() throws -> String { try kept.get().path }

  /// What can be opened for `path`: that of standard input for `-`.
  static func file(_ path: String) throws -> String { path == "-" ? try Self.path() : path }

  // Nothing writes to it any more once it is here.
  nonisolated(unsafe) private static let kept = Result<OutputFile, any Error> {
    let file = try OutputFile(unnamedIn: temporaryFolder)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count == 0 { return file }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw Diagnostics(
          Diagnostic(
            file: "standard input", "cannot be read: \(String(cString: strerror(errno)))"))
      }
      try buffer.withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  /// What `body` makes of a file of `bytes`, which has no name and is gone after it, but for what `body` has mapped.
  ///
  /// Throws `Diagnostics` if there is no room for it, and what `body` throws.
  static func withFile<T>(
    of bytes: UnsafeRawBufferPointer, _ body: (_ path: String) throws -> T
  ) throws -> T {
    let file = try OutputFile(unnamedIn: temporaryFolder)
    try file.write(bytes)
    return try withExtendedLifetime(file) { try body(file.path) }
  }

  private static let temporaryFolder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

  /// Whether it is text, as that of a graph, and no ONNX model.
  static func isText() throws -> Bool {
    try MappedFile(path: path()).withUnsafeBytes { bytes in
      bytes.prefix(4096).allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    }
  }
}
