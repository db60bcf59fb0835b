import Basics
import IR

/// What is noted of a network in the `metadata_props` of an ONNX file.
public struct OnnxNotes: Sendable {
  /// The program that made the file, and its version.
  public var producer: (name: String, version: String)
  /// What is noted of the model, in order.
  public var model: [(key: String, value: String)] = []
  /// What is noted of nodes, by their names, in order.
  public var nodes: [String: [(key: String, value: String)]] = [:]

  /// How the keys of notes about a mapping begin, which the importer takes no notice of.
  public static let prefix = "aimcc.placement."

  /// Creates the notes of a program about nothing.
  public init(producer: String, version: String) { self.producer = (producer, version) }
}

extension Graph {
  /// The bytes of an ONNX file that holds the graph, whose shapes are fixed, with `notes`.
  ///
  /// Throws `Diagnostics` that name every node that ONNX has no form for, and what is too large for a file.
  public func onnxModel(_ notes: OnnxNotes) throws -> Bytes {
    var exporter = GraphExporter(self, notes)
    return try exporter.model()
  }
}

/// Writes a graph as a message `ModelProto`.
private struct GraphExporter {
  private let graph: Graph
  private let notes: OnnxNotes
  private var names: TakenNames
  private var nodes: [[UInt8]] = []
  private var opset = ExportedOperator.usualOpset
  private var faults = Diagnostics()

  /// The version of the file format; the first whose nodes have notes.
  private static let irVersion = 10
  /// The most bytes of a protobuf message.
  private static let largestModel = Int(Int32.max)

  init(_ graph: Graph, _ notes: OnnxNotes) {
    self.graph = graph
    self.notes = notes
    names = TakenNames(in: graph)
  }

  /// The message.
  mutating func model() throws -> Bytes {
    for node in graph.nodes { write(node) }
    let outputs = outputNames()
    var body = ProtoBytes()
    for node in nodes { body.put(1, node) }
    body.put(2, graph.name.isEmpty ? "graph" : graph.name)
    for value in constants() {
      guard let tensor = graph.tensor(of: value) else { continue }
      body.put(5, encodeTensorProto(name: graph[value].name, tensor: tensor))
    }
    for input in graph.inputs { body.put(11, info(graph[input].name, of: input)) }
    for (name, output) in zip(outputs, graph.outputs) { body.put(12, info(name, of: output)) }
    for node in graph.nodes {
      for result in node.results where !graph.outputs.contains(result) {
        body.put(13, info(graph[result].name, of: result))
      }
    }
    try faults.throwIfErrors()
    var model = ProtoBytes()
    model.put(1, Self.irVersion)
    model.put(2, notes.producer.name)
    model.put(3, notes.producer.version)
    model.put(7, body.bytes)
    let version = opset
    model.put(8) {
      $0.put(1, "")
      $0.put(2, version)
    }
    for note in notes.model + ranges() { model.put(14) { $0.put(note.key, note.value) } }
    guard model.bytes.count <= Self.largestModel else {
      throw Diagnostics(
        Diagnostic(
          .error, "the network is too large for one ONNX file: \(model.bytes.count) bytes",
          supported: "up to \(Self.largestModel) bytes"))
    }
    return Bytes(copying: model.bytes)
  }

  /// The constants that nodes and outputs read, in order, each once.
  private func constants() -> [ValueID] {
    var seen: Set<ValueID> = []
    let read = graph.nodes.flatMap { $0.operands.compactMap { $0 } } + graph.outputs
    return read.filter { graph[$0].constant != nil && seen.insert($0).inserted }
  }

  /// What training has found of products, as the importer reads it.
  private func ranges() -> [(key: String, value: String)] {
    graph.nodes.flatMap { node in
      TrainedRange.allCases.filter { !node.ranges[$0].isEmpty }.map { range in
        (
          key: "aimcc.\(range)_range.\(node.name)",
          value: node.ranges[range].map { "\($0)" }.joined(separator: ", ")
        )
      }
    }
  }

  /// The names of the outputs. What no node gives under a name of its own, as a constant or an input, is copied.
  private mutating func outputNames() -> [String] {
    let producers = graph.producers()
    var seen: Set<ValueID> = []
    return graph.outputs.map { output in
      let name = graph[output].name
      let isFirst = seen.insert(output).inserted
      guard !isFirst || producers[output.index] == nil else { return name }
      let copy = names.fresh("\(name)·output")
      put("Identity", names.fresh(nodeName: "\(name)·output"), [name], [copy])
      return copy
    }
  }

  private func info(_ name: String, of value: ValueID) -> [UInt8] {
    var info = ProtoBytes()
    info.put(1, name)
    let type = graph[value].type
    info.put(2) { message in
      message.put(1) { tensor in
        tensor.put(1, Int(OnnxElementType(type.element).rawValue))
        guard let shape = type.fixedShape else { return }
        tensor.put(2) { dimensions in
          for size in shape { dimensions.put(1) { $0.put(1, size) } }
        }
      }
    }
    return info.bytes
  }

  // MARK: Nodes

