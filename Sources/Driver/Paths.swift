import Basics
import Foundation
import Glibc

/// What is at a path.
enum PathKind {
  case missing, file, folder
  /// A pipe, a device or a socket.
  case special

  /// Looks at `path`, following symbolic links.
  init(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      self = .missing
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .special
    }
  }
}

/// Throws unless `path` is a file that can be opened for reading.
func requireFile(_ path: String, _ what: String) throws {
  switch PathKind(path) {
  case .file, .special: return
  case .missing:
    throw Diagnostics(Diagnostic(file: path, "there is no such file", supported: what))
  case .folder:
    throw Diagnostics(Diagnostic(file: path, "is a folder", supported: what))
  }
}

/// The names in the folder at `path`, sorted.
func listFolder(_ path: String) throws -> [String] {
  do {
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  } catch {
    throw Diagnostics(Diagnostic(file: path, "the folder cannot be listed"))
  }
}

/// Makes the folder at `path`, and those above it, unless it is there already.
func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw Diagnostics(Diagnostic(file: path, "the folder cannot be made"))
  }
}

/// The path of `name` in `folder`.
func join(_ folder: String, _ name: String) -> String {
  folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The folder that `path` lies in.
func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// `path` with `suffix` in place of `.onnx` or whatever extension its last component has.
func replacingExtension(_ path: String, with suffix: String) -> String {
  let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path + suffix }
  return path[..<dot] + suffix
}
