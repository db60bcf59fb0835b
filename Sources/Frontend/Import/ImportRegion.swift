import Basics
import COnnx
import IR

/// A graph that is part of a node, and what it reads of the graph around it.
struct ImportedRegion {
  /// The graph; behind its own inputs, it has one for each value that it reads of the graph around.
  var level: ImportLevel
  /// How many inputs are its own.
  let ownInputCount: Int

  /// Gives the graph an input for each of `outer`, in this order, behind its own.
  mutating func take(_ outer: [Value], _ ids: [ValueID]) {
    let own = Array(level.graph.inputs[..<ownInputCount])
    let known = level.captured
    level.graph.inputs = own
    level.captured = []
    for (id, value) in zip(ids, outer) {
      if let inner = known.first(where: { $0.outer == id })?.inner {
        level.add(input: inner, for: id)
      } else {
        var unread = value
        unread.name = level.taken.fresh(value.name)
        level.add(input: level.graph.addValue(unread), for: id)
      }
    }
  }
}

extension GraphImporter {
  /// Adds the node for `node`, an operator with regions.
  mutating func add(_ control: ImportedControl, of node: OnnxNode, _ reader: inout NodeImport) {
    guard enclosing.count < ControlFlow.depthLimit else {
      return reader.fault(
        "is nested in \(enclosing.count) other nodes with graphs",
        supported: "up to \(ControlFlow.depthLimit) levels")
    }
    let given = node.operands.map { id(of: $0) }
    let types = given.map { $0.map { graph[$0].type } }
    switch control {
    case .conditional(let then, let otherwise):
      if let condition = given[0].flatMap(truth) {
        return inline(condition ? then : otherwise, for: node, &reader)
      }
      var regions: [ImportedRegion] = []
      for (message, role) in [(then, "then_branch"), (otherwise, "else_branch")] {
        guard let region = region(message, inputs: [], role, of: node, &reader) else { return }
        regions.append(region)
      }
      add(given, &regions, of: node) {
        .conditional(then: $0[0], otherwise: $0[1])
      }
    case .loop(let body):
      let carried = types.dropFirst(2).map { ValueType($0?.element ?? .f32, nil) }
      let inputs = [ValueType(.i64, []), ValueType(.bool, [])] + carried
      guard let region = region(body, inputs: inputs, "body", of: node, &reader) else { return }
      var regions = [region]
      // Those in front of what is carried may be left out.
      let padded = given + [ValueID?](repeating: nil, count: max(0, 2 - given.count))
      add(padded, &regions, of: node) {
        .loop(Loop(body: $0[0], carriedCount: carried.count))
      }
    case .scan(let scan):
      var inputs = types.map { $0 ?? ValueType(.f32, nil) }
      for (index, axis) in zip(scan.stateCount..<inputs.count, scan.scanned) {
        guard let rank = inputs[index].shape?.count else { continue }
        guard axis.axis >= -rank, axis.axis < rank else {
          return reader.operandFault(
            "scans axis \(axis.axis) of operand \(index), \(inputs[index])")
        }
        inputs[index].shape?.remove(at: axis.axis < 0 ? axis.axis + rank : axis.axis)
      }
      for index in 0..<scan.stateCount { inputs[index].shape = nil }
      guard let region = region(scan.body, inputs: inputs, "body", of: node, &reader) else {
        return
      }
      var regions = [region]
      add(given, &regions, of: node) {
        .scan(
          Scan(
            body: $0[0], stateCount: scan.stateCount, scanned: scan.scanned,
            collected: scan.collected))
      }
    }
  }

  /// The one truth value that `id` is known to hold.
  private func truth(_ id: ValueID) -> Bool? {
    guard graph[id].type.element == .bool else { return nil }
    if let known = level.known.numbers(of: id) { return known.first.map { $0 != 0 } }
    guard let tensor = graph.tensor(of: id), tensor.count == 1 else { return nil }
    return tensor.elements(of: Bool8.self)[0].value
  }

