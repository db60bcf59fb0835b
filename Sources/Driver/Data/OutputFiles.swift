import Basics

/// Where arrays go: into an NPZ archive, or into a folder, an NPY file each.
struct ArrayOutput {
  private enum Form {
    case archive(OutputFile)
    /// The path, and the file of the first array, if there is one.
    case folder(String, first: OutputFile?)
  }

  private let form: Form

  /// Creates an output into an archive.
  init(archive: OutputFile) { form = .archive(archive) }

  /// Creates an output into the folder at `path`, in which the file of the first array is open.
  init(folder path: String, first: OutputFile?) { form = .folder(path, first: first) }

  /// Writes `arrays` and completes all files.
  ///
  /// Throws `Diagnostics` with every file that cannot be written; the others are.
  func write(_ arrays: [NamedTensor]) throws {
    switch form {
    case .archive(let file): try writeNPZ(arrays, to: file)
    case .folder(let path, let first):
      var faults = Diagnostics()
      for (name, array) in zip(Self.fileNames(arrays.map(\.name)), arrays) {
        try faults.collect {
          let target = join(path, "\(name).npy")
          let file = try first?.target == target ? first! : OutputFile(target)
          try encodeNPY(array.tensor).withUnsafeBytes(file.write)
          try file.complete()
        }
      }
      try faults.throwIfErrors()
    }
  }

  /// The names of the files for arrays of these names, without what comes behind the point.
  static func fileNames(_ names: [String]) -> [String] {
    var used: Set<String> = []
    return names.enumerated().map { index, name in
      var text = fileName(name)
      // Two names may differ only in characters that a file name cannot have.
      if !used.insert(text).inserted { text = "\(text)_\(index)" }
      used.insert(text)
      return text
    }
  }

  /// `name` as the name of a file: no folders, nothing hidden, nothing that a shell would mind.
  private static func fileName(_ name: String) -> String {
    let text = String(
      name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }.prefix(100))
    return text.isEmpty || text.hasPrefix(".") ? "output\(text)" : text
  }
}
