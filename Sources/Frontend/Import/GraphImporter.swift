import Basics
import COnnx
import IR

/// Makes a graph of an unpacked ONNX model.
///
/// A value whose type is unknown because of a fault is still defined, so that only the cause is
/// reported and not all that follows from it.
struct GraphImporter {
  /// How many faults of a model are listed.
  static let faultLimit = 1_000
  /// The size of the largest value in bytes.
  static let sizeLimit = 1 << 40

  let model: OnnxModel
  let path: String
  var faults: FaultList
  var warnings: [Diagnostic] = []
  /// The graph whose nodes are being read: that of the model, or a region of a node.
  var level = ImportLevel(name: "", path: "")
  /// The graphs around it, outermost first.
  var enclosing: [ImportLevel] = []
  /// The operator sets that the model imports.
  let versions: OpsetVersions
  /// The functions that the model defines.
  var functions: [FunctionKey: OnnxFunction] = [:]
  /// How many nodes calls of functions have added.
  var inlinedNodes = 0
  /// The graph, and the calls inside each other whose nodes are being read, outermost first.
  var scopes: [ImportScope] = []
  /// The results of nodes that read each other's in a circle.
  var circular: Set<String> = []
  /// Whether a note says that nodes were sorted.
  var saidOrder = false

  private var outputs: Set<ValueID> = []
  /// How many of the first values are initializers.
  private var initializerCount = 0
  /// The initializers that are inputs too.
  private var defaults: [ValueID] = []
  /// What takes the place of initializers, by their names.
  private let replacements: [String: Tensor]
  /// Whether initializers may be known by their types alone.
  private let allowsAbsentData: Bool
  /// The number of those.
  private var absentCount = 0

  /// Creates the importer of `model`, which was read from `path`; `replacements` take the place of
  /// the initializers of their names.
  init(
    model: OnnxModel, path: String, replacements: [String: Tensor], allowsAbsentData: Bool
  ) {
    self.model = model
    self.path = path
    self.replacements = replacements
    self.allowsAbsentData = allowsAbsentData
    faults = FaultList(file: path, limit: Self.faultLimit)
    let message = model.message.pointee
    versions = OpsetVersions(messages(message.opset_import, message.n_opset_import))
  }

  /// The scope whose nodes are being read.
  var scope: ImportScope { scopes[scopes.count - 1] }

  /// The graph that is being made.
  var graph: Graph { level.graph }

  /// Reads the model; throws `Diagnostics` with all its faults.
  mutating func run() throws -> ImportedModel {
    readHeader()
    if let message = model.message.pointee.graph {
      read(UnsafePointer(message))
    } else {
      faults.append(Diagnostic(file: path, "holds no graph"))
    }
    try faults.throwIfAny()
    let producer = [
      string(model.message.pointee.producer_name), string(model.message.pointee.producer_version),
    ]
    return ImportedModel(
      graph: graph, opset: versions.onnx, irVersion: Int(model.message.pointee.ir_version),
      producer: producer.filter { !$0.isEmpty }.joined(separator: " "), defaults: defaults,
      warnings: warnings)
  }

  private mutating func read(_ message: UnsafePointer<Onnx__GraphProto>) {
    level.graph.name = string(message.pointee.name)
    let nodes = messages(message.pointee.node, message.pointee.n_node)
    let outputs = messages(message.pointee.output, message.pointee.n_output)
    let initializers = messages(message.pointee.initializer, message.pointee.n_initializer)
    let sparseInitializers = messages(
      message.pointee.sparse_initializer, message.pointee.n_sparse_initializer)
    let inputs = messages(message.pointee.input, message.pointee.n_input)
    let names = ModelNames(
      nodes: nodes, inputs: inputs.map { string($0.pointee.name) },
      initializers: initializers.map { string($0.pointee.name) }
        + sparseInitializers.map { OnnxSparseTensor(message: $0, files: model.files).name },
      outputs: outputs.map { string($0.pointee.name) })
    level.taken = names.taken
    scopes = [
      ImportScope(
        level: 0, isOpen: false, versions: versions, names: names, prefix: "", function: nil,
        arguments: [:])
    ]
    for sparse in sparseInitializers {
      let tensor = OnnxSparseTensor(message: sparse, files: model.files)
      let replacement = replacements[tensor.name]
      readInitializer(tensor.name) { try replacement ?? tensor.tensor() }
    }
    for initializer in initializers {
      let tensor = OnnxTensor(message: initializer, files: model.files)
      if allowsAbsentData, let type = tensor.absentType {
        // The checksum is that of the name, so that no two are taken for the same.
        let checksum = Array(tensor.name.utf8).withUnsafeBytes { CRC32C.checksum($0) }
        define(tensor.name, type: type, constant: .reference(crc32c: checksum))
        absentCount += 1
      } else {
        let replacement = replacements[tensor.name]
        readInitializer(tensor.name) { try replacement ?? tensor.tensor() }
      }
    }
    if absentCount > 0 {
      warnings.append(
        Diagnostic(
          .warning, file: path,
          "files of external data are missing; constants known by their shape only: \(absentCount)"
        ))
    }
    initializerCount = graph.values.count
    for input in inputs { readInput(input) }
    readNodes(nodes)
    if outputs.isEmpty { fault("has no output") }
    for output in outputs { readOutput(output) }
    guard faults.count == 0 else { return }
    inferTypes()
    for output in outputs { checkType(of: OnnxValueInfo(output)) }
    readTrainedRanges()
  }

