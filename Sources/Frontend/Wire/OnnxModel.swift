import Basics
import COnnx

/// An ONNX model as libprotobuf-c unpacked its skeleton; owns the memory.
final class OnnxModel {
  /// The file and those beside it that hold the data of the tensors.
  let files: ModelFiles

  /// The unpacked message; valid while the model lives.
  let message: UnsafePointer<Onnx__ModelProto>

  /// Maps, scans and unpacks the model at `path`, which is called `name`, and has no folder, if that is given.
  ///
  /// Throws `Diagnostics` if the file cannot be read or is no well-formed `ModelProto`.
  init(path: String, name: String? = nil) throws {
    let file = try MappedFile(path: path)
    let path = name ?? path
    files = ModelFiles(main: file, hasFolder: name == nil)
    // Payloads, which are most of a large file, are stepped over.
    file.expect(.scattered)
    if let other = file.withUnsafeBytes({ OtherFormat($0) }) {
      throw Diagnostics(
        Diagnostic(file: path, other.name, supported: "an ONNX model (.onnx)", help: other.help))
    }
    let skeleton = try file.withUnsafeBytes { try WireScan.model($0, file: path).skeleton }
    guard let message = onnx__model_proto__unpack(nil, skeleton.count, skeleton) else {
      throw Diagnostics(Diagnostic(file: path, "libprotobuf-c cannot unpack the model"))
    }
    self.message = UnsafePointer(message)
  }

  deinit { onnx__model_proto__free_unpacked(UnsafeMutablePointer(mutating: message), nil) }
}

/// The elements of a repeated field, whose elements libprotobuf-c stores as pointers.
func messages<T>(
  _ elements: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?, _ count: Int
) -> [UnsafePointer<T>] {
  UnsafeBufferPointer(start: elements, count: elements == nil ? 0 : count).compactMap {
    $0.map { UnsafePointer($0) }
  }
}

/// The elements of a repeated field of numbers.
func scalars<T>(_ elements: UnsafeMutablePointer<T>?, _ count: Int) -> [T] {
  Array(UnsafeBufferPointer(start: elements, count: elements == nil ? 0 : count))
}

/// The elements of a repeated field of strings.
func strings(
  _ elements: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
) -> [String] {
  scalars(elements, count).map(string)
}

/// A field that holds a string; empty if it is not given.
func string(_ field: UnsafeMutablePointer<CChar>?) -> String {
  field.map { String(cString: $0) } ?? ""
}
