import Basics
import Chip
import IR

/// A network on its way through the passes, as a text holds it: a graph, and a section for
/// everything that passes after those over the graph have found (Specs/ir.md).
///
/// Compilation can go on from any of them.
public struct StageDump: Sendable {
  /// The graph.
  public var graph: Graph { didSet { partition?.graph = graph } }
  /// The names of the passes that need not run again, as they have run over the network; the order tells nothing.
  public var passes: [String] = []
  /// The names of dimensions that have sizes in the graph; `nil` if none has.
  public var dimensionNames: DimensionNames?
  /// The graph with the first copy alone of every product that has several; `nil` if it is not known.
  public var firstCopies: Graph?
  /// How its products are laid out.
  public private(set) var layouts: ProductLayouts
  /// What calibration data met, if that is known.
  public var calibration: Calibration?
  /// The partition, if the products are cut into blocks.
  public private(set) var partition: Partition?
  /// The scales and ranges, if they are chosen.
  public private(set) var quantization: Quantization?

  private var stacks: [[[StackPlacement]]]?
  private var work: (tasks: [Schedule.Task], transfers: [Schedule.Transfer])?

  /// Whether passes after those over the graph have found something.
  public var holdsMoreThanGraph: Bool { calibration != nil || partition != nil }
  /// Whether the graph has the form that the passes behind `legalize` take.
  public var isLegal: Bool { holdsMoreThanGraph || passes.contains("legalize") }

  /// The placement, if the blocks have cores.
  public var placement: Placement? {
    guard let partition, let stacks else { return nil }
    return Placement(partition: partition, stacks: stacks)
  }

  /// The schedule, if the work has an order.
  public var schedule: Schedule? {
    guard let placement, let quantization, let work else { return nil }
    return Schedule(
      placement: placement, quantization: quantization, tasks: work.tasks,
      transfers: work.transfers)
  }

  /// A graph, whose products are laid out as `layouts` say.
  public init(_ graph: Graph, layouts: ProductLayouts = ProductLayouts()) {
    self.graph = graph
    self.layouts = layouts
  }

  /// A graph and what was seen on the way of data through it.
  public init(_ calibration: Calibration, of graph: Graph) {
    self.init(graph, layouts: calibration.layouts)
    self.calibration = calibration
  }

  /// A partition, and what calibration found.
  public init(_ partition: Partition, calibration: Calibration? = nil) {
    self.init(partition.graph, layouts: partition.layouts)
    self.calibration = calibration
    self.partition = partition
  }

  /// A partition and its scales and ranges.
  public init(_ quantization: Quantization, of partition: Partition) {
    self.init(partition)
    self.quantization = quantization
  }

  /// A placement, and what calibration and quantization found.
  public init(
    _ placement: Placement, calibration: Calibration? = nil, quantization: Quantization? = nil
  ) {
    self.init(placement.partition, calibration: calibration)
    self.quantization = quantization
    stacks = placement.stacks
  }

  /// A schedule.
  public init(_ schedule: Schedule) {
    self.init(schedule.placement, quantization: schedule.quantization)
    work = (schedule.tasks, schedule.transfers)
  }

  /// A graph, and whatever passes have found of it.
  public init(
    _ graph: Graph, layouts: ProductLayouts, calibration: Calibration?, partition: Partition?,
    quantization: Quantization?, placement: Placement?, schedule: Schedule?
  ) {
    self.init(partition?.graph ?? graph, layouts: layouts)
    self.calibration = calibration
    self.partition = partition
    guard partition != nil else { return }
    self.quantization = quantization
    stacks = placement?.stacks
    guard placement != nil, quantization != nil else { return }
    work = schedule.map { ($0.tasks, $0.transfers) }
  }

  /// The text form: the graph, then the sections in the order of the passes.
  public var text: String {
    var out = graph.text
    if !passes.isEmpty { out += "passes [\(passes.joined(separator: ", "))]\n" }
    if let dimensionNames { out += dimensionNames.section }
    if let firstCopies { out += "first_copies " + firstCopies.text }
    out += layouts.section(of: graph)
    if let calibration { out += calibration.section(of: graph) }
    guard let partition else { return out }
    out += partition.section
    if let quantization { out += quantization.section(of: partition) }
    if let placement { out += placement.section }
    if let schedule { out += schedule.section }
    return out
  }

  /// Everything that is wrong with the graph and with what is known of it.
  public func verify() -> [Diagnostic] {
    let found = graph.verify()
    guard found.isEmpty, !layouts.isEmpty || isLegal || firstCopies != nil else { return found }
    var faults = graph.verifyLegal()
    if faults.isEmpty { faults = layouts.verify(of: graph) }
    if faults.isEmpty { faults = verifyFirstCopies() }
    guard faults.isEmpty else { return faults }
    if let calibration { faults += calibration.verify(of: graph) }
    guard let partition else { return faults }
    faults += partition.verify()
    if let quantization { faults += quantization.verify(of: partition) }
    if let placement { faults += placement.verify() }
    if let schedule { faults += schedule.verify() }
    return faults
  }
}

