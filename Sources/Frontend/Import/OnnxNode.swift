import COnnx

/// A node of an ONNX graph under the name that it has here.
struct OnnxNode {
  /// The name: that of the model, or one made from the operator and the position.
  let name: String
  /// The operator.
  let op: String
  /// The domain of the operator; empty for that of ONNX itself.
  let domain: String
  /// The names of what it reads; empty for what is left out. None is left out at the end.
  let operands: [String]
  /// The names of what it defines; empty for what nobody wants.
  let results: [String]
  /// The attributes in the order of the file.
  let attributes: [UnsafePointer<Onnx__AttributeProto>]

  /// Reads the node `message` of which `name` is the name here.
  init(_ message: UnsafePointer<Onnx__NodeProto>, name: String) {
    self.name = name
    op = string(message.pointee.op_type)
    domain = Self.domain(string(message.pointee.domain))
    var operands = strings(message.pointee.input, message.pointee.n_input)
    while operands.last?.isEmpty == true { operands.removeLast() }
    self.operands = operands
    results = strings(message.pointee.output, message.pointee.n_output)
    attributes = messages(message.pointee.attribute, message.pointee.n_attribute)
  }

  /// The domain under its one name: ONNX calls its own both "" and "ai.onnx".
  static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }
}
