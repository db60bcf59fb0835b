import COnnx

/// A node of an ONNX graph under the name that it has here.
struct OnnxNode {
  /// The name: that of the model, or one made from the operator and the position, behind those of
  /// the calls that it lies in.
  let name: String
  /// The operator.
  let op: String
  /// The domain of the operator; empty for that of ONNX itself.
  let domain: String
  /// Which of the functions of this name and domain is meant; mostly empty.
  let overload: String
  /// The names of what it reads; empty for what is left out. None is left out at the end.
  let operands: [String]
  /// The names of what it defines; empty for what nobody wants.
  let results: [String]
  /// The attributes in the order of the file.
  let attributes: [OnnxAttribute]

  /// Reads the node `message` in `scope`, in which `name` is its name.
  init(_ message: UnsafePointer<Onnx__NodeProto>, name: String, in scope: ImportScope) {
    self.name = name
    op = string(message.pointee.op_type)
    domain = Self.domain(string(message.pointee.domain))
    overload = string(message.pointee.overload)
    var operands = strings(message.pointee.input, message.pointee.n_input)
    if !scope.absent.isEmpty {
      operands = operands.map { scope.absent.contains($0) ? "" : $0 }
    }
    while operands.last?.isEmpty == true { operands.removeLast() }
    self.operands = operands
    results = strings(message.pointee.output, message.pointee.n_output)
    attributes = messages(message.pointee.attribute, message.pointee.n_attribute).compactMap {
      OnnxAttribute($0, in: scope)
    }
  }

  /// The domain under its one name: ONNX calls its own both "" and "ai.onnx".
  static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }
}

/// An attribute of a node.
struct OnnxAttribute {
  /// The name.
  let name: String
  /// Where the value is: in the node, or in the call of the function around it.
  let message: UnsafePointer<Onnx__AttributeProto>

  /// Reads an attribute of a node in `scope`; `nil` if it stands for one of a function that the
  /// call does not give, so that the node has none.
  init?(_ message: UnsafePointer<Onnx__AttributeProto>, in scope: ImportScope) {
    name = string(message.pointee.name)
    let reference = string(message.pointee.ref_attr_name)
    if reference.isEmpty || scope.function == nil {
      self.message = message
    } else if let argument = scope.arguments[reference] {
      self.message = argument
    } else {
      return nil
    }
  }
}