  /// Reads the nodes of the scope, each behind those whose results it reads.
  mutating func readNodes(_ nodes: [UnsafePointer<Onnx__NodeProto>]) {
    let names = scope.names.nodeNames
    for index in order(nodes) {
      readNode(OnnxNode(nodes[index], name: nodeName(names[index]), in: scope))
    }
  }

  /// The name in the graph of the node that the scope knows as `name`.
  private mutating func nodeName(_ name: String) -> String {
    let prefix = scopes[scopes.count - 1].prefix
    return prefix.isEmpty ? name : freshNodeName(prefix + name)
  }

  /// Infers types once more, with what is known of shapes that the graph itself computes.
  private mutating func inferTypes() {
    do throws(Diagnostics) {
      try level.graph.inferTypes()
    } catch {
      for var item in error.items {
        item.file = path
        item.opset = versions.onnx
        faults.append(item)
      }
    }
  }

  /// Checks that an output can have the type that the model gives it.
  private mutating func checkType(of output: OnnxValueInfo) {
    guard let id = id(of: output.name), case .success(let stated) = output.type() else { return }
    let type = graph[id].type
    guard !OnnxValueInfo.agrees(stated, with: type) else { return }
    let message = "output \"\(output.name)\" is declared as \(stated), but is \(type)"
    if stated.element == type.element {
      warnings.append(Diagnostic(.warning, file: path, message))
    } else {
      fault(message)
    }
  }

  mutating func readInitializer(_ name: String, _ read: () throws -> Tensor) {
    if name.isEmpty { fault("an initializer has no name") }
    do {
      let tensor = try read()
      define(name, type: ValueType(tensor.type, fixed: tensor.shape), constant: .tensor(tensor))
    } catch {
      for item in (error as? Diagnostics)?.items ?? [] { faults.append(item) }
      define(name, type: ValueType(.f32, nil), isFounded: false)
    }
  }

  private mutating func readInput(_ message: UnsafePointer<Onnx__ValueInfoProto>) {
    let info = OnnxValueInfo(message)
    guard !info.name.isEmpty else { return fault("an input has no name") }
    switch info.type() {
    case .failure(let reason):
      fault("input \"\(info.name)\" \(reason.message)", supported: reason.supported)
      if id(of: info.name) == nil {
        define(info.name, type: ValueType(.f32, nil), isFounded: false)
      }
    case .success(let type):
      // Up to version 3 of the format, an initializer is also listed as an input.
      guard let id = id(of: info.name), id.index < initializerCount else {
        guard let id = define(info.name, type: type) else { return }
        level.graph.inputs.append(id)
        return
      }
      if !level.unfounded.contains(id) && !OnnxValueInfo.agrees(type, with: graph[id].type) {
        fault("input \"\(info.name)\" differs from its initializer in type or shape")
      }
      defaults.append(id)
    }
  }

  private mutating func readOutput(_ message: UnsafePointer<Onnx__ValueInfoProto>) {
    let name = string(message.pointee.name)
    guard let id = id(of: name) else {
      return sequence(of: name) == nil
        ? fault("output \"\(name)\" is not defined")
        : fault("output \"\(name)\" is a sequence", supported: "tensors")
    }
    guard outputs.insert(id).inserted else {
      return fault("output \"\(name)\" is listed twice")
    }
    level.graph.outputs.append(id)
  }

