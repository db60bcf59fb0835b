import Basics
import Chip
import Compiler
import IR
import Passes

/// What became of a network, with every figure beside its bound.
struct CompileReport: Report {
  /// A product with constant weights on crossbars.
  struct Layer: Encodable {
    /// The ONNX node.
    var node: String
    /// The operator.
    var op: String
    /// The size of its matrix.
    var rows: Int
    var columns: Int
    /// The groups of a grouped convolution, else 1.
    var groups: Int
    /// The crossbars of one replica.
    var blocks: Int
    /// The fewest blocks into which the matrix can be cut, without sharing crossbars.
    var blocksBound: Int
    /// The number of copies.
    var replicas: Int
    /// The part of the cells of its crossbars that hold weights.
    var utilisation: Double
    /// The vectors that it multiplies in one inference.
    var vectors: Int
    /// The MVMs that follow each other on its busiest crossbar in one inference.
    var interval: Int
    /// The multiply-accumulates of one inference, of copies those of the first alone.
    var macs: Int
  }

  /// A product that the host computes.
  struct Digital: Encodable {
    var node: String
    var op: String
    var macs: Int
    var depthwise: Bool
    /// Whether its weights are constant, so that crossbars could hold them.
    var constantWeights: Bool
    var reason: String
  }

  /// A layer that keeps ranges which training has found; its name in JSON.
  struct TrainedLayer: Encodable {
    var node: String
    /// How many parts of the rows have ranges of their own; 1 where all rows have the same.
    var inputs: Int

    var text: String {
      printable(node) + (inputs > 1 ? " (\(inputs) parts of the rows)" : "")
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(node)
    }
  }

  /// A recurrent layer on crossbars whose gates are host code.
  struct Gates: Encodable {
    var node: String
    var op: String
    var reason: String
  }

  var network: String
  var chip: String
  var chips: Int
  /// The paths of the chip's figures that are assumed.
  var assumed: [String]
  /// Where the ranges come from; `nil` of a plan, which has none.
  var calibration: String?
  /// The layers on crossbars that keep ranges which training has found.
  var trainedRanges: [TrainedLayer]
  var layers: [Layer]
  var digital: [Digital]
  var hostGates: [Gates]
  /// The crossbars in use, those that there are, and the bounds of those needed.
  var crossbarsUsed: Int
  var crossbarsAvailable: Int
  var crossbarsBoundSeparate: Int
  var crossbarsBoundArea: Int
  /// MVM slots between inferences, the least that any replication reaches, and the fluid bound.
  var intervalSlots: Int
  var intervalOptimum: Int
  var intervalFluid: Double
  var analogMACs: Int
  var digitalMACs: Int
  /// The analog part of the multiply-accumulates with constant weights, and of those that are not depthwise.
  var analogShareOfConstant: Double
  var analogShareWithoutDepthwise: Double
  /// Vectors of partial sums that the host adds for want of a link, and the fewest that there can be.
  var unlinkedPartialSums: Int
  var unlinkedPartialSumsBound: Int
  /// Every decision beside its bound.
  var mapping: MappingFigures
  /// What programming takes, if there is a program, and if the chip has devices.
  var programming: ProgrammingFigures?
  /// What faults cost, if any are known, and if there is a program.
  var faults: FaultReport?
  /// The size of the program in bytes, if one was written.
  var programBytes: Int?
  /// The time of each pass, in ms, in order.
  var times: [PassTime]

  /// The form of the JSON.
  static let schema = "aimcc.compile/1"

  /// What became of a model whose program is there, with its size and times; `nil` if there are no blocks.
  ///
  /// Throws `Diagnostics` if the times cannot be told.
  init?(written compiled: CompiledModel, estimatesProgramming: Bool = true) throws {
    self.init(compiled)
    let (program, bytes) = compiled.program
    programBytes = bytes.count
    try mapping.setTimes(of: program)
    if estimatesProgramming { programming = ProgrammingFigures(program.program) }
  }

