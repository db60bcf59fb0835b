import Glibc

/// Writes `bytes` to `path` so that the file is either complete or not there.
///
/// The bytes go to a file beside it, which is then renamed. A pipe or a device is written directly.
/// Throws `Diagnostics` naming `path` when the system refuses.
public func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
  func failure(_ what: String) -> Diagnostics {
    Diagnostics(Diagnostic(file: path, "\(what): \(String(cString: strerror(errno)))"))
  }
  var status = stat()
  let exists = stat(path, &status) == 0
  let direct = exists && status.st_mode & S_IFMT != S_IFREG
  let target = direct ? path : "\(path).partial-\(getpid())"
  let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw failure("cannot be written") }
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count < 0 {
      if errno == EINTR { continue }
      let error = failure("cannot be written")
      close(descriptor)
      if !direct { unlink(target) }
      throw error
    }
    written += count
  }
  guard close(descriptor) == 0 else {
    let error = failure("cannot be written")
    if !direct { unlink(target) }
    throw error
  }
  if !direct && rename(target, path) != 0 {
    let error = failure("cannot be written")
    unlink(target)
    throw error
  }
}

/// Writes UTF-8 `text` to `path` as `writeAtomically(_:to:)` does for bytes.
public func writeAtomically(_ text: String, to path: String) throws {
  var text = text
  try text.withUTF8 { try writeAtomically(UnsafeRawBufferPointer($0), to: path) }
}
