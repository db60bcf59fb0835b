import Basics

/// The type of the elements of an ONNX tensor: a value of `TensorProto.DataType`.
struct OnnxElementType: RawRepresentable, Hashable {
  /// The number in the protobuf file.
  var rawValue: Int32

  /// The name that ONNX gives the type, in lower case.
  var name: String {
    rawValue >= 0 && rawValue < Self.names.count
      ? Self.names[Int(rawValue)] : "of unknown number \(rawValue)"
  }

  /// The element type that stores it here; `nil` if there is none.
  var elementType: ElementType? {
    switch rawValue {
    case 1: .f32
    case 2: .u8
    case 3: .i8
    case 4: .u16
    case 5: .i16
    case 6: .i32
    case 7: .i64
    case 9: .bool
    case 10: .f16
    case 11: .f64
    case 12: .u32
    case 13: .u64
    case 16: .bf16
    case 17: .f8e4m3fn
    case 18: .f8e4m3fnuz
    case 19: .f8e5m2
    case 20: .f8e5m2fnuz
    case 21: .u4
    case 22: .i4
    case 23: .f4e2m1
    case 24: .f8e8m0
    case 25: .u2
    case 26: .i2
    default: nil
    }
  }

  /// Creates a type from its number.
  init(rawValue: Int32) { self.rawValue = rawValue }

  /// Creates the type that `element` stores.
  init(_ element: ElementType) {
    rawValue =
      switch element {
      case .f32: 1
      case .u8: 2
      case .i8: 3
      case .u16: 4
      case .i16: 5
      case .i32: 6
      case .i64: 7
      case .bool: 9
      case .f16: 10
      case .f64: 11
      case .u32: 12
      case .u64: 13
      case .bf16: 16
      case .f8e4m3fn: 17
      case .f8e4m3fnuz: 18
      case .f8e5m2: 19
      case .f8e5m2fnuz: 20
      case .u4: 21
      case .i4: 22
      case .f4e2m1: 23
      case .f8e8m0: 24
      case .u2: 25
      case .i2: 26
      }
  }

  /// What to say is supported where a type is not.
  static let supported = ElementType.allCases.map { OnnxElementType($0).name }
    .joined(separator: ", ")

  private static let names = [
    "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
    "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16",
    "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4",
    "float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2",
  ]
}
