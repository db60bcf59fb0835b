import Basics
import Compiler
import IR
import Passes

/// What a network takes on a mesh of tiles and digital cores, and what limits it.
struct FabricReport: Report {
  /// A product with constant weights on tiles.
  struct Layer: Encodable {
    /// The ONNX node.
    var node: String
    var op: String
    /// The size of its matrix.
    var rows: Int
    var columns: Int
    var tiles: Int
    /// The chips of its tiles, the first and the last.
    var chips: [Int]
    /// The vectors that it multiplies in one inference, and the time between two of them.
    var vectors: Int
    var periodNs: Int
  }

  /// What a block does with every vector, or every so-many-th.
  struct Stage: Encodable {
    var node: String
    var kind: String
    var chip: Int
    /// The places of its blocks in the layout of the chip, row by row.
    var places: [Int]
    var vectors: Int
    var timeNs: Int
    /// When the first vectors are worked on, one for each block.
    var startsNs: [Int]
    var periodNs: Int
  }

  /// The least time between inferences that a kind of resource allows.
  struct Bound: Encodable {
    var what: String
    var timeNs: Double
  }

  var network: String
  var chip: String
  var chips: Int
  /// The paths of the chip's figures that are assumed.
  var assumed: [String]
  var layers: [Layer]
  var stages: [Stage]
  var tilesUsed: Int
  var tilesAvailable: Int
  var intervalNs: Int
  /// The vectors of the fastest stream for which an inference has room, and the time between them.
  var slots: Int
  var slotNs: Int
  /// The least intervals, the largest first.
  var bounds: [Bound]
  var latencyNs: Int
  var energyNj: FabricFigures.Energy
  var idlePowerMilliwatts: Double
  var mvms: Int
  /// The operations of all products, attention's too: two a multiply-accumulate.
  var operations: Int
  var transfers: Int
  var activations: Int
  var blocksPerTransfer: Double
  /// What the fullest memory core holds, and what it could.
  var memoryBytes: Int
  var memoryBytesAvailable: Int
  /// The time of each pass, in ms, in order.
  var times: [PassTime]

  /// The form of the JSON.
  static let schema = "aimcc.fabric/1"

  /// Plans the network that was cut into blocks.
  ///
  /// Throws `Diagnostics` that name what no block of the fabric computes.
  init(_ compiled: CompiledModel, partition: Partition) throws {
    let began = ContinuousClock.now
    let plan = try partition.planned()
    let figures = plan.figures
    let (graph, timetable) = (partition.graph, plan.timetable)
    network = graph.name
    chip = partition.chip.name
    chips = partition.chips
    assumed = partition.chip.assumed
    var chipsOfNodes: [String: ClosedRange<Int>] = [:]
    for stage in plan.work.stages where stage.kind == .mvm {
      let chip = stage.blocks[0].chip
      let known = chipsOfNodes[stage.name] ?? chip...chip
      chipsOfNodes[stage.name] = min(known.lowerBound, chip)...max(known.upperBound, chip)
    }
    layers = partition.layers.map { layer in
      let node = graph[layer.node]
      let range = chipsOfNodes[node.name] ?? 0...0
      return Layer(
        node: node.name, op: node.op.onnxName, rows: layer.rows, columns: layer.columns,
        tiles: layer.blocks, chips: [range.lowerBound, range.upperBound], vectors: layer.vectors,
        periodNs: timetable.period(of: layer.vectors))
    }
    stages = plan.work.stages.enumerated().map { index, stage in
      Stage(
        node: stage.name, kind: stage.kind.rawValue, chip: stage.blocks[0].chip,
        places: stage.blocks.map(\.place), vectors: stage.vectors, timeNs: stage.time,
        startsNs: timetable.starts[index],
        periodNs: timetable.period(of: stage.vectors) * stage.blocks.count)
    }
    tilesUsed = partition.crossbars
    tilesAvailable = partition.available
    intervalNs = figures.interval
    (slots, slotNs) = (timetable.slots, timetable.base)
    bounds = plan.bounds.map { Bound(what: $0.what, timeNs: $0.time) }
    latencyNs = figures.latency
    energyNj = figures.energy
    idlePowerMilliwatts = figures.idlePower
    mvms = figures.mvms
    operations =
      2
      * (partition.layers.reduce(0) { $0 + $1.macs }
        + partition.computedProducts.reduce(0) { $0 + $1.macs })
    (transfers, activations) = (figures.transfers, figures.activations)
    blocksPerTransfer = figures.wiresPerTransfer
    memoryBytes = figures.memoryBytes
    memoryBytesAvailable = plan.work.mesh.fabric.memoryBytes
    times =
      compiled.times + [
        PassTime(pass: "stream", milliseconds: (ContinuousClock.now - began).milliseconds)
      ]
  }

  var page: Page {
    var page = Page(summary)
    page += "\n"
    var table = Table(
      "layer<", .init("operator<", rank: 2), .init("rows", rank: 1), .init("columns", rank: 1),
      "tiles", "chips", "vectors", "one every, ns")
    for layer in layers {
      table.add(
        layer.node, layer.op, "\(layer.rows)", "\(layer.columns)", "\(layer.tiles)",
        layer.chips[0] == layer.chips[1]
          ? "\(layer.chips[0])" : "\(layer.chips[0])–\(layer.chips[1])",
        grouped(layer.vectors), "\(layer.periodNs)")
    }
    page.add(table)
    return page
  }

  private var summary: String {
    let limit = bounds.first
    var text = """
      fits           \(tilesUsed) of \(tilesAvailable) tiles of \(chips) × \(printable(chip))
      interval       \(readable(nanoseconds: Double(intervalNs))) an inference: \(grouped(slots)) vectors, one every \
      \(slotNs) ns

      """
    if let limit {
      let ratio = limit.timeNs > 0 ? Double(intervalNs) / limit.timeNs : 1
      text +=
        "bottleneck     \(limit.what), \(readable(nanoseconds: limit.timeNs)) an inference; the interval is "
        + "\(fixed(ratio, 2)) times that\n"
    }
    let others = bounds.dropFirst().map { "\($0.what) \(readable(nanoseconds: $0.timeNs))" }
    if !others.isEmpty { text += "other bounds   \(others.joined(separator: ", "))\n" }
    let parts = [
      ("tiles", energyNj.tiles), ("light cores", energyNj.light), ("heavy cores", energyNj.heavy),
      ("mesh", energyNj.mesh), ("links", energyNj.links), ("at rest", energyNj.idle),
    ]
    .filter { $0.1 > 0 }.map { "\($0.0) \(percent($0.1, of: energyNj.total)) %" }
    text += """
      latency        \(readable(nanoseconds: Double(latencyNs)))
      energy         \(significant(energyNj.total / 1000)) µJ an inference: \(parts.joined(separator: ", "))
      mesh           \(grouped(transfers)) transfers of \(grouped(activations)) activations an inference, each over the \
      wires of \(fixed(blocksPerTransfer, 1)) blocks
      memory cores   the fullest holds \(grouped(memoryBytes)) of \(grouped(memoryBytesAvailable)) bytes

      """
    if !assumed.isEmpty { text += "assumed        \(assumed.joined(separator: ", "))\n" }
    return text
  }
}
