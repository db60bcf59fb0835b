import COnnx

/// The paths of the files beside the model at `path` that hold elements of its tensors, each once.
///
/// Reads only the structure of the model. The list is empty for a file that is not a model.
public func externalFiles(ofModel path: String) -> [String] {
  guard let model = try? OnnxModel(path: path) else { return [] }
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  var locations = ExternalLocations()
  if let graph = model.message.pointee.graph { locations.add(graph) }
  for function in messages(model.message.pointee.functions, model.message.pointee.n_functions) {
    locations.add(messages(function.pointee.node, function.pointee.n_node))
  }
  return locations.found.map { $0.hasPrefix("/") ? $0 : folder + $0 }
}

/// Where tensors say that their elements are.
private struct ExternalLocations {
  var found: [String] = []
  private var known: Set<String> = []

  mutating func add(_ graph: UnsafePointer<Onnx__GraphProto>) {
    let graph = graph.pointee
    for tensor in messages(graph.initializer, graph.n_initializer) { add(tensor) }
    for tensor in messages(graph.sparse_initializer, graph.n_sparse_initializer) { add(tensor) }
    add(messages(graph.node, graph.n_node))
  }

  mutating func add(_ nodes: [UnsafePointer<Onnx__NodeProto>]) {
    for node in nodes {
      for attribute in messages(node.pointee.attribute, node.pointee.n_attribute) {
        let attribute = attribute.pointee
        if let tensor = attribute.t { add(tensor) }
        if let tensor = attribute.sparse_tensor { add(tensor) }
        if let graph = attribute.g { add(graph) }
        for tensor in messages(attribute.tensors, attribute.n_tensors) { add(tensor) }
        for tensor in messages(attribute.sparse_tensors, attribute.n_sparse_tensors) {
          add(tensor)
        }
        for graph in messages(attribute.graphs, attribute.n_graphs) { add(graph) }
      }
    }
  }

  private mutating func add(_ tensor: UnsafePointer<Onnx__SparseTensorProto>) {
    if let values = tensor.pointee.values { add(values) }
    if let indices = tensor.pointee.indices { add(indices) }
  }

  private mutating func add(_ tensor: UnsafePointer<Onnx__TensorProto>) {
    let entries = messages(tensor.pointee.external_data, tensor.pointee.n_external_data)
    for entry in entries where string(entry.pointee.key) == "location" {
      let location = string(entry.pointee.value)
      if !location.isEmpty && known.insert(location).inserted { found.append(location) }
    }
  }
}
