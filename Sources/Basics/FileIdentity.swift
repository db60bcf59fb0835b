import Glibc

/// Which file it is, whatever names lead to it.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt
  private let number: UInt

  /// The file at `path`, behind all links; `nil` if there is none.
  public init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }
}