  /// Adds a node with `regions`, which `make` puts together.
  private mutating func add(
    _ given: [ValueID?], _ regions: inout [ImportedRegion], of node: OnnxNode,
    _ make: ([Graph]) -> ControlFlow
  ) {
    var captured: [ValueID] = []
    for (outer, _) in regions.flatMap(\.level.captured) where !captured.contains(outer) {
      captured.append(outer)
    }
    let values = captured.map { graph[$0] }
    for index in regions.indices { regions[index].take(values, captured) }
    // A region whose types are not known gives results of unknown types.
    let isFounded = regions.allSatisfy { region in
      region.level.graph.outputs.allSatisfy { !region.level.unfounded.contains($0) }
    }
    let control = make(regions.map(\.level.graph))
    let count = (control.regions.first?.outputs.count ?? 0) - (control.isLoop ? 1 : 0)
    var results: [ValueID] = []
    for index in 0..<max(count, node.results.count) {
      let name = index < node.results.count ? node.results[index] : ""
      if name.isEmpty {
        results.append(addValue("\(node.name).\(index)"))
      } else if let id = define(name, type: ValueType(.f32, nil), by: node) {
        results.append(id)
      } else {
        return
      }
    }
    guard isFounded else { return level.unfounded.formUnion(results) }
    append(
      Node(
        name: node.name, op: .control(control), operands: given + captured.map(Optional.some),
        results: results), of: node)
  }

  /// Reads a graph that is part of `node`; `nil` after a fault that it makes no sense to go on from.
  private mutating func region(
    _ message: UnsafePointer<Onnx__GraphProto>, inputs: [ValueType], _ role: String,
    of node: OnnxNode, _ reader: inout NodeImport
  ) -> ImportedRegion? {
    let region = OnnxRegion(message)
    guard region.inputs.count == inputs.count else {
      reader.fault("\(role) has \(region.inputs.count) inputs instead of \(inputs.count)")
      return nil
    }
    let names = region.names
    enclosing.append(level)
    level = ImportLevel(name: region.name, path: level.path + node.name + ".")
    level.taken = names.taken
    scopes.append(openScope(names: names, prefix: ""))
    readInitializers(of: region)
    for (info, type) in zip(region.inputs, inputs) {
      readInput(info, type, role, &reader)
    }
    readNodes(region.nodes)
    for name in region.outputs {
      capture(name)
      if let id = id(of: name) {
        level.graph.outputs.append(id)
      } else {
        reader.fault("\(role) does not define its output \"\(name)\"")
      }
    }
    scopes.removeLast()
    let read = ImportedRegion(level: level, ownInputCount: inputs.count)
    level = enclosing.removeLast()
    return reader.faults.isEmpty ? read : nil
  }

  /// Puts the nodes of a graph that is part of `node` in its place.
  ///
  /// They are named after it, a dot and their own names.
  private mutating func inline(
    _ message: UnsafePointer<Onnx__GraphProto>, for node: OnnxNode, _ reader: inout NodeImport
  ) {
    let region = OnnxRegion(message)
    guard region.inputs.isEmpty else {
      return reader.fault("a branch has \(region.inputs.count) inputs instead of none")
    }
    guard region.outputs.count >= node.results.count else {
      return reader.fault(
        "has \(node.results.count) results; its branch gives \(region.outputs.count)")
    }
    let firstValue = graph.values.count
    var branch = openScope(names: region.names, prefix: node.name + ".")
    for (name, result) in zip(node.results, region.outputs)
    where !name.isEmpty && branch.renamed[result] == nil {
      branch.renamed[result] = graphName(of: name)
    }
    scopes.append(branch)
    readInitializers(of: region)
    readNodes(region.nodes)
    for name in region.outputs { capture(name) }
    let outputs = region.outputs.map { id(of: $0) }
    scopes.removeLast()
    define(node, as: zip(region.outputs, outputs).map { ($0, $1) }, from: firstValue, &reader) {
      "its branch does not define its output \"\($0)\""
    }
  }

