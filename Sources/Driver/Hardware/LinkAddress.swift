import Basics
import Glibc

/// Where a device listens: a socket of this machine, which is a file, or a port that only this machine reaches.
public struct LinkAddress: Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable { case file(String), port(UInt16) }

  private let kind: Kind
  /// As the user wrote it.
  public let description: String

  /// Creates an address: `tcp:PORT` for a port of 127.0.0.1, anything else is the path of a socket.
  ///
  /// Throws `Diagnostics` if the port is none, or the path longer than the system takes.
  public init(_ text: String) throws {
    description = text
    if text.hasPrefix("tcp:") {
      guard let port = UInt16(text.dropFirst(4)), port > 0 else {
        throw Diagnostics(
          Diagnostic(
            .error, "\"\(text)\" names no port",
            supported: "tcp:PORT with a number from 1 to 65535, which is one of this machine alone",
            help: "reach a device of another machine through a tunnel, as ssh -L gives it"))
      }
      kind = .port(port)
      return
    }
    guard !text.isEmpty, text.utf8.count < Self.mostPathBytes else {
      throw Diagnostics(
        Diagnostic(
          .error, "\"\(text)\" cannot be the path of a socket",
          supported: "paths of 1 to \(Self.mostPathBytes - 1) bytes"))
    }
    kind = .file(text)
  }

  /// The path of the socket; `nil` for a port.
  var path: String? { if case .file(let path) = kind { path } else { nil } }

  private static let mostPathBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

  /// Connects to the device; `nil` if nothing listens there.
  func connected() -> Int32? {
    guard let descriptor = socket() else { return nil }
    let status = withAddress { Glibc.connect(descriptor, $0, $1) }
    if status == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  /// Listens there.
  ///
  /// Throws `Diagnostics` if the address is taken or cannot be used.
  func listening() throws -> Int32 {
    if let path { try Self.makeRoom(path, at: self) }
    guard let descriptor = socket() else { throw failure("no socket can be made") }
    var reuse: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    // Only the user that runs the chip may talk to it.
    let mask = umask(0o177)
    let status = withAddress { Glibc.bind(descriptor, $0, $1) }
    umask(mask)
    guard status == 0, listen(descriptor, 4) == 0 else {
      defer { close(descriptor) }
      throw failure("cannot be listened at")
    }
    return descriptor
  }

  /// Removes a socket at which nothing listens any more.
  private static func makeRoom(_ path: String, at address: LinkAddress) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Diagnostics(
        Diagnostic(
          file: path, "is there already, and is no socket", help: "give a name that is free"))
    }
    if let other = address.connected() {
      close(other)
      throw Diagnostics(
        Diagnostic(file: path, "another device listens here", help: "give a name that is free"))
    }
    unlink(path)
  }

  private func socket() -> Int32? {
    let family = path == nil ? AF_INET : AF_UNIX
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(family, type, 0)
    guard descriptor >= 0 else { return nil }
    if path == nil {
      var on: Int32 = 1
      setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    return descriptor
  }

  private func withAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    switch kind {
    case .file(let path):
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { target in
        target.copyBytes(from: path.utf8)
      }
      return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    case .port(let port):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
  }

  private func failure(_ what: String) -> Diagnostics {
    Diagnostics(Diagnostic(file: description, "\(what): \(String(cString: strerror(errno)))"))
  }
}

/// Waits until one of `descriptors` has something to read, or has ended, for so many milliseconds; -1 is for ever.
///
/// Returns the places of those that do.
func waitForInput(_ descriptors: [Int32], milliseconds: Int32) -> [Int] {
  var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return [] }
  return polled.indices.filter { polled[$0].revents != 0 }
}

/// Sends all bytes; returns whether the other end is still there.
func sendAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var sent = 0
  while sent < bytes.count {
    let count = send(
      descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
    if count < 0 && errno != EINTR { return false }
    sent += max(count, 0)
  }
  return true
}
