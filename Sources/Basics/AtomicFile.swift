import Glibc

/// A file that is being written.
public struct FileUnderWay {
  /// Where it is until it is complete.
  public let path: String
  /// Whether what was written can be read there: not what went to a pipe or a device.
  public let isReadable: Bool

  private let target: String
  private let descriptor: Int32

  /// Creates a file beside `target`, or opens `target` if that is a pipe or a device.
  fileprivate init(target: String) throws {
    var status = stat()
    let exists = stat(target, &status) == 0
    self.target = target
    isReadable = !exists || status.st_mode & S_IFMT == S_IFREG
    path = isReadable ? "\(target).partial-\(getpid())" : target
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(target) }
  }

  /// Appends `bytes`; throws `Diagnostics` when the system refuses.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0 && errno != EINTR { throw Self.failure(target) }
      written += max(count, 0)
    }
  }

  /// Closes the file and gives it its name; one that is not complete is gone.
  fileprivate func close(isComplete: Bool) throws {
    let isClosed = Glibc.close(descriptor) == 0
    if isComplete && isClosed && (!isReadable || rename(path, target) == 0) { return }
    let failure = Self.failure(target)
    if isReadable { unlink(path) }
    if isComplete { throw failure }
  }

  private static func failure(_ path: String) -> Diagnostics {
    let reason = String(cString: strerror(errno))
    return Diagnostics(Diagnostic(file: path, "cannot be written: \(reason)"))
  }
}

/// Writes what `produce` hands on, piece by piece, to `path`, so that the file is either complete
/// or not there.
///
/// The bytes go to a file beside it, which is then renamed. A pipe or a device is written directly.
/// Throws `Diagnostics` naming `path` when the system refuses, and whatever `produce` throws.
public func writeAtomically(
  to path: String, _ produce: (FileUnderWay) throws -> Void
) throws {
  let file = try FileUnderWay(target: path)
  do {
    try produce(file)
  } catch {
    try file.close(isComplete: false)
    throw error
  }
  try file.close(isComplete: true)
}

/// Writes `bytes` to `path` so that the file is either complete or not there.
public func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
  try writeAtomically(to: path) { try $0.write(bytes) }
}

/// Writes UTF-8 `text` to `path` so that the file is either complete or not there.
public func writeAtomically(_ text: String, to path: String) throws {
  var text = text
  try text.withUTF8 { try writeAtomically(UnsafeRawBufferPointer($0), to: path) }
}