  /// Gives the results of `node` the values of `outputs`, of which those from `firstValue` on were
  /// made for it; `lacking` says what is wrong where there is none.
  mutating func define(
    _ node: OnnxNode, as outputs: [(name: String, id: ValueID?)], from firstValue: Int,
    _ reader: inout NodeImport, lacking: (String) -> String
  ) {
    var given: Set<ValueID> = []
    for (name, output) in zip(node.results, outputs) where !name.isEmpty {
      guard let id = output.id else {
        reader.fault(lacking(output.name))
        continue
      }
      // What was there before the call, or has another name by now, needs a value of its own.
      if id.index >= firstValue && given.insert(id).inserted {
        alias(name, to: id, by: node)
      } else {
        addCopy(of: id, named: name, for: node)
      }
    }
  }

  /// The scope of a graph inside the one whose nodes are being read.
  private func openScope(names: ModelNames, prefix: String) -> ImportScope {
    let outer = scope
    return ImportScope(
      level: enclosing.count, isOpen: true, versions: outer.versions, names: names,
      prefix: prefix, function: outer.function, arguments: outer.arguments, absent: outer.absent)
  }

  private mutating func readInitializers(of region: OnnxRegion) {
    for message in region.initializers {
      let tensor = OnnxTensor(message: message, files: model.files)
      readInitializer(tensor.name, tensor.tensor)
    }
    for message in region.sparseInitializers {
      let tensor = OnnxSparseTensor(message: message, files: model.files)
      readInitializer(tensor.name, tensor.tensor)
    }
  }

  /// Adds an input of a region; what the model says of its shape holds where it is not known here.
  private mutating func readInput(
    _ message: UnsafePointer<Onnx__ValueInfoProto>, _ known: ValueType, _ role: String,
    _ reader: inout NodeImport
  ) {
    let info = OnnxValueInfo(message)
    var type = known
    if message.pointee.type != nil {
      switch info.type() {
      case .failure(let reason):
        reader.fault(
          "input \"\(info.name)\" of \(role) \(reason.message)", supported: reason.supported)
      case .success(let stated):
        if type.shape == nil { type.shape = stated.shape }
      }
    }
    if let id = define(info.name, type: type, by: reader.node) { level.graph.inputs.append(id) }
  }
}

/// A graph that is part of a node.
struct OnnxRegion {
  let name: String
  let nodes: [UnsafePointer<Onnx__NodeProto>]
  let inputs: [UnsafePointer<Onnx__ValueInfoProto>]
  let outputs: [String]
  let initializers: [UnsafePointer<Onnx__TensorProto>]
  let sparseInitializers: [UnsafePointer<Onnx__SparseTensorProto>]

  init(_ message: UnsafePointer<Onnx__GraphProto>) {
    let graph = message.pointee
    name = string(graph.name)
    nodes = messages(graph.node, graph.n_node)
    inputs = messages(graph.input, graph.n_input)
    outputs = messages(graph.output, graph.n_output).map { string($0.pointee.name) }
    initializers = messages(graph.initializer, graph.n_initializer)
    sparseInitializers = messages(graph.sparse_initializer, graph.n_sparse_initializer)
  }

  /// The names in it.
  var names: ModelNames {
    ModelNames(
      nodes: nodes, inputs: inputNames, initializers: initializerNames, outputs: outputs)
  }

  /// The names of the values that it defines.
  var definedNames: Set<String> {
    nodes.reduce(into: Set(inputNames + initializerNames)) { names, node in
      names.formUnion(strings(node.pointee.output, node.pointee.n_output))
    }
  }

  private var inputNames: [String] { inputs.map { string($0.pointee.name) } }

  private var initializerNames: [String] {
    initializers.map { string($0.pointee.name) }
      + sparseInitializers.compactMap { $0.pointee.values.map { string($0.pointee.name) } }
  }
}
