import Foundation

/// Where the files of the repository are that tests read.
public enum Repository {
  /// The folder of the package.
  public static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL.path

  /// The path of a file of the repository, by its path in the package.
  public static func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The path of a sample's file.
  public static func sample(_ name: String) -> String { path("samples/\(name)") }

  /// The path of a model that the project makes for its tests, or of another file of `Tests/Models`.
  public static func model(_ name: String) -> String { path("Tests/Models/\(name)") }

  /// The folder beside the package that may hold networks and data of others.
  public static let shared = URL(filePath: path("../shared")).standardizedFileURL.path

  /// Whether a file is there, of those that `shared` may hold.
  public static func hasShared(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(shared)/\(name)")
  }

  /// Whether networks of others are there.
  public static let hasSharedModels = hasShared("models")

  /// The paths of the files of networks of others whose names end in `suffix`, sorted.
  public static func sharedModelFiles(_ suffix: String) -> [String] {
    let models = "\(shared)/models"
    let names = FileManager.default.enumerator(atPath: models)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(models)/\($0)" }
  }
}
