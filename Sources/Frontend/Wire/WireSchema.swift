import CProtobufC
import COnnx

/// One kind of protobuf message, as the table that libprotobuf-c itself unpacks by describes it.
///
/// Reading that table rather than a second one means that scan and library cannot disagree.
struct MessageKind: Equatable {
  private let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

  private init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) {
    self.descriptor = descriptor
  }

  /// `onnx.ModelProto`.
  static var model: MessageKind {
    var message = Onnx__ModelProto()
    onnx__model_proto__init(&message)
    return MessageKind(message.base.descriptor)
  }

  /// `onnx.TensorProto`.
  static var tensor: MessageKind {
    var message = Onnx__TensorProto()
    onnx__tensor_proto__init(&message)
    return MessageKind(message.base.descriptor)
  }

  /// The name without the package, such as `NodeProto`.
  var name: String { String(cString: descriptor.pointee.short_name) }

  /// The size of the unpacked structure in bytes.
  var structureSize: Int { descriptor.pointee.sizeof_message }

  /// The field with `number`, and its position among the fields (below 64 in every ONNX message).
  func field(number: UInt32) -> (field: FieldKind, position: Int)? {
    for position in 0..<Int(descriptor.pointee.n_fields) {
      let field = descriptor.pointee.fields + position
      if field.pointee.id == number { return (FieldKind(field), position) }
    }
    return nil
  }

  /// The positions, as a bit set, of the fields of which only one may be given once `field` is.
  func alternatives(to field: FieldKind, at position: Int) -> UInt64 {
    guard let union = field.union else { return 1 << UInt64(position) }
    var set: UInt64 = 0
    for position in 0..<Int(descriptor.pointee.n_fields)
    where FieldKind(descriptor.pointee.fields + position).union == union {
      set |= 1 << UInt64(position)
    }
    return set
  }

  /// One field of a message.
  struct FieldKind {
    /// What the bytes of a value mean.
    enum Value: Equatable {
      case varint(elementSize: Int)
      case fixed32, fixed64
      case string, bytes
      case message(MessageKind)
    }

    private let descriptor: UnsafePointer<ProtobufCFieldDescriptor>

    fileprivate init(_ descriptor: UnsafePointer<ProtobufCFieldDescriptor>) {
      self.descriptor = descriptor
    }

    /// The field number.
    var number: UInt32 { descriptor.pointee.id }

    /// The name in the `.proto` file.
    var name: String { String(cString: descriptor.pointee.name) }

    /// Whether the field may be given more than once.
    var isRepeated: Bool { descriptor.pointee.label == PROTOBUF_C_LABEL_REPEATED }

    /// What identifies the `oneof` that the field belongs to.
    fileprivate var union: UInt32? {
      let isMember = descriptor.pointee.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0
      return isMember ? descriptor.pointee.quantifier_offset : nil
    }

    /// What the bytes of a value mean.
    var value: Value {
      switch descriptor.pointee.type {
      case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_UINT32,
        PROTOBUF_C_TYPE_ENUM, PROTOBUF_C_TYPE_BOOL:
        return .varint(elementSize: 4)
      case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_UINT64:
        return .varint(elementSize: 8)
      case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT:
        return .fixed32
      case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE:
        return .fixed64
      case PROTOBUF_C_TYPE_STRING:
        return .string
      case PROTOBUF_C_TYPE_MESSAGE:
        let kind = descriptor.pointee.descriptor.assumingMemoryBound(
          to: ProtobufCMessageDescriptor.self)
        return .message(MessageKind(kind))
      default:
        return .bytes
      }
    }
  }
}
