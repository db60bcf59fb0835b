import Basics
import Chip
import Frontend

/// The files of a command: those that it reads or would find by itself, and those that it writes.
///
/// A file may not be both, whatever names lead to it, and no two outputs may have one name: what would be
/// lost is refused before any work.
struct CommandFiles {
  /// Where an output will be: the identity of the folder and a name in it.
  private struct Place: Hashable {
    var folder: FileIdentity
    var name: String
  }

  /// By what an input is called.
  private var inputs: [FileIdentity: String] = [:]
  /// By the options that name the outputs.
  private var outputs: [FileIdentity: String] = [:]
  private var places: [Place: String] = [:]
  /// What is wrong with the outputs so far.
  private(set) var faults = Diagnostics()

  // MARK: Inputs

  /// Adds the file at `path`, if there is one.
  mutating func reads(_ path: String) {
    guard PathKind(path) == .file, let identity = FileIdentity(path) else { return }
    if inputs[identity] == nil { inputs[identity] = path }
  }

  /// Adds the data at `path`: a file, or the tensors of the test data sets in a folder.
  mutating func reads(data path: String) {
    for file in Self.files(data: path) { reads(file) }
  }

  /// Adds the model at `path`, the files that hold its weights, and the chip files that it names.
  mutating func reads(model path: String) {
    for file in Self.files(model: path) { reads(file) }
  }

  /// Adds what compilation with `options` reads beside the model at `path`: the chip, the data that it is
  /// given, and those that it would find.
  mutating func reads(for options: CompileOptions, besideModel path: String) {
    for file in Self.files(of: options, besideModel: path) { reads(file) }
    let folder = parent(of: path)
    for name in ["calibration.npz", "test.npz"] { reads(join(folder, name)) }
    if hasTestDataSets(folder) { reads(data: folder) }
  }

  /// Adds the file that faults of simulated chips come from, if they come from one.
  mutating func reads(faults source: FaultSource?) {
    for file in Self.files(faults: source) { reads(file) }
  }

  // MARK: Outputs

  /// Opens the file that `option` asks for at `path`; `nil` if it is not given, or cannot be, which
  /// `faults` then tell.
  mutating func opened(_ path: String?, _ option: String) -> OutputFile? {
    guard let path, writes(path, option) else { return nil }
    return collecting { try OutputFile(path) }
  }

  /// Makes room for `names` as `option` asks: an NPZ archive if `path` ends in `.npz`, else files in a folder,
  /// which is made if it is not there.
  mutating func opened(_ path: String?, _ option: String, names: [String]) -> ArrayOutput? {
    guard let path else { return nil }
    if path.hasSuffix(".npz") {
      return opened(path, option).map { ArrayOutput(archive: $0) }
    }
    switch PathKind(path) {
    case .folder: break
    case .missing: guard collecting({ try makeFolder(path) }) != nil else { return nil }
    case .file, .special:
      faults.append(
        Diagnostic(file: path, "is no folder", supported: "a folder, or a name that ends in .npz"))
      return nil
    }
    let targets = ArrayOutput.fileNames(names).map { join(path, "\($0).npy") }
    guard targets.map({ writes($0, option) }).allSatisfy({ $0 }) else { return nil }
    // Whether the folder can be written is seen by its first file.
    return collecting {
      ArrayOutput(folder: path, first: try targets.first.map { try OutputFile($0) })
    }
  }

  /// Makes the folder at `path`, unless it is there, for the files at `targets`, which `option` writes one after the
  /// other; the first shows whether the folder can be written.
  mutating func makes(folder path: String, names targets: [String], _ option: String) {
    guard ![.file, .special].contains(PathKind(path)) else {
      _ = refuse(path, "is no folder", help: "name a folder")
      return
    }
    guard collecting({ try makeFolder(path) }) != nil,
      targets.map({ writes($0, option) }).allSatisfy({ $0 })
    else { return }
    _ = collecting { try targets.first.map { try OutputFile($0) } }
  }

  /// What `body` gives; `nil` if it fails, which `faults` then tell.
  private mutating func collecting<T>(_ body: () throws -> T) -> T? {
    do { return try body() } catch let found as Diagnostics {
      faults.items += found.items
    } catch {
      faults.append(Diagnostic(.error, "\(error)"))
    }
    return nil
  }

  /// Takes note of an output of `option` at `path`; returns whether it may be written.
  private mutating func writes(_ path: String, _ option: String) -> Bool {
    switch PathKind(path) {
    case .folder:
      return refuse(path, "is a folder", help: "name a file in it, such as \(join(path, "out"))")
    case .special: return true
    case .file, .missing: break
    }
    guard let folder = FileIdentity(parent(of: path)), PathKind(parent(of: path)) == .folder else {
      return refuse(path, "its folder \(parent(of: path)) does not exist")
    }
    let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty else { return refuse(path, "is not the name of a file") }
    let identity = FileIdentity(path)
    if let input = identity.flatMap({ inputs[$0] }) {
      return refuse(
        path, "is both input and output",
        help: "\(option) would overwrite \(input), which is read; give it another name")
    }
    let place = Place(folder: folder, name: name)
    if let other = places[place] ?? identity.flatMap({ outputs[$0] }) {
      return refuse(
        path, "is the output of both \(other) and \(option)", help: "give each a name of its own")
    }
    places[place] = option
    if let identity { outputs[identity] = option }
    return true
  }

  private mutating func refuse(_ path: String, _ message: String, help: String? = nil) -> Bool {
    faults.append(Diagnostic(file: path, message, help: help))
    return false
  }
}

extension CommandFiles {
  /// The files of the data at `path`: that itself, or the tensors of the test data sets in a folder.
  static func files(data path: String) -> [String] {
    guard PathKind(path) == .folder else { return [path] }
    var files: [String] = []
    for name in (try? listFolder(path)) ?? [] {
      let inner = join(path, name)
      if name.hasSuffix(".pb") { files.append(inner) }
      guard name.hasPrefix("test_data_set_"), PathKind(inner) == .folder else { continue }
      for file in (try? listFolder(inner)) ?? [] where file.hasSuffix(".pb") {
        files.append(join(inner, file))
      }
    }
    return files
  }

  /// The model at `path`, the files that hold its weights, and the chip files that it names.
  static func files(model path: String) -> [String] {
    guard path.hasSuffix(textSuffix) else {
      let hasOthers = !isProgramFile(path) && PathKind(path) == .file
      return [path] + (hasOthers ? externalFiles(ofModel: path) : [])
    }
    var files = [path, path + weightsSuffix]
    let start = "  chip \""
    for line in ((try? readText(path)) ?? "").split(separator: "\n") where line.hasPrefix(start) {
      files += Chip.files(of: String(line.dropFirst(start.count).prefix { $0 != "\"" }))
    }
    return files
  }

  /// What compilation with `options` reads beside the model at `path`: the chip, and the data that it is given or finds.
  static func files(of options: CompileOptions, besideModel path: String) -> [String] {
    let typical =
      options.calibrate ?? (options.looksBesideModel ? TypicalData.beside(path) : nil)
    return Chip.files(of: options.chip) + (typical.map(files(data:)) ?? [])
      + [options.faultMap, options.tileMap].compactMap { $0 }
  }

  /// The file that faults of simulated chips come from, if they come from one.
  static func files(faults source: FaultSource?) -> [String] {
    if case .file(let path)? = source { [path] } else { [] }
  }
}

/// How the name of a tile program ends.
let programSuffix = ".aimc"
