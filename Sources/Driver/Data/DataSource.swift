import Basics
import Foundation
import Frontend

/// What the path given with `--data` holds, before it is matched with the ports of a network.
public struct DataSource: Sendable {
  /// The arrays of one `test_data_set_N` folder, in the order of their numbers.
  public struct Record: Sendable {
    /// The folder.
    public var path: String
    /// The arrays of `input_0.pb`, `input_1.pb`, …
    public var inputs: [NamedTensor]
    /// The arrays of `output_0.pb`, `output_1.pb`, …; may be empty.
    public var outputs: [NamedTensor]
  }

  /// The content in the form in which it came.
  public enum Content: Sendable {
    /// One array, from an NPY file.
    case array(Tensor)
    /// Named arrays, from an NPZ archive.
    case archive([NamedTensor])
    /// ONNX test data sets.
    case records([Record])
  }

  /// The path, as the user gave it.
  public var path: String
  /// What is there.
  public var content: Content

  /// Creates a source from its parts.
  public init(path: String, content: Content) {
    self.path = path
    self.content = content
  }

  /// Reads an NPY file, an NPZ archive, a `test_data_set_N` folder, or a folder of such folders.
  ///
  /// Files are told apart by their first bytes, not by their names. Throws `Diagnostics` listing
  /// everything that cannot be read.
  public init(path: String) throws {
    self.path = path
    switch PathKind(path) {
    case .missing: throw Diagnostics(Diagnostic(file: path, "there is no such file or folder"))
    case .folder: content = .records(try Self.records(in: path))
    case .file, .special:
      let file = try MappedFile(path: path)
      let start = file.withUnsafeBytes { Array($0.prefix(6)) }
      if start == NPYHeader.magic {
        content = .array(try readNPY(path: path))
      } else if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) {
        content = .archive(try readNPZ(path: path))
      } else {
        throw Diagnostics(
          Diagnostic(file: path, "is not a known form of data", supported: Self.supported))
      }
    }
  }

  static let supported =
    "an NPY file, an NPZ archive, a test_data_set_N folder of .pb files, or a folder of those"

  private static func records(in path: String) throws -> [Record] {
    let names = try listFolder(path)
    if names.contains(where: {
      fileNumber($0, prefix: "input_") != nil || fileNumber($0, prefix: "output_") != nil
    }) {
      return [try record(in: path, names)]
    }
    let folders = names.compactMap { name in
      folderNumber(name).map { (number: $0, name: name) }
    }.sorted { ($0.number, $0.name) < ($1.number, $1.name) }
    guard !folders.isEmpty else {
      throw Diagnostics(
        Diagnostic(
          file: path, "holds neither input_0.pb nor a test_data_set_N folder",
          supported: supported))
    }
    var faults = Diagnostics()
    var records: [Record] = []
    for folder in folders {
      let inner = join(path, folder.name)
      do {
        records.append(try record(in: inner, try listFolder(inner)))
      } catch let error as Diagnostics {
        faults.items += error.items
      }
    }
    try faults.throwIfErrors()
    return records
  }

  private static func record(in path: String, _ names: [String]) throws -> Record {
    var faults = Diagnostics()
    func arrays(_ prefix: String) -> [NamedTensor] {
      let numbers = names.compactMap { fileNumber($0, prefix: prefix) }.sorted()
      for (expected, number) in numbers.enumerated() where expected != number {
        faults.append(
          Diagnostic(file: path, "holds \(prefix)\(number).pb but no \(prefix)\(expected).pb"))
        return []
      }
      return numbers.compactMap { number in
        do {
          let read = try readTensorProto(path: join(path, "\(prefix)\(number).pb"))
          return NamedTensor(name: read.name, tensor: read.tensor)
        } catch let error as Diagnostics {
          faults.items += error.items
        } catch {
          faults.append(Diagnostic(file: path, "\(error)"))
        }
        return nil
      }
    }
    let inputs = arrays("input_")
    let outputs = arrays("output_")
    try faults.throwIfErrors()
    // A network without inputs has none, but something to compare with.
    guard !inputs.isEmpty || !outputs.isEmpty else {
      throw Diagnostics(Diagnostic(file: path, "holds no input_0.pb"))
    }
    return Record(path: path, inputs: inputs, outputs: outputs)
  }

  /// The N of a file named `prefix` + N + `.pb`.
  private static func fileNumber(_ name: String, prefix: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(".pb") else { return nil }
    return number(name.dropFirst(prefix.count).dropLast(3))
  }

  /// The N of a folder named `test_data_set_N`.
  private static func folderNumber(_ name: String) -> Int? {
    let prefix = "test_data_set_"
    return name.hasPrefix(prefix) ? number(name.dropFirst(prefix.count)) : nil
  }

  private static func number(_ text: Substring) -> Int? {
    text.allSatisfy { ("0"..."9").contains($0) } ? Int(text) : nil
  }
}
