import COnnx
import IR

extension GraphImporter {
  /// How many calls may lie inside each other.
  static let callDepthLimit = 64
  /// How many nodes the calls of functions may add to a graph.
  static let inlinedNodeLimit = 50_000

  /// The function that `node` calls; `nil` if it calls none.
  func function(calledBy node: OnnxNode) -> OnnxFunction? {
    functions.isEmpty
      ? nil
      : functions[FunctionKey(domain: node.domain, name: node.op, overload: node.overload)]
  }

  /// Puts the body of `function` in the place of `node`, which calls it.
  ///
  /// A node of the body is named after the call, a dot and its own name. Faults of the call go to
  /// `reader`; those of the body are of the nodes there.
  mutating func inline(_ function: OnnxFunction, for node: OnnxNode, _ reader: inout NodeImport) {
    // Of too many nodes, it is enough to hear once.
    guard inlinedNodes <= Self.inlinedNodeLimit else { return }
    let outer = scopes.compactMap(\.function)
    let arguments = arguments(of: node, for: function, &reader)
    if let first = outer.firstIndex(of: function.key) {
      let circle = (outer[first...] + [function.key]).map(\.text).joined(separator: " → ")
      reader.fault("function \(function.key.text) calls itself: \(circle)")
    } else if outer.count >= Self.callDepthLimit {
      reader.fault(
        "function calls are nested more than \(Self.callDepthLimit) deep")
    } else if inlinedNodes + function.nodes.count > Self.inlinedNodeLimit {
      reader.fault("calls of functions make more than \(Self.inlinedNodeLimit) nodes")
      inlinedNodes = Self.inlinedNodeLimit + 1
    }
    checkOpset(of: function, &reader)
    if node.operands.count > function.operands.count {
      reader.fault(
        "has \(node.operands.count) operands; function \(function.key.text) takes "
          + "\(function.operands.count)")
    }
    if node.results.count > function.results.count {
      reader.fault(
        "has \(node.results.count) results; function \(function.key.text) gives "
          + "\(function.results.count)")
    }
    guard reader.faults.isEmpty else { return }
    inlinedNodes += function.nodes.count
    let firstValue = graph.values.count
    scopes.append(scope(of: function, called: node, arguments: arguments))
    readNodes(function.nodes)
    let results = function.results.map { (name: $0, id: id(of: $0)) }
    scopes.removeLast()
    define(node, as: results, from: firstValue, &reader) {
      "function \(function.key.text) does not define its result \"\($0)\""
    }
  }

  /// The attributes of the body by the names under which it refers to them.
  private func arguments(
    of node: OnnxNode, for function: OnnxFunction, _ reader: inout NodeImport
  ) -> [String: UnsafePointer<Onnx__AttributeProto>] {
    var arguments: [String: UnsafePointer<Onnx__AttributeProto>] = [:]
    for attribute in function.defaults {
      arguments[string(attribute.pointee.name)] = attribute
    }
    let known = Set(function.attributeNames).union(arguments.keys)
    for attribute in node.attributes {
      if !known.contains(attribute.name) {
        reader.fault(
          "attribute \(attribute.name) is none of function \(function.key.text)",
          supported: known.isEmpty
            ? "no attributes" : "attributes \(known.sorted().joined(separator: ", "))")
      }
      arguments[attribute.name] = attribute.message
    }
    return arguments
  }

  private func checkOpset(of function: OnnxFunction, _ reader: inout NodeImport) {
    let usesONNX = function.nodes.contains {
      OnnxNode.domain(string($0.pointee.domain)).isEmpty
    }
    guard usesONNX else { return }
    let supported = "\(supportedOpsets.lowerBound) to \(supportedOpsets.upperBound)"
    guard let version = function.versions.onnx, !function.versions.isAmbiguous else {
      return reader.fault(
        "function \(function.key.text) does not state one ONNX operator set",
        supported: supported)
    }
    if !supportedOpsets.contains(version) {
      reader.fault(
        "function \(function.key.text) uses ONNX operator set \(version), which is not supported",
        supported: supported)
    }
  }

  /// The scope of the body of `function`.
  private mutating func scope(
    of function: OnnxFunction, called node: OnnxNode,
    arguments: [String: UnsafePointer<Onnx__AttributeProto>]
  ) -> ImportScope {
    let caller = scope
    let wanted = zip(node.results, function.results)
      .filter { !$0.0.isEmpty && caller.names.used.contains($0.0) }
    var body = ImportScope(
      level: enclosing.count, isOpen: false, versions: function.versions,
      names: ModelNames(nodes: function.nodes, outputs: wanted.map(\.1)),
      prefix: node.name + ".", function: function.key, arguments: arguments)
    for (index, name) in function.operands.enumerated() {
      if index < node.operands.count, let id = id(of: node.operands[index]) {
        body.ids[name] = id
      } else {
        body.absent.insert(name)
      }
    }
    for (name, result) in zip(node.results, function.results)
    where !name.isEmpty && body.renamed[result] == nil {
      body.renamed[result] = graphName(of: name)
    }
    return body
  }
}