  private mutating func write(_ node: Node) {
    let elements = node.operands.map { $0.map { graph[$0].type.element } }
    var form = ExportedOperator(withoutCeil(node), elements: elements)
    addSizes(of: node, to: &form)
    if let refusal = form.refusal {
      faults.append(
        Diagnostic(
          node: node.name, op: node.op.onnxName, "has a form that ONNX does not have: \(refusal)",
          supported: "text (--emit with the name of a pass)"))
      return
    }
    opset = max(opset, form.opset)
    for value in node.operands.compactMap({ $0 }) + node.results {
      opset = max(opset, graph[value].type.element.firstOpset)
    }
    var operands = node.operands.map { $0.map { graph[$0].name } ?? "" }
    while operands.last == "" { operands.removeLast() }
    var results = node.results.map { graph[$0].name }
    if case .softmax(let softmax) = node.op, softmax.flattens {
      return writeFlattened(softmax, node, form)
    }
    var followers: [(op: String, operands: [String])] = []
    if case .matMul = node.op, operands.count > 2 {
      followers.append(("Add", [operands.removeLast()]))
    }
    if node.op.isRectifiedProduct { followers.append(("Relu", [])) }
    guard !followers.isEmpty else {
      return put(form.name, node.name, operands, results, form.attributes, of: node.name)
    }
    let last = results[0]
    results[0] = names.fresh("\(last)·\(followers[0].op)")
    put(form.name, node.name, operands, results, form.attributes, of: node.name)
    var value = results[0]
    for (index, follower) in followers.enumerated() {
      let isLast = index == followers.count - 1
      let result = isLast ? last : names.fresh("\(last)·\(followers[index + 1].op)")
      put(
        follower.op, names.fresh(nodeName: "\(node.name)·\(follower.op)"),
        [value] + follower.operands, [result])
      value = result
    }
  }

  /// The operator of `node`, of a pooling whose last windows are not whole with padding that makes them so: the shape
  /// inference of onnx.checker counts windows that lie in the padding alone.
  private func withoutCeil(_ node: Node) -> Op {
    guard case .pool(var pool) = node.op, pool.ceil,
      !(pool.kind == .average && pool.includesPadding),
      case .explicit(let begin, var end) = pool.window.padding,
      let input = node.operands.first.flatMap({ $0 }).flatMap({ graph[$0].type.fixedShape }),
      let output = graph[node.results[0]].type.fixedShape
    else { return node.op }
    let window = pool.window
    for axis in window.kernel.indices {
      let reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1
      let covered = (output[axis + 2] - 1) * window.strides[axis] + reach
      end[axis] = covered - input[axis + 2] - begin[axis]
    }
    guard end.allSatisfy({ $0 >= 0 }) else { return node.op }
    pool.window.padding = .explicit(begin: begin, end: end)
    pool.ceil = false
    return .pool(pool)
  }

  /// Adds attributes that follow from what the node reads and gives.
  private func addSizes(of node: Node, to form: inout ExportedOperator) {
    switch node.op {
    case .recurrent:
      let recurrence = node.operands.count > 2 ? node.operands[2] : nil
      if let size = recurrence.flatMap({ graph[$0].type.fixedShape?.last }) {
        form.attributes.add("hidden_size", size)
      }
    case .split:
      let hasSizes = node.operands.count > 1 && node.operands[1] != nil
      if !hasSizes { form.attributes.add("num_outputs", node.results.count) }
    default: break
    }
  }

  /// Writes a softmax over all axes from one on, as older operator sets have it, as one over the rows of a matrix.
  private mutating func writeFlattened(_ softmax: Softmax, _ node: Node, _ form: ExportedOperator) {
    guard let input = node.operands.first.flatMap({ $0 }), let shape = graph[input].type.fixedShape
    else { return }
    let result = graph[node.results[0]].name
    let axis = softmax.axis < 0 ? softmax.axis + shape.count : softmax.axis
    let (flat, rows) = (names.fresh("\(result)·rows"), names.fresh("\(result)·\(form.name)"))
    var flatten = OnnxAttributes()
    flatten.add("axis", axis)
    var attributes = OnnxAttributes()
    attributes.add("axis", 1)
    put(
      "Flatten", names.fresh(nodeName: "\(node.name)·rows"), [graph[input].name], [flat], flatten)
    put(form.name, node.name, [flat], [rows], attributes, of: node.name)
    let size = names.fresh("\(result)·shape")
    var constant = OnnxAttributes()
    constant.add("value", Tensor(shape.map(Int64.init), shape: [shape.count]))
    put("Constant", names.fresh(nodeName: "\(node.name)·shape"), [], [size], constant)
    put("Reshape", names.fresh(nodeName: "\(node.name)·back"), [rows, size], [result])
  }

  /// Writes a node with the notes about `noted`.
  private mutating func put(
    _ op: String, _ name: String, _ operands: [String], _ results: [String],
    _ attributes: OnnxAttributes = OnnxAttributes(), of noted: String? = nil
  ) {
    var node = ProtoBytes()
    for operand in operands { node.put(1, operand) }
    for result in results { node.put(2, result) }
    node.put(3, name)
    node.put(4, op)
    for attribute in attributes.messages { node.put(5, attribute) }
    for note in noted.flatMap({ notes.nodes[$0] }) ?? [] {
      node.put(9) { $0.put(note.key, note.value) }
    }
    nodes.append(node.bytes)
  }
}

extension ProtoBytes {
  /// Writes the fields of a `StringStringEntryProto`.
  fileprivate mutating func put(_ key: String, _ value: String) {
    put(1, key)
    put(2, value)
  }
}

extension Op {
  /// Whether it is a product whose negative results become 0.
  fileprivate var isRectifiedProduct: Bool {
    switch self {
    case .conv(let convolution): convolution.relu
    case .gemm(let gemm): gemm.relu
    case .matMul(let product): product.relu
    default: false
    }
  }
}

extension ElementType {
  /// The first operator set that has the type.
  fileprivate var firstOpset: Int {
    switch self {
    case .bf16: 22
    case .f4e2m1: 23
    case .f8e8m0: 24
    case .i2, .u2: 25
    default: ExportedOperator.usualOpset
    }
  }
}
