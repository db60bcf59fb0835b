import Basics
import COnnx
import CProtobufC
import Foundation
import Frontend
import TestSupport
import Testing

/// What libprotobuf-c unpacks from the skeleton is what it would unpack from the file, but for the
/// data of tensors and fields that ONNX does not know.
struct WireScanSkeletonTests {
  /// Unpacks a model and packs it again without tensor data; `nil` if it cannot be unpacked.
  static func repackedWithoutData(_ bytes: [UInt8]) -> [UInt8]? {
    guard let message = onnx__model_proto__unpack(nil, bytes.count, bytes) else { return nil }
    defer { onnx__model_proto__free_unpacked(message, nil) }
    message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { dropData($0) }
    var packed = [UInt8](repeating: 0, count: onnx__model_proto__get_packed_size(message))
    onnx__model_proto__pack(message, &packed)
    return packed
  }

  /// Frees the data of every tensor in a message, and all unknown fields.
  static func dropData(_ message: UnsafeMutablePointer<ProtobufCMessage>) {
    for index in 0..<Int(message.pointee.n_unknown_fields) {
      free(message.pointee.unknown_fields[index].data)
    }
    message.pointee.n_unknown_fields = 0
    let descriptor = message.pointee.descriptor.pointee
    let base = UnsafeMutableRawPointer(message)
    if String(cString: descriptor.short_name) == "TensorProto" {
      let tensor = base.assumingMemoryBound(to: Onnx__TensorProto.self)
      tensor.pointee.n_float_data = 0
      tensor.pointee.n_int32_data = 0
      tensor.pointee.n_int64_data = 0
      tensor.pointee.n_double_data = 0
      tensor.pointee.n_uint64_data = 0
      tensor.pointee.has_raw_data = 0
    }
    for index in 0..<Int(descriptor.n_fields) {
      let field = descriptor.fields[index]
      guard field.type == PROTOBUF_C_TYPE_MESSAGE else { continue }
      let member = base + Int(field.offset)
      let quantifier = base + Int(field.quantifier_offset)
      if field.label == PROTOBUF_C_LABEL_REPEATED {
        let children = member.load(as: UnsafePointer<UnsafeMutablePointer<ProtobufCMessage>>?.self)
        for child in 0..<quantifier.load(as: Int.self) { dropData(children![child]) }
      } else if field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue == 0
        || quantifier.load(as: UInt32.self) == field.id
      {
        let child = member.load(as: UnsafeMutablePointer<ProtobufCMessage>?.self)
        if let child { dropData(child) }
      }
    }
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func realModels() throws {
    let paths = Repository.sharedModelFiles("model.onnx")
    #expect(!paths.isEmpty)
    for path in paths {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let (skeleton, memory) = try bytes.withUnsafeBytes { try WireScan.model($0, file: path) }
      let original = Self.repackedWithoutData(bytes)
      #expect(original != nil)
      #expect(original == Self.repackedWithoutData(skeleton), "\(path)")
      #expect(skeleton.count < bytes.count + 32)
      #expect(memory < WireScan.memoryLimit(forFileOf: bytes.count) / 4, "\(path): \(memory)")
    }
  }

  @Test func unknownFieldsAreLeftOut() throws {
    let known = WireBytes {
      $0.int(1, 8)
      $0.message(7) { $0.string(2, "net") }
    }.bytes
    let more = WireBytes {
      $0.int(1, 8)
      $0.string(1000, "from a later version")
      $0.message(7) {
        $0.string(2, "net")
        $0.float(2000, 1)
      }
    }.bytes
    let a = try known.withUnsafeBytes { try WireScan.model($0, file: "a").skeleton }
    let b = try more.withUnsafeBytes { try WireScan.model($0, file: "b").skeleton }
    #expect(a == b)
  }

  @Test func dataStayInTheFile() throws {
    let weights = [Float](repeating: 1, count: 100_000)
    let tensor = WireBytes {
      $0.int(1, 100_000)
      $0.int(2, 1)
      $0.string(8, "w")
      $0.packed(9, weights)
    }.bytes
    let skeleton = try tensor.withUnsafeBytes { try WireScan.tensor($0, file: "w").skeleton }
    #expect(skeleton.count < 64)
    try Folder.withFile(tensor) { path in
      let (name, read) = try readTensorProto(path: path)
      #expect(name == "w")
      #expect(read.bytes.fileRange?.range == (tensor.count - 400_000)..<tensor.count)
      #expect(read == Tensor(weights, shape: [100_000]))
    }
  }
}
