import Basics
import Chip
import Program

/// Says in words how the tile programs at `first` and `second` differ.
///
/// Throws `Diagnostics` with every fault of the files.
public func runDiff(
  _ first: String, _ second: String, json: Bool, console: Console
) throws -> ExitStatus {
  var faults = Diagnostics()
  var programs: [Program] = []
  for path in [first, second] {
    try faults.collect {
      try requireFile(path, "a tile program (.aimc)")
      programs.append(try ValidProgram(file: MappedFile(path: path)).program)
    }
  }
  try faults.throwIfErrors()
  let report = ProgramDifferences(programs[0], programs[1])
  try console.write(report, as: "aimcc.diff/1", json: json)
  return report.differences.isEmpty ? .done : .verificationFailed
}

/// How two programs differ.
struct ProgramDifferences: Report {
  /// A difference.
  struct Difference: Encodable {
    /// What differs: `network`, `compiler`, `chip`, `ports`, `layers`, `places`, `conductances`, `calibration`, `code` or `data`.
    var kind: String
    /// The layer, of differences in one.
    var node: String?
    var text: String
  }

  var differences: [Difference] = []

  init(_ a: Program, _ b: Program) {
    guard a != b else { return }
    func compare(_ kind: String, _ x: String, _ y: String) {
      if x != y { differences.append(Difference(kind: kind, text: "\(x), then \(y)")) }
    }
    compare("network", a.network, b.network)
    compare("compiler", a.compiler, b.compiler)
    compareChips(a, b)
    comparePorts("input", a.inputs, b.inputs)
    comparePorts("output", a.outputs, b.outputs)
    compareLayers(a, b)
    if a.lines != b.lines {
      let cores = Set(a.lines).symmetricDifference(b.lines).map { [$0.chip, $0.core.index] }
      let count = Set(cores).count
      add("places", "\(count) \(count == 1 ? "core has" : "cores have") lines in another order")
    }
    compareCalibration(a, b)
    compareCode(a, b)
    if differences.isEmpty {
      add("data", "descriptors, memories, constants or affine functions alone")
    }
  }

  private mutating func add(_ kind: String, of node: String? = nil, _ text: String) {
    differences.append(Difference(kind: kind, node: node, text: text))
  }

  private mutating func compareChips(_ a: Program, _ b: Program) {
    if a.chipCount != b.chipCount { add("chip", "\(a.chipCount) chips, then \(b.chipCount)") }
    guard a.chip != b.chip else { return }
    if a.chip.name != b.chip.name { add("chip", "\(a.chip.name), then \(b.chip.name)") }
    let lines = [a, b].map { $0.chip.yaml.split(separator: "\n").map(String.init) }
    for change in lines[1].difference(from: lines[0]).prefix(40) {
      switch change {
      case .remove(_, let line, _): add("chip", "without \(line.trimmed)")
      case .insert(_, let line, _): add("chip", "with \(line.trimmed)")
      }
    }
  }

  private mutating func comparePorts(_ what: String, _ a: [Port], _ b: [Port]) {
    func text(_ port: Port) -> String {
      "\(port.element.rawValue) \(port.shape.map(String.init).joined(separator: "×"))"
        + (port.scale == 0 ? "" : ", step \(port.scale)")
    }
    let known = Dictionary(a.map { ($0.name, $0) }) { $1 }
    let others = Set(b.map(\.name))
    for port in a where !others.contains(port.name) { add("ports", "\(what) \(port.name) is gone") }
    for port in b {
      guard let before = known[port.name] else {
        add("ports", "\(what) \(port.name) is new")
        continue
      }
      if text(before) != text(port) {
        add("ports", "\(what) \(port.name): \(text(before)), then \(text(port))")
      }
    }
  }

  // MARK: Layers

  /// What a program has of a layer.
  private struct Held {
    var blocks: [ConductanceBlock] = []
    var places: [String] = []
    var replicas = 0

    var size: String {
      let rows = blocks.map(\.rows.upperBound).max() ?? 0
      let columns = blocks.map(\.columns.upperBound).max() ?? 0
      return "\(rows)×\(columns) in \(blocks.count) \(blocks.count == 1 ? "block" : "blocks")"
    }
  }

  private static func held(_ program: Program) -> [String: Held] {
    var layers: [String: Held] = [:]
    for block in program.blocks { layers[block.node, default: Held()].blocks.append(block) }
    var tiles: [Int: Int] = [:]
    for tile in program.tiles {
      let node = program.blocks[tile.block.index].node
      tiles[tile.block.index, default: 0] += 1
      layers[node, default: Held()].places.append("\(tile.chip).\(tile.core.index)")
      layers[node, default: Held()].replicas = max(
        layers[node]?.replicas ?? 0, tiles[tile.block.index] ?? 0)
    }
    return layers
  }

