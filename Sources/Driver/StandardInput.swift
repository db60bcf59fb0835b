import Basics
import Glibc

/// What is on standard input, kept as a file without a name, so that it is read as other files are.
enum StandardInput {
  /// A path under which it can be opened as often as wanted; read at the first call.
  ///
  /// Throws `Diagnostics` if it cannot be read or kept.
  static func path() throws -> String { try kept.get() }

  /// What can be opened for `path`: that of standard input for `-`.
  static func file(_ path: String) throws -> String { path == "-" ? try Self.path() : path }

  private static let kept = Result<String, any Error> {
    func failure(_ what: String) -> Diagnostics {
      Diagnostics(
        Diagnostic(file: "standard input", "\(what): \(String(cString: strerror(errno)))"))
    }
    var name = Array("\(temporaryFolder)/aimcc-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw failure("cannot be kept in \(temporaryFolder)") }
    unlink(name)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw failure("cannot be read")
      }
      var written = 0
      while written < count {
        let part = buffer.withUnsafeBytes {
          write(descriptor, $0.baseAddress! + written, count - written)
        }
        guard part > 0 else { throw failure("cannot be kept in \(temporaryFolder)") }
        written += part
      }
    }
    return "/proc/self/fd/\(descriptor)"
  }

  private static let temporaryFolder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

  /// Whether it is text, as that of a graph, and no ONNX model.
  static func isText() throws -> Bool {
    try MappedFile(path: path()).withUnsafeBytes { bytes in
      bytes.prefix(4096).allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    }
  }
}
