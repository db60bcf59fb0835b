import Basics
import COnnx

/// Where a tensor says that its elements are, if they are in another file.
struct ExternalData {
  /// The path relative to the folder of the model.
  var location: String
  /// Where they begin in the file.
  var offset = 0
  /// How many bytes they are; `nil` if nothing is said.
  var length: Int?

  /// Reads the entries of a tensor; the failure says what is wrong with them.
  init(
    _ entries: [UnsafePointer<Onnx__StringStringEntryProto>]
  ) throws(ModelFiles.Refusal) {
    var known: [String: String] = [:]
    for entry in entries {
      let key = string(entry.pointee.key)
      guard known.updateValue(string(entry.pointee.value), forKey: key) == nil else {
        throw ModelFiles.Refusal(message: "gives the \(key) of its data twice")
      }
    }
    location = known["location"] ?? ""
    if location.isEmpty {
      throw ModelFiles.Refusal(message: "keeps its data in another file, but does not say which")
    }
    if let text = known["offset"] { offset = try Self.count(text, "offset") }
    if let text = known["length"] { length = try Self.count(text, "length") }
  }

  private static func count(
    _ text: String, _ name: String
  ) throws(ModelFiles.Refusal) -> Int {
    guard let count = Int(text), count >= 0 else {
      throw ModelFiles.Refusal(
        message:
          "keeps its data in another file at \(name) \"\(text)\", which is not a valid number")
    }
    return count
  }

  /// The range of a file of `size` bytes in which `needed` bytes of elements are.
  func range(
    needed: Int, inFileOf size: Int
  ) throws(ModelFiles.Refusal) -> Range<Int> {
    if let length, length != needed {
      throw ModelFiles.Refusal(
        message: "has \(length) bytes of data in \"\(location)\"; its shape needs \(needed)")
    }
    guard offset <= size, needed <= size - offset else {
      throw ModelFiles.Refusal(
        message:
          "has its \(needed) bytes of data at offset \(offset) of \"\(location)\", which has "
          + "only \(size) bytes",
        help: "the file may be incomplete")
    }
    return offset..<offset + needed
  }
}
