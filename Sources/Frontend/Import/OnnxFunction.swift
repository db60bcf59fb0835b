import COnnx

/// What tells a function from the others of a model.
struct FunctionKey: Hashable {
  let domain: String
  let name: String
  let overload: String

  /// The name with the domain, as messages say it.
  var text: String {
    let qualified = domain.isEmpty ? name : "\(domain).\(name)"
    return overload.isEmpty ? qualified : "\(qualified):\(overload)"
  }
}

/// A function that a model defines.
struct OnnxFunction {
  let key: FunctionKey
  /// The names of its operands.
  let operands: [String]
  /// The names of its results.
  let results: [String]
  /// The names of the attributes without a default.
  let attributeNames: [String]
  /// The defaults of the other attributes.
  let defaults: [UnsafePointer<Onnx__AttributeProto>]
  /// The operator sets of its nodes.
  let versions: OpsetVersions
  /// The body.
  let nodes: [UnsafePointer<Onnx__NodeProto>]

  init(_ message: UnsafePointer<Onnx__FunctionProto>) {
    let function = message.pointee
    key = FunctionKey(
      domain: OnnxNode.domain(string(function.domain)), name: string(function.name),
      overload: string(function.overload))
    operands = strings(function.input, function.n_input)
    results = strings(function.output, function.n_output)
    attributeNames = strings(function.attribute, function.n_attribute)
    defaults = messages(function.attribute_proto, function.n_attribute_proto)
    versions = OpsetVersions(messages(function.opset_import, function.n_opset_import))
    nodes = messages(function.node, function.n_node)
  }
}
