import CProcess
import Glibc

/// A file that is being written: it gets its name when it is complete, and is gone if it never is.
///
/// Until then the bytes are in a temporary file beside it, which is also removed when a signal ends the
/// process. A pipe or a device is written directly, and so is a file to which standard output or
/// standard error goes. A file may also stay without a name.
public final class OutputFile {
  /// The name that it gets; the folder of a file that stays without one.
  public let target: String
  /// Where it is until it is complete.
  public let path: String
  /// Whether what was written can be read at `path`: not what goes to a pipe or a device.
  public let isReadable: Bool

  private var descriptor: Int32
  private var temporary: Int32 = -1

  /// Opens the file that will be `target`.
  ///
  /// Throws `Diagnostics` naming it when the system refuses.
  public init(_ target: String) throws {
    self.target = target
    var status = stat()
    let exists = stat(target, &status) == 0
    if exists, let stream = Self.standardStream(status) {
      (path, isReadable, descriptor) = (target, false, fcntl(stream, F_DUPFD_CLOEXEC, 0))
    } else if exists && status.st_mode & S_IFMT != S_IFREG {
      (path, isReadable, descriptor) = (target, false, open(target, O_WRONLY | O_CLOEXEC))
    } else {
      (path, descriptor) = Self.created(beside: target)
      isReadable = true
    }
    guard descriptor >= 0 else { throw Self.failure(target) }
    if isReadable { temporary = remember_temporary(path) }
  }

  /// Creates a file in `folder` that never gets a name, and is gone with this value.
  ///
  /// Throws `Diagnostics` naming the folder when the system refuses.
  public init(unnamedIn folder: String) throws {
    target = folder
    let created = Self.created(beside: folder + "/", mode: 0o600)
    descriptor = created.descriptor
    guard descriptor >= 0 else { throw Self.failure(folder) }
    unlink(created.path)
    (path, isReadable) = ("/proc/self/fd/\(descriptor)", false)
  }

  /// Standard output or standard error, if that is the regular file of `status`.
  private static func standardStream(_ status: stat) -> Int32? {
    [STDOUT_FILENO, STDERR_FILENO].first { stream in
      var other = stat()
      return status.st_mode & S_IFMT == S_IFREG && fstat(stream, &other) == 0
        && FileIdentity(other) == FileIdentity(status)
    }
  }

  /// A new file in the folder of `target`, and its path.
  private static func created(
    beside target: String, mode: mode_t = 0o666
  ) -> (path: String, descriptor: Int32) {
    let folder = target.lastIndex(of: "/").map { target[...$0] } ?? ""
    while true {
      let digits = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = "\(folder).aimcc-\(digits).partial"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
      if descriptor >= 0 || errno != EEXIST { return (path, descriptor) }
    }
  }

  deinit { discard() }

  /// Appends `bytes`; throws `Diagnostics` when the system refuses.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(descriptor >= 0, "a file is written before it is complete")
    guard writeAll(bytes, to: descriptor) else { throw Self.failure(target) }
  }

  /// Appends `text` in UTF-8; throws `Diagnostics` when the system refuses.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Gives `files` their names, after all of them are whole on their disks.
  ///
  /// Throws `Diagnostics` when the system refuses; files that have no name then are gone.
  public static func complete(_ files: [OutputFile]) throws {
    for file in files { try file.close() }
    for file in files { try file.rename() }
  }

  /// Gives the file its name, after it is whole on its disk.
  ///
  /// Throws `Diagnostics` when the system refuses; the file is gone then.
  public func complete() throws { try Self.complete([self]) }

  private func close() throws {
    guard descriptor >= 0 else { return }
    // Not everything that can be written can be synchronised.
    let isSynchronized = fsync(descriptor) == 0 || [EINVAL, EROFS, ENOTSUP].contains(errno)
    let failure = Self.failure(target)
    let isClosed = Glibc.close(descriptor) == 0
    descriptor = -1
    guard isSynchronized && isClosed else { throw isSynchronized ? Self.failure(target) : failure }
  }

  private func rename() throws {
    guard isReadable else { return }
    guard Glibc.rename(path, target) == 0 else { throw Self.failure(target) }
    forget_temporary(temporary)
    temporary = -1
    isNamed = true
    // The name is on the disk when the folder is; where that cannot be asked for, the system sees to it.
    let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
    let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if opened >= 0 {
      fsync(opened)
      Glibc.close(opened)
    }
  }

  private var isNamed = false

  /// Removes what was written, unless the file has its name.
  private func discard() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    if isReadable && !isNamed {
      unlink(path)
      forget_temporary(temporary)
    }
  }

  private static func failure(_ path: String) -> Diagnostics {
    let reason = String(cString: strerror(errno))
    return Diagnostics(Diagnostic(file: path, "cannot be written: \(reason)"))
  }
}

/// Writes all of `bytes` to an open file; `false`, with the reason in `errno`, when the system refuses.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count < 0 && errno != EINTR { return false }
    written += max(count, 0)
  }
  return true
}

/// Writes `bytes` to `path` so that the file is either complete or not there.
///
/// Throws `Diagnostics` naming `path` when the system refuses.
public func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
  let file = try OutputFile(path)
  try file.write(bytes)
  try file.complete()
}

/// Writes UTF-8 `text` to `path` so that the file is either complete or not there.
///
/// Throws `Diagnostics` naming `path` when the system refuses.
public func writeAtomically(_ text: String, to path: String) throws {
  let file = try OutputFile(path)
  try file.write(text)
  try file.complete()
}