  /// What became of a model; `nil` if its compilation stopped before its blocks had cores.
  init?(_ compiled: CompiledModel) {
    guard let placement = compiled.compilation.placement else { return nil }
    let partition = placement.partition
    let graph = partition.graph
    let crossbar = partition.chip.crossbar
    network = graph.name
    chip = partition.chip.name
    chips = partition.chips
    assumed = partition.chip.assumed
    calibration = compiled.compilation.calibration?.origin
    trainedRanges = partition.layers.map { graph[$0.node] }.filter { !$0.ranges.isEmpty }.map {
      TrainedLayer(node: $0.name, inputs: $0.ranges.differByRow ? $0.ranges.input.count : 1)
    }
    let macs = compiled.compilation.networkMACs
    layers = partition.layers.map { layer in
      let crossbarCells = layer.blocks * crossbar.rows * crossbar.columns
      return Layer(
        node: graph[layer.node].name, op: graph[layer.node].op.onnxName, rows: layer.rows,
        columns: layer.columns, groups: layer.groups, blocks: layer.blocks,
        blocksBound: layer.blocksBound(on: crossbar), replicas: layer.replicas,
        utilisation: Double(layer.cells) / Double(max(crossbarCells, 1)), vectors: layer.vectors,
        interval: layer.slots, macs: macs[graph[layer.node].name] ?? layer.macs)
    }
    digital = partition.digital.map { product in
      Digital(
        node: graph[product.node].name, op: graph[product.node].op.onnxName, macs: product.macs,
        depthwise: product.isDepthwise, constantWeights: true, reason: product.reason)
    }
    digital += partition.computedProducts.map { product in
      Digital(
        node: graph[product.node].name, op: graph[product.node].op.onnxName, macs: product.macs,
        depthwise: false, constantWeights: false, reason: product.reason)
    }
    hostGates = partition.hostGates.map { gates in
      Gates(
        node: graph[gates.node].name, op: graph[gates.node].op.onnxName, reason: gates.reason)
    }
    crossbarsUsed = partition.crossbars
    crossbarsAvailable = partition.available
    crossbarsBoundSeparate = layers.reduce(0) { $0 + $1.blocksBound }
    crossbarsBoundArea = partition.areaBound
    intervalSlots = partition.intervalSlots
    intervalOptimum = partition.layers.isEmpty ? 0 : partition.intervalOptimum
    intervalFluid = partition.intervalFluid
    analogMACs = layers.reduce(0) { $0 + $1.macs }
    digitalMACs = digital.reduce(0) { $0 + $1.macs }
    let constant = digital.filter(\.constantWeights)
    let analog = analogMACs
    let shares = [constant, constant.filter { !$0.depthwise }].map { others in
      let all = analog + others.reduce(0) { $0 + $1.macs }
      return all == 0 ? 0 : Double(analog) / Double(all)
    }
    (analogShareOfConstant, analogShareWithoutDepthwise) = (shares[0], shares[1])
    mapping = MappingFigures(
      placement, widened: compiled.compilation.intervalIfWidened(),
      objective: compiled.prepared.options.mapping.objective)
    if let figures = compiled.compilation.faultFigures,
      let file = compiled.prepared.options.faultMap
    {
      faults = FaultReport(figures, file: file)
    }
    unlinkedPartialSums = mapping.unlinkedPartialSums
    unlinkedPartialSumsBound = mapping.unlinkedPartialSumsBound
    times = compiled.times
  }

  /// The report as a person reads it: what limits the network, then its layers.
  var page: Page {
    var page = Page(summary)
    page += "\n"
    page.add(table)
    page.addDetails("\n" + details)
    return page
  }

  private var table: Table {
    var table = Table(
      "layer<", .init("operator<", rank: 2), .init("rows", rank: 1), .init("columns", rank: 1),
      .init("blocks", rank: 5), .init("bound", rank: 7), "replicas", "crossbars",
      .init("cells used, %", rank: 4), "interval, MVMs", .init("MACs, analog", rank: 3),
      .init("MACs, digital", rank: digitalMACs == 0 ? 6 : 2))
    for layer in layers {
      table.add(
        layer.node, layer.groups == 1 ? layer.op : "\(layer.op)/\(layer.groups)", "\(layer.rows)",
        "\(layer.columns)", "\(layer.blocks)", "\(layer.blocksBound)", "\(layer.replicas)",
        "\(layer.blocks * layer.replicas)", fixed(100 * layer.utilisation, 1), "\(layer.interval)",
        grouped(layer.macs), "")
    }
    for product in digital {
      table.add(
        product.node, product.op, "", "", "", "", "", "", "", "", "", grouped(product.macs))
    }
    table.addRule()
    table.add(
      "total", "", "", "", "\(layers.reduce(0) { $0 + $1.blocks })", "\(crossbarsBoundSeparate)",
      "",
      "\(crossbarsUsed)", "", "\(intervalSlots)", grouped(analogMACs), grouped(digitalMACs))
    return table
  }