  private mutating func readNode(_ node: OnnxNode) {
    let names = scope.names
    for name in node.operands { capture(name) }
    let isInCircle = node.operands.contains { circular.contains($0) && id(of: $0) == nil }
    guard !isInCircle else {
      // The circle is reported.
      for name in node.results where !name.isEmpty && id(of: name) == nil {
        define(name, type: ValueType(.f32, nil), isFounded: false, by: node)
      }
      return
    }
    var reader = NodeImport(
      node: node, opset: opset, operands: NodeImport.Operands(node.operands.map(operand)),
      isUsed: node.results.map { !$0.isEmpty && names.used.contains($0) },
      isFounded: node.operands.allSatisfy {
        id(of: $0).map { !level.unfounded.contains($0) } ?? true
      },
      files: model.files)
    checkOperands(of: node, &reader)
    let function = function(calledBy: node)
    if let function {
      inline(function, for: node, &reader)
    } else if let imported = importOperator(&reader), reader.faults.isEmpty {
      add(imported, of: node, &reader)
    }
    if !reader.faults.isEmpty { faults.append(diagnostic(of: reader)) }
    let isSpoiled = !reader.faults.isEmpty && function == nil
    for name in node.results
    where !name.isEmpty && (isSpoiled || id(of: name) == nil && sequence(of: name) == nil) {
      define(name, type: ValueType(.f32, nil), isFounded: false, by: node)
    }
  }

  /// The version of ONNX's own operators in force; the newest where only other domains are imported.
  private var opset: Int {
    scope.versions.onnx ?? (scope.versions.byDomain.isEmpty ? 0 : supportedOpsets.upperBound)
  }

  /// Checks that all that a node reads is defined, and which of it are sequences.
  private func checkOperands(of node: OnnxNode, _ reader: inout NodeImport) {
    var missing: Set<String> = []
    for (index, name) in node.operands.enumerated() where !name.isEmpty && id(of: name) == nil {
      if sequence(of: name) == nil {
        guard missing.insert(name).inserted else { continue }
        let isOutside = scopes.contains { $0.sequences[name] != nil }
        reader.fault(
          isOutside
            ? "reads \"\(name)\", a sequence of the graph around it, which is not supported"
            : "reads \"\(name)\", which nothing defines")
      } else if !OperatorImport.takesSequence(node, at: index) {
        reader.fault("reads \"\(name)\", which is a sequence", supported: "tensors")
      }
    }
  }

  /// What the node becomes; `nil` after a fault.
  private func importOperator(_ reader: inout NodeImport) -> ImportedNode? {
    let node = reader.node
    let domain = OperatorDomain.named(node.domain)
    guard let op = OperatorImport.named(node.op, domain: node.domain) else {
      reader.fault(
        node.domain.isEmpty
          ? "is not supported" : "belongs to domain \(node.domain), and is not supported",
        supported: domain.map { "of this domain, \($0.operators.joined(separator: ", "))" }
          ?? "the operators that 'aimcc operators' lists, and functions of the model")
      return nil
    }
    if let domain, let version = scope.versions[domain.name], !domain.versions.contains(version) {
      reader.fault(
        "is of version \(version) of domain \(domain.name), which is not supported",
        supported: "\(domain.versions.lowerBound) to \(domain.versions.upperBound)")
      return nil
    }
    if node.domain.isEmpty && scope.versions.onnx == nil && reader.opset > 0 {
      reader.fault(
        "is an operator of ONNX, but the model imports no operator set of ONNX",
        help: "export the model with an operator set of domain \"\"")
      return nil
    }
    guard supportedOpsets.contains(reader.opset) else { return nil }
    guard reader.opset >= op.since else {
      reader.fault("is not in this operator set", supported: "opset \(op.since) and later")
      return nil
    }
    let imported = op.read(&reader)
    reader.expectNoMoreAttributes()
    return imported
  }

  /// All that is wrong with a node, as one diagnostic.
  private func diagnostic(of reader: NodeImport) -> Diagnostic {
    diagnostic(
      of: reader.node, reader.faults.map(\.message).joined(separator: "; "),
      supported: Self.joined(reader.faults.compactMap(\.supported)),
      help: Self.joined(reader.faults.compactMap(\.help)))
  }

