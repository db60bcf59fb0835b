import Basics
import COnnx

/// Reads a file that holds one `TensorProto`, such as `input_0.pb` of an ONNX test data set.
///
/// The data stay in the file where they are stored as they are in memory; the name is empty if the
/// file has none. Throws `Diagnostics` if the file is malformed or its element type is not supported.
public func readTensorProto(path: String) throws -> (name: String, tensor: Tensor) {
  let file = try MappedFile(path: path)
  let skeleton = try file.withUnsafeBytes { try WireScan.tensor($0, file: path).skeleton }
  guard let message = onnx__tensor_proto__unpack(nil, skeleton.count, skeleton) else {
    throw Diagnostics(Diagnostic(file: path, "libprotobuf-c cannot unpack the tensor"))
  }
  defer { onnx__tensor_proto__free_unpacked(message, nil) }
  let proto = OnnxTensor(message: UnsafePointer(message), files: ModelFiles(main: file))
  return (proto.name, try proto.tensor())
}

/// The bytes of a `TensorProto` that holds `tensor`, its elements as `raw_data`.
public func encodeTensorProto(name: String, tensor: Tensor) -> [UInt8] {
  var bytes: [UInt8] = []
  func append(_ field: TensorField, _ type: WireReader.WireType, _ value: Int) {
    appendVarint(UInt64(field.rawValue) << 3 | UInt64(type.rawValue), to: &bytes)
    appendVarint(UInt64(value), to: &bytes)
  }
  for dimension in tensor.shape { append(.dims, .varint, dimension) }
  append(.dataType, .varint, Int(OnnxElementType(tensor.type).rawValue))
  append(.name, .bytes, name.utf8.count)
  bytes += name.utf8
  let content = tensor.fileBytes
  append(.rawData, .bytes, content.count)
  content.withUnsafeBytes { bytes.append(contentsOf: $0) }
  return bytes
}
