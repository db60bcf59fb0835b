import Basics
import Program

/// What is in a tile program.
struct ProgramReport: Report {
  /// An input or output.
  struct Port: Encodable {
    var name: String
    var type: String
    var shape: [Int]
    /// The names of the dimensions that were fixed when compiling.
    var fixedDimensions: [String]
    /// The step of the first converter that it meets; 0 if it meets none.
    var scale: Float
  }

  /// The conductances of a node.
  struct Layer: Encodable {
    var node: String
    var rows: Int
    var columns: Int
    var blocks: Int
    var tiles: Int
    /// The cores, as `chip:core`, in ascending order.
    var cores: [String]
    /// The smallest and largest conductance of |g| = 1, in µS.
    var gMaxLowest: Float
    var gMaxHighest: Float
  }

  /// The code of one kind of unit.
  struct Code: Encodable {
    var unit: String
    var streams: Int
    var instructions: Int
  }

  var network: String
  var compiler: String
  var chip: String
  var chips: Int
  var inputs: [Port]
  var outputs: [Port]
  var layers: [Layer]
  var code: [Code]
  /// The nodes that the host computes, in order.
  var hostNodes: [String]
  /// The cores whose lines have an order of their own, as `chip:core`.
  var coresWithLines: [String]
  var counters: Int
  var descriptors: Int
  /// The bytes of conductances (as stored), of constants, and of memory while it runs.
  var conductanceBytes: Int
  var constantBytes: Int
  var memoryBytes: Int

  init(_ program: Program) {
    network = program.network
    compiler = program.compiler
    chip = program.chip.name
    chips = program.chipCount
    inputs = program.inputs.map(Port.init)
    outputs = program.outputs.map(Port.init)
    layers = Self.layers(of: program)
    code = Self.code(of: program)
    var seen: Set<String> = []
    hostNodes = program.symbols.compactMap { symbol in
      guard program.streams[symbol.stream].unit == .host else { return nil }
      return seen.insert(symbol.node).inserted ? symbol.node : nil
    }
    coresWithLines = program.lines.map { "\($0.chip):\($0.core.index)" }
    counters = program.counterCount
    descriptors = program.descriptors.count
    conductanceBytes = program.blocks.reduce(0) { $0 + $1.conductances.count }
    constantBytes = program.buffers.reduce(0) { $0 + ($1.constant?.count ?? 0) }
    memoryBytes = program.buffers.reduce(0) {
      $0 + ($1.constant == nil ? $1.capacity * $1.element.byteCount : 0)
    }
  }

  private static func layers(of program: Program) -> [Layer] {
    var order: [String] = []
    var layers: [String: Layer] = [:]
    for block in program.blocks {
      if layers[block.node] == nil { order.append(block.node) }
      var layer =
        layers[block.node]
        ?? Layer(
          node: block.node, rows: 0, columns: 0, blocks: 0, tiles: 0, cores: [],
          gMaxLowest: block.gMax, gMaxHighest: block.gMax)
      layer.rows = max(layer.rows, block.rows.upperBound)
      layer.columns = max(layer.columns, block.columns.upperBound)
      layer.blocks += 1
      layer.gMaxLowest = min(layer.gMaxLowest, block.gMax)
      layer.gMaxHighest = max(layer.gMaxHighest, block.gMax)
      layers[block.node] = layer
    }
    let tiles = program.tiles.sorted { ($0.chip, $0.core) < ($1.chip, $1.core) }
    for tile in tiles {
      let node = program.blocks[tile.block.index].node
      layers[node]?.tiles += 1
      layers[node]?.cores.append("\(tile.chip):\(tile.core.index)")
    }
    return order.compactMap { layers[$0] }
  }

  private static func code(of program: Program) -> [Code] {
    ["host", "crossbar", "ldpu", "gdpu"].compactMap { kind in
      let streams = program.streams.filter { $0.unit.kind == kind }
      if streams.isEmpty { return nil }
      return Code(
        unit: kind, streams: streams.count,
        instructions: streams.reduce(0) { $0 + $1.code.count })
    }
  }

  /// The report as a person reads it.
  var page: Page {
    var lines = [
      "network        \(printable(network))",
      "compiler       \(printable(compiler))",
      "chip           \(chips) × \(printable(chip))",
    ]
    for port in inputs { lines.append("input          \(port.text)") }
    for port in outputs { lines.append("output         \(port.text)") }
    lines.append(
      "memory         \(grouped(conductanceBytes)) bytes of conductances, "
        + "\(grouped(constantBytes)) of constants, \(grouped(memoryBytes)) while it runs")
    lines.append("descriptors    \(descriptors), counters \(counters)")
    if !coresWithLines.isEmpty {
      let isOne = coresWithLines.count == 1
      lines.append(
        "lines          \(coresWithLines.count) \(isOne ? "core has" : "cores have") an order of lines "
          + "around faults: \(ranges(coresWithLines))")
    }
    if !hostNodes.isEmpty {
      lines.append("on the host    \(hostNodes.map { printable($0) }.joined(separator: ", "))")
    }
    var table = Table(
      "layer<", "rows", "columns", "blocks", "tiles", "g_max, µS", "cores (chip:core)<")
    for layer in layers {
      let (low, high) = (fixed(Double(layer.gMaxLowest), 2), fixed(Double(layer.gMaxHighest), 2))
      table.add(
        layer.node, "\(layer.rows)", "\(layer.columns)", "\(layer.blocks)", "\(layer.tiles)",
        low == high ? low : "\(low)-\(high)", ranges(layer.cores))
    }
    var units = Table("unit<", "streams", "instructions")
    for entry in code { units.add(entry.unit, "\(entry.streams)", "\(entry.instructions)") }
    var page = Page(lines.joined(separator: "\n") + "\n\n")
    page.add(table)
    page += "\n"
    page.add(units)
    return page
  }

  /// At most a dozen cores in full.
  private func ranges(_ cores: [String]) -> String {
    cores.count <= 12
      ? cores.joined(separator: " ")
      : cores.prefix(11).joined(separator: " ") + " and \(cores.count - 11) more"
  }
}

extension ProgramReport.Port {
  fileprivate init(_ port: Port) {
    name = port.name
    type = port.element.rawValue
    shape = port.shape
    fixedDimensions = port.dimensionNames.compactMap { $0 }
    scale = port.scale
  }

  fileprivate var text: String {
    let sizes = shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "×")
    let step = scale == 0 ? "" : ", step \(scale)"
    let names =
      fixedDimensions.isEmpty
      ? "" : ", fixed: \(fixedDimensions.map { printable($0) }.joined(separator: ", "))"
    return "\(printable(name)): \(type) \(sizes)\(step)\(names)"
  }
}

extension Unit {
  /// What kind of unit it is.
  fileprivate var kind: String {
    switch self {
    case .host: "host"
    case .crossbar: "crossbar"
    case .ldpu: "ldpu"
    case .gdpu: "gdpu"
    }
  }
}
