import Foundation
import Synchronization

/// A new folder that is removed with the value that holds it.
public final class Folder: Sendable {
  /// Where it is.
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "aimcc-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  /// A new folder that is a copy of `other`.
  public init(copying other: Folder) throws {
    path = other.path + "-" + UUID().uuidString
    try FileManager.default.copyItem(atPath: other.path, toPath: path)
  }

  /// A new folder for what tests share, in a static property: it is removed when the process ends.
  public static func shared() throws -> Folder {
    let folder = try Folder()
    sharedPaths.withLock { paths in
      if paths.isEmpty {
        atexit {
          for path in Folder.sharedPaths.withLock({ $0 }) {
            try? FileManager.default.removeItem(atPath: path)
          }
        }
      }
      paths.append(folder.path)
    }
    return folder
  }

  private static let sharedPaths = Mutex<[String]>([])

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The names of the files in the folder, sorted.
  public var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Writes a file, and the folders that it lies in, and returns its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    let url = URL(filePath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return file(name)
  }

  /// Writes a text, and the folders that it lies in, and returns its path.
  @discardableResult
  public func write(text: String, _ name: String) throws -> String {
    try write(text.utf8, name)
  }

  /// Calls `body` with the path of a file that holds `bytes`, and removes the file.
  public static func withFile<R>(
    _ bytes: [UInt8], _ name: String = "file.onnx", _ body: (String) throws -> R
  ) throws -> R {
    let folder = try Folder()
    return try withExtendedLifetime(folder) { try body(folder.write(bytes, name)) }
  }
}