extension StageDump {
  /// Reads a graph and the sections that follow it; `chip` finds the chip of a name.
  ///
  /// A graph that stands alone is not verified.
  /// Throws `Diagnostics` with the faults of the text, or of what it says.
  public init(text: String, file: String? = nil, chip: (String) throws -> Chip) throws {
    var cursor = TextCursor(text: text, file: file)
    let parsed = ParsedGraph(from: &cursor)
    self.init(parsed.graph)
    do {
      if !cursor.isAtEnd && !cursor.faults.hasErrors {
        try readHistory(from: &cursor)
        let found = graph.verify()
        let isWhole = !cursor.isAtEnd || isLegal || firstCopies != nil
        try Diagnostics(
          (found.isEmpty && isWhole ? graph.verifyLegal() : found).map { fault in
            let node = graph.nodes.firstIndex { $0.name == fault.node }
            return fault.located(
              at: node.map { parsed.nodePositions[$0] } ?? parsed.position, file: file)
          }
        ).throwIfErrors()
        try readSections(from: &cursor, chip: chip)
      }
    } catch let fault as TextFault {
      cursor.report(fault)
    }
    try cursor.finish()
  }

  /// Reads what is told of the way to the graph: the passes that have run, the names of dimensions, first copies.
  private mutating func readHistory(from cursor: inout TextCursor) throws(TextFault) {
    if cursor.accept(word: "passes") {
      passes = try cursor.takeList { (cursor) throws(TextFault) -> String in
        try cursor.take(.word, "the name of a pass").text
      }
    }
    if cursor.token.kind == .word, cursor.token.text == "dimensions" {
      dimensionNames = try DimensionNames(of: graph, from: &cursor)
    }
    if cursor.accept(word: "first_copies") { firstCopies = ParsedGraph(from: &cursor).graph }
  }

  private mutating func readSections(
    from cursor: inout TextCursor, chip: (String) throws -> Chip
  ) throws {
    func section<T>(
      _ keyword: String, of cursor: inout TextCursor,
      read: (inout TextCursor, inout NodeNames) throws -> T, verify: (T) -> [Diagnostic]
    ) throws -> T? {
      guard cursor.token.kind == .word, cursor.token.text == keyword else { return nil }
      let start = cursor.token.position
      var nodes = NodeNames(graph)
      let content = try read(&cursor, &nodes)
      let file = cursor.file
      try Diagnostics(
        verify(content).map { fault in
          fault.located(at: fault.node.flatMap { nodes.positions[$0] } ?? start, file: file)
        }
      ).throwIfErrors()
      return content
    }
    layouts =
      try section(
        "products", of: &cursor, read: { try ProductLayouts(from: &$0, nodes: &$1) },
        verify: { $0.verify(of: graph) }) ?? ProductLayouts()
    let file = cursor.file
    try Diagnostics(
      verifyFirstCopies().map {
        var fault = $0
        fault.file = file
        return fault
      }
    ).throwIfErrors()
    calibration = try section(
      "calibration", of: &cursor,
      read: { try Calibration(layouts: layouts, from: &$0, nodes: &$1) },
      verify: { $0.verify(of: graph) })
    partition = try section(
      "partition", of: &cursor,
      read: {
        try Partition(of: graph, layouts: layouts, from: &$0, nodes: &$1, chip: chip)
      },
      verify: { $0.verify() })
    guard let partition else { return }
    quantization = try section(
      "quantization", of: &cursor,
      read: { try Quantization(of: partition, from: &$0, nodes: &$1) },
      verify: { $0.verify(of: partition) })
    stacks =
      try section(
        "placement", of: &cursor, read: { try Placement(of: partition, from: &$0, nodes: &$1) },
        verify: { $0.verify() })?.stacks
    guard let placement, let quantization else { return }
    let schedule = try section(
      "schedule", of: &cursor,
      read: { try Schedule(of: placement, with: quantization, from: &$0, nodes: &$1) },
      verify: { $0.verify() })
    work = schedule.map { ($0.tasks, $0.transfers) }
  }
}

extension Diagnostic {
  /// The same at a place of a text.
  fileprivate func located(at position: TextPosition, file: String?) -> Diagnostic {
    var located = self
    located.file = file
    located.location = .line(position.line, column: position.column)
    return located
  }
}

extension StageDump {
  /// The tensors that the text holds by checksum only: constants of the graph, and vectors sampled
  /// for calibration.
  public func referencedTensors() -> [Tensor] {
    graph.referencedTensors() + (firstCopies?.referencedTensors() ?? [])
      + samples.referencedTensors()
  }

  /// The names of the constants of which only a checksum is known, and of the layers whose sampled
  /// vectors are such.
  public var unresolvedConstants: [String] {
    graph.unresolvedConstants
      + (firstCopies?.unresolvedConstants.map { "\($0) of the first copies" } ?? [])
      + samples.unresolvedConstants
  }

  /// Gives what only a checksum is known of the elements that `file` has for it.
  ///
  /// Throws `Diagnostics` if the elements in the file have not the checksum that they are kept by.
  public mutating func attachConstants(from file: WeightFile) throws {
    try graph.attachConstants(from: file)
    try firstCopies?.attachConstants(from: file)
    guard calibration != nil else { return }
    var samples = samples
    try samples.attachConstants(from: file)
    for (index, value) in samples.values.enumerated() {
      calibration?.layers[index].samples = value
    }
  }

  /// The sampled vectors as a graph of constants.
  private var samples: Graph {
    var samples = Graph(name: graph.name)
    for layer in calibration?.layers ?? [] {
      samples.outputs.append(samples.addValue(layer.samples))
    }
    return samples
  }
}
