import Basics

/// Throws unless outputs can be written to `path`: an NPZ archive if it ends in `.npz`, else a folder,
/// which is made if it is not there.
func prepareOutput(_ path: String, inputs: [String]) throws {
  if path.hasSuffix(".npz") {
    try requireWritable(path, inputs: inputs)
  } else {
    switch PathKind(path) {
    case .folder: return
    case .missing: try makeFolder(path)
    case .file, .special:
      throw Diagnostics(
        Diagnostic(file: path, "is a file", supported: "a folder, or a name that ends in .npz"))
    }
  }
}

/// Writes each array to NAME.npy in the folder `path`, or all of them to the NPZ archive `path`.
func writeOutputs(_ arrays: [NamedTensor], to path: String) throws {
  if path.hasSuffix(".npz") {
    try writeNPZ(arrays, to: path)
    return
  }
  var used: Set<String> = []
  for (index, array) in arrays.enumerated() {
    var name = fileName(array.name)
    // Two names may differ only in characters that a file name cannot have.
    if !used.insert(name).inserted { name = "\(name)_\(index)" }
    used.insert(name)
    let bytes = encodeNPY(array.tensor)
    try bytes.withUnsafeBytes { try writeAtomically($0, to: join(path, "\(name).npy")) }
  }
}

/// `name` as the name of a file: no folders, nothing hidden, nothing that a shell would mind.
private func fileName(_ name: String) -> String {
  let text = String(
    name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }.prefix(100))
  return text.isEmpty || text.hasPrefix(".") ? "output\(text)" : text
}
