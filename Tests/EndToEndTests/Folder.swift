import Foundation

/// A new folder that is removed with the value that holds it.
final class Folder {
  /// Where it is.
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "aimcc-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The names of the files in the folder, sorted.
  var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// The folder of the package.
let packagePath = ModelFolder.package.standardizedFileURL.path

/// The path of a sample's file.
func samplePath(_ name: String) -> String { "\(packagePath)/samples/\(name)" }
