import Basics
import Glibc

/// The file of a model, and those in its folder that hold elements of its tensors.
///
/// Elements stay in the files until somebody reads them.
final class ModelFiles {
  /// How many bytes of sparse tensors are written out for one model.
  static let sparseLimit = 1 << 29

  /// Why a file beside the model is refused.
  struct Refusal: Error {
    var message: String
    var help: String?
    /// Whether there is no such file.
    var isAbsent = false
  }

  /// The file of the model.
  let main: MappedFile
  /// Whether other files may lie beside it.
  private let hasFolder: Bool
  private var external: [String: Result<MappedFile, Refusal>] = [:]
  private var sparseBytes = 0

  /// Creates the files of the model in `main`.
  init(main: MappedFile, hasFolder: Bool = true) {
    self.main = main
    self.hasFolder = hasFolder
  }

  /// The file at `location`, a path that is relative to the folder of the model and does not lead
  /// out of it.
  ///
  /// Where the model is a link, as in the cache of the Hugging Face Hub, the file may be one too, into
  /// the folder that the model itself lies in.
  func file(at location: String) throws(Refusal) -> MappedFile {
    if let known = external[location] { return try known.get() }
    let result = Result { () throws(Refusal) in try open(location) }
    external[location] = result
    return try result.get()
  }

  /// Tells the system how the files are read from now on.
  func expect(_ access: MappedFile.Access) {
    main.expect(access)
    for case .success(let file) in external.values { file.expect(access) }
  }

  /// Whether a sparse tensor may be written out as `count` bytes beside those before.
  func reserveSparse(_ count: Int) -> Bool {
    guard count <= Self.sparseLimit - sparseBytes else { return false }
    sparseBytes += count
    return true
  }

  private func open(_ location: String) throws(Refusal) -> MappedFile {
    guard !location.hasPrefix("/") else {
      throw Refusal(
        message: "keeps its data in \"\(location)\", which is not a path relative to the model",
        help: "give the path relative to the folder of the model")
    }
    guard hasFolder else {
      throw Refusal(
        message: "keeps its data in \"\(location)\", but a model on standard input has no folder",
        help: "give the path of the model")
    }
    guard let inside = Self.withoutDetours(location) else {
      throw Refusal(
        message: "keeps its data in \"\(location)\", which leads out of the folder of the model",
        help: "put the file into the folder of the model")
    }
    let folder = main.path.lastIndex(of: "/").map { String(main.path[...$0]) } ?? "./"
    let path = folder + inside
    guard let target = Self.resolved(path) else {
      throw Refusal(
        message: "keeps its data in \"\(location)\", which cannot be opened: "
          + String(cString: strerror(errno)),
        help: "put the file beside the model, or save the model as one file; without it, "
          + "aimcc compile --plan tells how the network maps",
        isAbsent: errno == ENOENT)
    }
    let origin = Self.resolved(main.path).map { $0[...($0.lastIndex(of: "/") ?? $0.startIndex)] }
    guard let root = Self.resolved(folder),
      target.hasPrefix(root == "/" ? root : root + "/")
        || target.dropLast(target.reversed().prefix { $0 != "/" }.count) == origin
    else {
      throw Refusal(
        message:
          "keeps its data in \"\(location)\", which is a link out of the folder of the model",
        help: "copy the file into the folder of the model")
    }
    do {
      let file = try MappedFile(path: path)
      file.expect(.scattered)
      return file
    } catch {
      let reasons = (error as? Diagnostics)?.items.map(\.message).joined(separator: "; ") ?? ""
      throw Refusal(message: "keeps its data in \"\(location)\", which \(reasons)")
    }
  }

  /// The relative path `location` without `.` and `..`; `nil` if it leads out of the folder.
  private static func withoutDetours(_ location: String) -> String? {
    var parts: [Substring] = []
    for part in location.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  /// The path without links; `nil` if there is no such file.
  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
