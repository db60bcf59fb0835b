import Glibc

/// Writes what `produce` hands on, piece by piece, to `path`, so that the file is either complete
/// or not there.
///
/// The bytes go to a file beside it, which is then renamed. A pipe or a device is written directly.
/// Throws `Diagnostics` naming `path` when the system refuses, and whatever `produce` throws.
public func writeAtomically(
  to path: String,
  _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
) throws {
  func failure() -> Diagnostics {
    let reason = String(cString: strerror(errno))
    return Diagnostics(Diagnostic(file: path, "cannot be written: \(reason)"))
  }
  var status = stat()
  let exists = stat(path, &status) == 0
  let direct = exists && status.st_mode & S_IFMT != S_IFREG
  let target = direct ? path : "\(path).partial-\(getpid())"
  let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw failure() }
  var isOpen = true
  do {
    try produce { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count < 0 && errno != EINTR { throw failure() }
        written += max(count, 0)
      }
    }
    isOpen = false
    guard close(descriptor) == 0 else { throw failure() }
    guard direct || rename(target, path) == 0 else { throw failure() }
  } catch {
    if isOpen { close(descriptor) }
    if !direct { unlink(target) }
    throw error
  }
}

/// Writes `bytes` to `path` so that the file is either complete or not there.
public func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
  try writeAtomically(to: path) { write in try write(bytes) }
}

/// Writes UTF-8 `text` to `path` so that the file is either complete or not there.
public func writeAtomically(_ text: String, to path: String) throws {
  var text = text
  try text.withUTF8 { try writeAtomically(UnsafeRawBufferPointer($0), to: path) }
}
