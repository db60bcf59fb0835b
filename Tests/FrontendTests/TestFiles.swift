import Foundation

/// Files that tests read and write.
enum TestFiles {
  /// The folder of real models beside the project, which may be absent.
  static let models = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/models").path

  /// Whether the folder of real models is there.
  static var haveModels: Bool { FileManager.default.fileExists(atPath: models) }

  /// The paths of the files under the folder of real models that end with `suffix`, sorted.
  static func modelFiles(_ suffix: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: models)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(models)/\($0)" }
  }

  /// Calls `body` with the path of a file that holds `bytes`, and removes the file.
  static func with<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("aimcc-\(UUID().uuidString).onnx").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }
}
