import Compiler
import Basics
import Frontend
import IR

/// What is in a model.
struct ModelReport: Report {
  /// An input or output.
  struct Port: Encodable {
    var name: String
    var type: String
    var shape: [String]
  }

  /// A node.
  struct Node: Encodable {
    var name: String
    var op: String
    /// The type and shape of its first result.
    var result: String
    /// The multiply-accumulates of a product, if the shapes are known.
    var macs: Int?
    /// Where it is computed, and why; `nil` if sizes are lacking.
    var place: ModelMapping.Place?
    var reason: String?
  }

  /// Why the model cannot be compiled.
  struct Fault: Encodable {
    var node: String?
    /// Other nodes of the operator that have it.
    var otherNodes: [String]?
    var op: String?
    var message: String
    var supported: String?
    var help: String?

    init(_ diagnostic: Diagnostic) {
      node = diagnostic.node
      otherNodes = diagnostic.otherNodes.isEmpty ? nil : diagnostic.otherNodes
      op = diagnostic.op
      message = diagnostic.message
      supported = diagnostic.supported
      help = diagnostic.help
    }

    /// As a person reads it.
    var text: String {
      let others = otherNodes.map { " and \($0.count) other\($0.count == 1 ? "" : "s")" } ?? ""
      let place =
        node.map { "node \"\(printable($0))\"\(others)\(op.map { " (\($0))" } ?? ""): " } ?? ""
      return place + printable(message)
        + (supported.map { "\n  supported: \(printable($0))" } ?? "")
        + (help.map { "\n  help: \(printable($0))" } ?? "")
    }
  }

  var name: String
  var opset: Int?
  var irVersion: Int?
  var producer: String?
  var inputs: [Port]
  var outputs: [Port]
  var nodes: [Node]
  /// The elements of all constants.
  var parameters: Int
  /// How many nodes each operator has.
  var operators: [String: Int]
  /// The multiply-accumulates of all products whose shapes are known; `nil` if the model is not imported.
  var macs: Int?
  /// The names of the dimensions that the inputs leave open.
  var openDimensions: [String]
  /// What it takes of a chip; `nil` if sizes are lacking.
  var mapping: ModelMapping.Crossbars?
  /// Why it cannot be compiled.
  var faults: [Fault]

  init(_ model: Model, mapping: ModelMapping) {
    let graph = mapping.graph
    openDimensions = model.graph.openDimensions
    self.mapping = mapping.crossbars
    faults = mapping.faults.map(Fault.init)
    name = graph.name
    opset = model.onnx?.opset
    irVersion = model.onnx?.irVersion
    producer = model.onnx?.producer
    inputs = model.graph.inputs.map { Port(model.graph[$0]) }
    outputs = model.graph.outputs.map { Port(model.graph[$0]) }
    nodes = graph.nodes.map { node in
      let type = node.results.first.map { graph[$0].type }
      let place = mapping.place(of: node)
      return Node(
        name: node.name, op: node.op.onnxName, result: type.map(describe) ?? "",
        macs: graph.macs(of: node), place: place?.place, reason: place?.reason)
    }
    parameters = graph.parameterCount
    operators = nodes.reduce(into: [:]) { $0[$1.op, default: 0] += 1 }
    macs = nodes.reduce(0) { $0.saturatingSum($1.macs ?? 0) }
  }

  /// What is in a model that has `faults`, for which it cannot be imported.
  init(_ outline: ModelOutline, faults: Diagnostics) {
    name = outline.name
    opset = outline.opset
    irVersion = outline.irVersion
    producer = outline.producer
    func port(_ port: ModelOutline.Port) -> Port {
      Port(
        name: port.name, type: port.type?.element.rawValue ?? "?",
        shape: port.type?.shape?.map(describe) ?? ["?"])
    }
    inputs = outline.inputs.map(port)
    outputs = outline.outputs.map(port)
    openDimensions = []
    parameters = outline.parameters
    self.faults = faults.items.filter { $0.severity == .error }.map(Fault.init)
    var reasons: [String: String] = [:]
    for fault in faults.items {
      for node in [fault.node].compactMap({ $0 }) + fault.otherNodes where reasons[node] == nil {
        reasons[node] = fault.message
      }
    }
    nodes = outline.nodes.map { node in
      Node(
        name: node.name, op: node.op, result: "", macs: nil,
        place: reasons[node.name] == nil ? nil : .refused, reason: reasons[node.name])
    }
    operators = nodes.reduce(into: [:]) { $0[$1.op, default: 0] += 1 }
  }

