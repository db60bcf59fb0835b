import Basics
import COnnx
import IR

/// What a model says of an input or output.
struct OnnxValueInfo {
  /// Why a type is refused.
  struct Refusal: Error {
    var message: String
    var supported: String?
  }

  private let message: UnsafePointer<Onnx__ValueInfoProto>

  /// Reads `message`.
  init(_ message: UnsafePointer<Onnx__ValueInfoProto>) { self.message = message }

  /// The name of the value.
  var name: String { string(message.pointee.name) }

  /// The type of the value.
  ///
  /// A dimension that has neither size nor name is named after the value and its position.
  func type() -> Result<ValueType, Refusal> {
    guard let type = message.pointee.type else {
      return .failure(Refusal(message: "has no type"))
    }
    guard type.pointee.value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE,
      let tensor = type.pointee.tensor_type
    else {
      return .failure(
        Refusal(message: "is not a tensor", supported: "dense tensors"))
    }
    let element = OnnxElementType(rawValue: tensor.pointee.elem_type)
    guard let elementType = element.elementType else {
      return .failure(
        Refusal(
          message: "has elements of type \(element.name), which is not supported",
          supported: OnnxElementType.supported))
    }
    guard let shape = tensor.pointee.shape else { return .success(ValueType(elementType, nil)) }
    let dimensions = messages(shape.pointee.dim, shape.pointee.n_dim)
      .enumerated().map { dimension($1, at: $0) }
    guard dimensions.count <= rankLimit else {
      return .failure(
        Refusal(message: "has \(dimensions.count) dimensions", supported: "at most \(rankLimit)"))
    }
    if let size = dimensions.compactMap(\.value).first(where: { $0 < 0 }) {
      return .failure(Refusal(message: "has a dimension of \(size) elements"))
    }
    // A size that is not known counts as 1.
    guard elementCount(dimensions.map { $0.value ?? 1 }) != nil else {
      return .failure(Refusal(message: "has more elements than can be addressed"))
    }
    return .success(ValueType(elementType, dimensions))
  }

  private func dimension(
    _ message: UnsafePointer<Onnx__TensorShapeProto__Dimension>, at index: Int
  ) -> Dimension {
    switch message.pointee.value_case {
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
    where message.pointee.dim_value != -1:
      return .fixed(Int(message.pointee.dim_value))
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
      let symbol = string(message.pointee.dim_param)
      if !symbol.isEmpty { return .symbol(symbol) }
      fallthrough
    // Some exporters write -1 for a size that is not known.
    default:
      return .symbol("\(name).\(index)")
    }
  }

  /// Whether the declared type `a` can be that of a value of type `b`.
  static func agrees(_ a: ValueType, with b: ValueType) -> Bool {
    guard a.element == b.element else { return false }
    guard let x = a.shape, let y = b.shape else { return true }
    return x.count == y.count
      && zip(x, y).allSatisfy { $0.value == nil || $1.value == nil || $0.value == $1.value }
  }
}