  private mutating func compareLayers(_ a: Program, _ b: Program) {
    let (before, after) = (Self.held(a), Self.held(b))
    func order(_ program: Program) -> [String] { LayerNames(program).nodes }
    for node in order(a) where after[node] == nil {
      add("layers", of: node, "is on no crossbar any more")
    }
    for node in order(b) {
      guard let new = after[node] else { continue }
      guard let old = before[node] else {
        add("layers", of: node, "is on crossbars now, \(new.size)")
        continue
      }
      if old.size != new.size { add("layers", of: node, "\(old.size), then \(new.size)") }
      if old.replicas != new.replicas {
        let replicas = old.replicas == 1 ? "1 replica" : "\(old.replicas) replicas"
        add("layers", of: node, "\(replicas), then \(new.replicas)")
      }
      if old.places != new.places {
        let kept = Set(old.places).intersection(new.places).count
        let cores = Set(new.places).count
        add(
          "places", of: node,
          kept == 0 ? "on other cores" : "\(kept) of \(cores) cores are the same")
      }
      compareConductances(node, old.blocks, new.blocks)
    }
  }

  private mutating func compareConductances(
    _ node: String, _ a: [ConductanceBlock], _ b: [ConductanceBlock]
  ) {
    guard a.map(\.rows) == b.map(\.rows), a.map(\.columns) == b.map(\.columns) else { return }
    var (changed, all, largest) = (0, 0, Float(0))
    for (x, y) in zip(a, b) {
      x.conductances.withUnsafeBytes { x in
        y.conductances.withUnsafeBytes { y in
          for (g, h) in zip(x.bindMemory(to: Float.self), y.bindMemory(to: Float.self)) {
            all += 1
            if g != h {
              changed += 1
              largest = max(largest, abs(g - h))
            }
          }
        }
      }
    }
    if changed > 0 {
      add(
        "conductances", of: node,
        "\(grouped(changed)) of \(grouped(all)) differ, by at most \(significant(Double(largest))) of g_max"
      )
    }
    if let (x, y) = zip(a, b).first(where: { $0.gMax != $1.gMax }) {
      let ranges = [x, y].map { significant(Double($0.gMax)) }
      add("conductances", of: node, "g_max \(ranges[0]) µS, then \(ranges[1]) µS")
    }
    if a.map(\.columnScale) != b.map(\.columnScale) || a.map(\.isCut) != b.map(\.isCut)
      || a.map(\.decoding) != b.map(\.decoding)
    {
      add("conductances", of: node, "what a conductance stands for differs")
    }
    if a.map(\.residual) != b.map(\.residual)
      || a.map(\.devicesPerPolarity) != b.map(\.devicesPerPolarity)
    {
      add("conductances", of: node, "its error columns or devices differ")
    }
  }

  // MARK: Calibration and code

  private mutating func compareCalibration(_ a: Program, _ b: Program) {
    func routines(_ program: Program) -> String {
      let names = program.probes.map { "\($0.routine)" }
      return names.isEmpty ? "none" : Set(names).sorted().joined(separator: ", ")
    }
    if routines(a) != routines(b) {
      add("calibration", "routine \(routines(a)), then \(routines(b))")
    } else if a.probes != b.probes {
      add("calibration", "the vectors to measure with, or what they should give, differ")
    }
    let steps = zip(a.affines, b.affines).count { $0 != $1 }
    if a.affines.count == b.affines.count && steps > 0 {
      add(
        "calibration",
        "\(grouped(steps)) of \(grouped(a.affines.count)) affine functions of LDPUs differ")
    }
  }

  private mutating func compareCode(_ a: Program, _ b: Program) {
    let streams = [a, b].map { program in
      Dictionary(program.streams.map { ($0.unit, $0.code) }) { $1 }
    }
    let units = Set(streams[0].keys).union(streams[1].keys).sorted()
    var counts: [(kind: String, units: Int, before: Int, after: Int)] = []
    for unit in units {
      let (x, y) = (streams[0][unit] ?? [], streams[1][unit] ?? [])
      guard x != y else { continue }
      let kind = String("\(unit)".prefix { $0 != " " })
      if counts.last?.kind != kind { counts.append((kind, 0, 0, 0)) }
      counts[counts.count - 1].units += 1
      counts[counts.count - 1].before += x.count
      counts[counts.count - 1].after += y.count
    }
    for count in counts {
      let units =
        count.kind == "host"
        ? "the host" : "\(count.units) \(count.kind) \(count.units == 1 ? "unit" : "units")"
      add(
        "code",
        "\(units): \(grouped(count.before)) instructions, then \(grouped(count.after))")
    }
  }

  /// The differences a line each; that there are none.
  var page: Page {
    guard !differences.isEmpty else {
      return Page("same           the programs do the same in the same way\n")
    }
    var (text, node) = ("", String?.none)
    for difference in differences {
      if difference.node != node {
        node = difference.node
        if !text.isEmpty { text += "\n" }
        if let node { text += shortened(printable(node)) + "\n" }
      }
      let kind = difference.kind.padding(toLength: 15, withPad: " ", startingAt: 0)
      text += "\(kind)\(printable(difference.text))\n"
    }
    return Page(text)
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
