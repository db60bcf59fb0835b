import Glibc

/// A file mapped into memory for reading; pages are read when they are touched.
public final class MappedFile: @unchecked Sendable {
  /// The path as the user gave it.
  public let path: String

  /// The size of the file in bytes.
  public let count: Int

  private let base: UnsafeRawPointer?

  /// Maps the file at `path`.
  ///
  /// Throws `Diagnostics` if the file cannot be opened, is not a regular file or cannot be mapped.
  public init(path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "cannot be examined") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Diagnostics(Diagnostic(file: path, "is not a regular file"))
    }
    count = Int(status.st_size)
    if count == 0 {
      base = nil
    } else {
      let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard let address, address != MAP_FAILED else { throw Self.failure(path, "cannot be mapped") }
      base = UnsafeRawPointer(address)
    }
  }

  /// How a file is read.
  public enum Access: Sendable {
    /// From front to back.
    case inOrder
    /// A little here and there, so that nothing is read ahead.
    case scattered
  }

  /// Tells the system how the file is read from now on.
  public func expect(_ access: Access) {
    guard let base else { return }
    let advice = access == .inOrder ? MADV_NORMAL : MADV_RANDOM
    _ = madvise(UnsafeMutableRawPointer(mutating: base), count, advice)
  }

  deinit {
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
  }

  /// Calls `body` with the content of the file.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: base, count: count)) }
  }

  private static func failure(_ path: String, _ what: String) -> Diagnostics {
    Diagnostics(Diagnostic(file: path, "\(what): \(String(cString: strerror(errno)))"))
  }
}