  /// The report as a person reads it.
  var page: Page {
    var lines = ["network        \(printable(name))"]
    if let irVersion {
      let set = opset.map { "operator set \($0), " } ?? ""
      lines.append("format         ONNX \(set)IR version \(irVersion)")
    }
    if let producer, !producer.isEmpty { lines.append("producer       \(printable(producer))") }
    for input in inputs { lines.append("input          \(input.text)") }
    for output in outputs { lines.append("output         \(output.text)") }
    let counts = operators.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) \($0.key)" }
    lines.append("nodes          \(nodes.count): \(counts.joined(separator: ", "))")
    lines.append("parameters     \(grouped(parameters))")
    if let macs { lines.append("products       \(grouped(macs)) MACs, where shapes are known") }
    if let mapping {
      let all = Double(mapping.analogMACs + mapping.digitalMACs)
      lines.append(
        "chip           \(mapping.chip): \(mapping.crossbars) crossbars on \(mapping.chips) "
          + "\(mapping.chips == 1 ? "chip" : "chips"), at least \(mapping.crossbarsBoundSeparate) without "
          + "sharing and \(mapping.crossbarsBoundArea) by area")
      lines.append(
        "analog         \(grouped(mapping.analogMACs)) MACs, "
          + "\(percent(Double(mapping.analogMACs), of: all, digits: 1)) % of all products"
      )
    }
    if !faults.isEmpty {
      lines.append(
        "compilation    impossible: \(faults.count) \(faults.count == 1 ? "fault" : "faults")"
          + (macs == nil ? "" : ", listed below")
      )
    }
    var table = Table(
      "node<", "operator<", Table.Column("result<", rank: 1), Table.Column("MACs", rank: 2),
      "where<",
      "why<")
    for node in nodes {
      table.add(
        node.name, node.op, node.result, node.macs.map(grouped) ?? "", node.place?.rawValue ?? "",
        node.reason ?? "")
    }
    // Those of the import are reported as errors.
    var page = Page(lines.joined(separator: "\n") + "\n\n")
    page.add(table)
    if !faults.isEmpty && macs != nil {
      page += "\n" + faults.map { $0.text + "\n" }.joined()
    }
    return page
  }
}

extension ModelReport.Port {
  fileprivate init(_ value: Value) {
    name = value.name
    type = value.type.element.rawValue
    shape = value.type.shape?.map(describe) ?? ["?"]
  }

  fileprivate var text: String {
    "\(printable(name)): \(type) \(shape.isEmpty ? "scalar" : printable(shape.joined(separator: "×")))"
  }
}

/// The text of a dimension: its size, or its name.
func describe(_ dimension: Dimension) -> String {
  switch dimension {
  case .fixed(let size): "\(size)"
  case .symbol(let name): name
  }
}

/// The text of a type for a person, such as `f32 N×10`.
func describe(_ type: ValueType) -> String {
  guard let shape = type.shape else { return "\(type.element) ?" }
  let sizes = shape.map(describe).joined(separator: "×")
  return shape.isEmpty ? "\(type.element) scalar" : "\(type.element) \(sizes)"
}

extension Graph {
  /// The elements of all constants, those of regions too.
  fileprivate var parameterCount: Int {
    let own = zip(values, usedValues()).reduce(0) { sum, entry in
      entry.1 && entry.0.constant != nil ? sum + (entry.0.type.count ?? 0) : sum
    }
    return nodes.flatMap(\.op.regions).reduce(own) { $0 + $1.parameterCount }
  }

  /// The multiply-accumulates of a product in one evaluation; `nil` if `node` is none, or if its shapes
  /// are not known or larger than any that compiles.
  func macs(of node: Node) -> Int? {
    guard let result = node.results.first, !isTooLarge(result) else { return nil }
    if case .recurrent = node.op { return recurrentMACs(of: node) }
    // An open batch counts once.
    let elements = self[result].type.shape?.reduce(1 as Int?) { product, dimension in
      let (value, overflow) = (product ?? 0).multipliedReportingOverflow(by: dimension.value ?? 1)
      return product == nil || overflow ? nil : value
    }
    guard let elements, let inner = innerSize(of: node) else { return nil }
    let (macs, overflow) = elements.multipliedReportingOverflow(by: inner)
    return overflow ? nil : macs
  }

  /// The multiply-accumulates of all steps of a recurrent layer.
  private func recurrentMACs(of node: Node) -> Int? {
    func sizes(_ index: Int) -> [Int]? {
      node.operands[index].flatMap { self[$0].type.shape?.map { $0.value ?? 1 } }
    }
    guard let x = sizes(0), let w = sizes(1), let r = sizes(2) else { return nil }
    var sum = 0
    for factors in [x.dropLast() + w, x.dropLast() + r] {
      let product = factors.reduce(1 as Int?) { product, size in
        let result = product?.multipliedReportingOverflow(by: size)
        return result?.overflow == false ? result?.partialValue : nil
      }
      guard let product else { return nil }
      let (total, overflow) = sum.addingReportingOverflow(product)
      guard !overflow else { return nil }
      sum = total
    }
    return sum
  }

  /// The number of products that are added for one element of the result.
  private func innerSize(of node: Node) -> Int? {
    func shape(_ index: Int) -> [Dimension]? {
      node.operands.count > index ? node.operands[index].flatMap { self[$0].type.shape } : nil
    }
    switch node.op {
    case .conv:
      return shape(1)?.dropFirst().reduce(1 as Int?) { product, dimension in
        guard let product, let size = dimension.value else { return nil }
        let (value, overflow) = product.multipliedReportingOverflow(by: size)
        return overflow ? nil : value
      }
    case .gemm(let gemm):
      guard let a = shape(0), a.count == 2 else { return nil }
      return a[gemm.transposeA ? 0 : 1].value
    case .matMul: return shape(0)?.last?.value
    default: return nil
    }
  }
}