  /// What the network takes of the chip, and what limits it.
  private var summary: String {
    var text = """
      fits           \(crossbarsUsed) of \(crossbarsAvailable) crossbars of \(chips) × \(printable(chip)); \
      \(layers.reduce(0) { $0 + $1.blocks }) hold every weight once
      \(mapping.sharingSlots > 0 ? mapping.sharingText : "")\(mapping.timesText(assumed: assumed))\(mapping.widenedText)
      """
    if digitalMACs > 0 {
      text += analogLine(
        Double(analogMACs) / Double(analogMACs + digitalMACs), ofConstant: analogShareOfConstant,
        withoutDepthwise: analogShareWithoutDepthwise)
    }
    text += faults?.text ?? ""
    if let calibration { text += "calibration    \(calibration)\n" }
    if !trainedRanges.isEmpty {
      text +=
        "ranges         from training: \(trainedRanges.map(\.text).joined(separator: ", "))\n"
    }
    for product in digital {
      text += "digital        \(shortened(printable(product.node), to: 60)): \(product.reason)\n"
    }
    for gates in hostGates {
      text += "host code      gates of \(shortened(printable(gates.node))): \(gates.reason)\n"
    }
    return text
  }

  /// Every decision of the mapping beside its bound.
  private var details: String {
    """
    crossbars      at least \(crossbarsBoundSeparate) without sharing and \(crossbarsBoundArea) by area
    \(mapping.sharingSlots > 0 ? "" : mapping.sharingText)interval       \(intervalSlots) MVMs; at least \(intervalOptimum) with one block per crossbar, \
    fluid bound \(fixed(intervalFluid, 1))
    partial sums   \(unlinkedPartialSums) vectors per inference added by the host where there is no link, \
    at least \(unlinkedPartialSumsBound)
    \(mapping.trafficText)\(programming?.text ?? "")
    """
  }
}

/// A line on the analog part of the products.
func analogLine(_ all: Double, ofConstant: Double, withoutDepthwise: Double) -> String {
  "analog MACs    \(fixed(100 * all, 2)) % of all products, \(fixed(100 * ofConstant, 2)) % of those with "
    + "constant weights, \(fixed(100 * withoutDepthwise, 2)) % of these without depthwise\n"
}

/// The time that a pass took.
struct PassTime: Encodable {
  var pass: String
  var milliseconds: Double
}

extension Duration {
  /// The duration in ms.
  var milliseconds: Double {
    Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15
  }
}

extension Layer {
  /// The fewest blocks that can hold the matrix if no two layers share a crossbar: ⌈R/rows⌉·⌈C/columns⌉, or,
  /// of a grouped convolution, as many as its groups need along the diagonal.
  func blocksBound(on crossbar: Crossbar) -> Int {
    func quotient(_ a: Int, _ b: Int) -> Int { (a + b - 1) / max(b, 1) }
    let (r, c) = (rows / max(groups, 1), columns / max(groups, 1))
    let together = min(crossbar.rows / max(r, 1), crossbar.columns / max(c, 1))
    if together > 0 { return quotient(groups, together) }
    return groups * quotient(r, crossbar.rows) * quotient(c, crossbar.columns)
  }
}

/// The times of passes as a table.
func timingTable(_ times: [PassTime]) -> Table {
  var table = Table("pass<", "time, ms", "%")
  let total = times.reduce(0) { $0 + $1.milliseconds }
  for time in times {
    table.add(time.pass, fixed(time.milliseconds, 2), percent(time.milliseconds, of: total))
  }
  table.addRule()
  table.add("total", fixed(total, 2), total == 0 ? "-" : "100.0")
  if let calibration = times.first(where: { $0.pass == "calibrate" }) {
    table.add("without calibration", fixed(total - calibration.milliseconds, 2), "")
  }
  return table
}
