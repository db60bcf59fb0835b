import CProcess
import Glibc

/// A file mapped into memory for reading; pages are read when they are touched.
public final class MappedFile: @unchecked Sendable {
  /// The path as the user gave it.
  public let path: String

  /// The size of the file in bytes.
  public let count: Int

  private let base: UnsafeRawPointer?
  private var mapping: Int32 = -1

  /// Maps the file at `path`.
  ///
  /// Throws `Diagnostics` if the file cannot be opened, is not a regular file or cannot be mapped. Pipes and
  /// devices are not even opened, which could wait for ever.
  public init(path: String) throws {
    self.path = path
    var status = stat()
    if stat(path, &status) == 0 { try Self.requireRegular(status, path) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
    defer { close(descriptor) }
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "cannot be examined") }
    // Another may have taken the place of the one that was looked at.
    try Self.requireRegular(status, path)
    count = Int(status.st_size)
    if count == 0 {
      base = nil
    } else {
      let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard let address, address != MAP_FAILED else { throw Self.failure(path, "cannot be mapped") }
      base = UnsafeRawPointer(address)
      mapping = remember_mapping(address, count, printable(path))
    }
  }

  private static func requireRegular(_ status: stat, _ path: String) throws {
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: kind = "a folder"
    case S_IFIFO: kind = "a pipe"
    case S_IFSOCK: kind = "a socket"
    default: kind = "a device"
    }
    throw Diagnostics(
      Diagnostic(
        file: path, "is not a regular file, but \(kind)", supported: "regular files",
        help: kind == "a folder" ? nil : "write what it gives to a file first"))
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
    forget_mapping(mapping)
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
