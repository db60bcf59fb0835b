/// The field numbers of `onnx.TensorProto` that the importer reads or writes on the wire itself.
enum TensorField: UInt32 {
  case dims = 1
  case dataType = 2
  case floatData = 4
  case int32Data = 5
  case int64Data = 7
  case name = 8
  case rawData = 9
  case doubleData = 10
  case uint64Data = 11

  /// Whether the field holds numbers, which stay in the file.
  var isData: Bool {
    switch self {
    case .floatData, .int32Data, .int64Data, .rawData, .doubleData, .uint64Data: true
    case .dims, .dataType, .name: false
    }
  }

  /// The name in the `.proto` file.
  var protoName: String {
    switch self {
    case .dims: "dims"
    case .dataType: "data_type"
    case .floatData: "float_data"
    case .int32Data: "int32_data"
    case .int64Data: "int64_data"
    case .name: "name"
    case .rawData: "raw_data"
    case .doubleData: "double_data"
    case .uint64Data: "uint64_data"
    }
  }
}
