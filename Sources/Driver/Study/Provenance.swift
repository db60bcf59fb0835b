import Basics

/// What the results of an evaluation come from: all that it takes to repeat it.
struct Provenance: Codable, Hashable, Sendable {
  /// The words of the command without the name of the program: those that decide the results.
  var command: [String]
  /// The options of the compilation in the order of the table, those that a search has chosen among them.
  var options: [String]
  /// The version of aimcc.
  var version: String
  /// The files that were read.
  var files: [FileDigest]
}

/// A file by its name and its content.
struct FileDigest: Codable, Hashable, Sendable {
  /// The path, as it was given.
  var file: String
  /// The digest of its bytes.
  var sha256: String

  /// Those of `paths` that are files, each once.
  ///
  /// Throws `Diagnostics` if one cannot be read.
  static func of(_ paths: [String]) throws -> [FileDigest] {
    var known: Set<String> = []
    return try paths.filter { known.insert($0).inserted && PathKind($0) == .file }.map { path in
      let file = try MappedFile(path: path)
      return FileDigest(
        file: path, sha256: SHA256.digest(Bytes(file: file, range: 0..<file.count)))
    }
  }
}

extension Provenance {
  /// Options that say how much is done and where results go: what a result is does not depend on them.
  private static let idle: (flags: Set<String>, options: Set<String>) = (
    ["--json", "--wide", "--quiet", "-q", "--timing", "--verify-each"],
    ["--csv", "--svg", "--part", "--shard", "--resume"]
  )

  /// The words of `command` that decide what a result is, with values apart from their options.
  static func decisive(_ command: [String]) -> [String] {
    var words: [String] = []
    var rest = command[...]
    while let word = rest.popFirst() {
      if word == "--" { return words + [word] + rest }
      let name = word.hasPrefix("--") ? String(word.prefix { $0 != "=" }) : word
      if idle.flags.contains(name) { continue }
      if idle.options.contains(name) {
        if name == word { _ = rest.popFirst() }
        continue
      }
      words.append(name)
      if name != word { words.append(String(word.dropFirst(name.count + 1))) }
    }
    return words
  }
}