  func diagnostic(
    of node: OnnxNode?, _ message: String, supported: String? = nil, help: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      file: path, node: node.map { level.path + $0.name }, op: node?.op,
      opset: node.flatMap { scope.versions[$0.domain] },
      message, supported: supported, help: help)
  }

  /// Different texts, each once; `nil` if there are none.
  private static func joined(_ texts: [String]) -> String? {
    var different: [String] = []
    for text in texts where !different.contains(text) { different.append(text) }
    return different.isEmpty ? nil : different.joined(separator: "; ")
  }

  /// What is known of the operand `name`; `nil` if it is left out.
  private func operand(_ name: String) -> NodeImport.Operand? {
    if name.isEmpty { return nil }
    guard let id = id(of: name) else {
      return NodeImport.Operand(type: ValueType(.f32, nil), constant: nil)
    }
    var constant: Tensor?
    if case .tensor(let tensor)? = graph[id].constant { constant = tensor }
    return NodeImport.Operand(type: graph[id].type, constant: constant)
  }

  /// Adds a constant that no value of the model is and returns its id.
  mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    level.graph.addConstant(name: level.taken.fresh(name), tensor)
  }

  /// Adds a value that no value of the model is and returns its id.
  mutating func addValue(_ name: String) -> ValueID {
    level.graph.addValue(name: level.taken.fresh(name), type: ValueType(.f32, nil))
  }

  /// A name for a node that no node has: `base`, or `base` and a number.
  mutating func freshNodeName(_ base: String) -> String { level.taken.fresh(nodeName: base) }

  /// Appends `node`, made of `source`, and gives its results their types.
  mutating func append(_ node: Node, of source: OnnxNode) {
    level.graph.nodes.append(node)
    guard node.operands.allSatisfy({ $0.map { !level.unfounded.contains($0) } ?? true }) else {
      return level.unfounded.formUnion(node.results)
    }
    do throws(Diagnostics) {
      let types = try level.graph.inferResults(of: node, known: &level.known)
      for (id, type) in zip(node.results, types) {
        level.graph[id].type = type
        checkSize(of: id, source)
      }
    } catch {
      level.unfounded.formUnion(node.results)
      if !node.op.regions.isEmpty { return report(error, of: source) }
      faults.append(
        diagnostic(
          of: source, error.items.map(\.message).joined(separator: "; "),
          supported: Self.joined(error.items.compactMap(\.supported)),
          help: Self.joined(error.items.compactMap(\.help))))
    }
  }

  /// Reports what is wrong inside the regions of a node.
  private mutating func report(_ found: Diagnostics, of source: OnnxNode) {
    for var item in found.items {
      item.file = path
      item.node = level.path + (item.node ?? source.name)
      item.opset = scope.versions[source.domain]
      faults.append(item)
    }
  }

  /// Checks that a value does not take more memory than any machine has.
  private mutating func checkSize(of id: ValueID, _ source: OnnxNode) {
    let type = graph[id].type
    guard let count = type.count, count > Self.sizeLimit / type.element.byteCount else { return }
    level.unfounded.insert(id)
    faults.append(
      diagnostic(
        of: source,
        "has a result of type \(type), which would take more than \(Self.sizeLimit >> 40) TiB"))
  }

  /// Defines a value, unless there is one of that name already.
  @discardableResult mutating func define(
    _ name: String, type: ValueType, constant: Constant? = nil, isFounded: Bool = true,
    by node: OnnxNode? = nil
  ) -> ValueID? {
    guard expectUndefined(name, by: node) else { return nil }
    let id = level.graph.addValue(name: graphName(of: name), type: type, constant: constant)
    scopes[scopes.count - 1].ids[name] = id
    if !isFounded { level.unfounded.insert(id) }
    return id
  }

  /// Makes `name` mean the value `id` of another scope.
  mutating func alias(_ name: String, to id: ValueID, by node: OnnxNode) {
    if expectUndefined(name, by: node) { scopes[scopes.count - 1].ids[name] = id }
  }

  private mutating func expectUndefined(_ name: String, by node: OnnxNode?) -> Bool {
    guard id(of: name) != nil else { return true }
    faults.append(diagnostic(of: node, "value \"\(name)\" is defined twice"))
    return false
  }

  /// The name in the graph for the value that the scope knows as `name`.
  mutating func graphName(of name: String) -> String {
    let top = scopes.count - 1
    if let given = scopes[top].renamed[name] { return given }
    return scopes[top].prefix.isEmpty ? name : level.taken.fresh(scopes[top].prefix + name)
  }

  mutating func fault(_ message: String, supported: String? = nil, help: String? = nil) {
    faults.append(Diagnostic(file: path, message, supported: supported, help: help))
  }
}
