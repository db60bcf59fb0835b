import Basics
import Program

extension Partition {
  /// Why the network does not fit: what it takes of every resource beside what there is, and the
  /// smallest changes that fit, as options to copy.
  func shortfall(_ options: MappingOptions) -> Diagnostic {
    let cores = coresPerChip
    let crossbar = usableChip.crossbar
    let size = crossbar.rows * crossbar.columns
    let shared = options.packing == .never ? self : sharingCrossbars()
    var rows = [["resource", "used", "available", "short"]]
    func add(_ resource: String, _ used: Int, _ available: Int) {
      rows.append([resource, "\(used)", "\(available)", "\(Swift.max(0, used - available))"])
    }
    add("crossbars, a block each", blocks, available)
    if options.packing != .never { add("crossbars, shared", shared.crossbars, available) }
    add("cells", layers.reduce(0) { $0 + $1.cells }, available * size)
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let table = rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
    let changes = smallestChanges(shared: shared, options)
    return Diagnostic(
      .error,
      "the network \"\(graph.name)\" takes \(blocks) crossbars of "
        + "\(crossbar.rows)×\(crossbar.columns), and "
        + (chips == 1
          ? "a chip \(chip.name) has \(cores)"
          : "\(chips) chips \(chip.name) have \(cores * chips)")
        + (faults == nil ? "" : " without faults that forbid their use"),
      help: "what it takes:\n\(table)\n"
        + (changes.isEmpty
          ? "no number of chips that a program can have fits it"
          : "any of these fits:\n" + changes.joined(separator: "\n")))
  }

  private func smallestChanges(shared: Partition, _ options: MappingOptions) -> [String] {
    let cores = coresPerChip
    var changes: [String] = []
    func chipsFor(_ crossbars: Int) -> Int { Swift.max(1, (crossbars + cores - 1) / cores) }
    let needed = chipsFor(blocks)
    if options.packing == .never {
      let shared = sharingCrossbars()
      if shared.crossbars <= available { changes.append("--packing auto") }
    }
    if chipsFor(shared.crossbars) < needed && chipsFor(shared.crossbars) <= Program.maximumChips {
      changes.append("--chips \(chipsFor(shared.crossbars)) --packing always")
    }
    if needed <= Program.maximumChips {
      changes.append("--chips \(needed), or --chips auto to take as many as it needs")
    }
    let digital = fewestProductsOnHost()
    if !digital.isEmpty {
      let macs = digital.reduce(0) { $0 + layers[$1].macs }
      let flags = digital.sorted().map { "--digital " + shellWord(graph[layers[$0].node].name) }
      changes.append(
        flags.joined(separator: " ") + "  (\(macs) multiply-accumulates per inference on the host)")
    }
    return changes
  }

  /// Layers without which the others fit, a block a crossbar: those that cost the host the fewest
  /// multiply-accumulates for each crossbar, then without those that turn out not to be needed; none if that
  /// would be more than half of the network.
  private func fewestProductsOnHost() -> [Int] {
    let short = blocks - available
    let order = layers.indices.sorted { a, b in
      let (x, y) = (layers[a], layers[b])
      // macs / blocks, compared exactly.
      let (p, q) = (
        x.macs.multipliedFullWidth(by: y.blocks), y.macs.multipliedFullWidth(by: x.blocks)
      )
      return (p.high, p.low, a) < (q.high, q.low, b)
    }
    var chosen: [Int] = []
    var freed = 0
    for layer in order where freed < short {
      chosen.append(layer)
      freed += layers[layer].blocks
    }
    for layer in chosen.reversed() where freed - layers[layer].blocks >= short {
      freed -= layers[layer].blocks
      chosen.removeAll { $0 == layer }
    }
    // One layer alone may do with less work than several small ones.
    let single = layers.indices.filter { layers[$0].blocks >= short }
      .min { (layers[$0].macs, $0) < (layers[$1].macs, $1) }
    if let single, layers[single].macs <= chosen.reduce(0, { $0 + layers[$1].macs }) {
      chosen = [single]
    }
    let macs = chosen.reduce(0) { $0 + layers[$1].macs }
    return 2 * macs <= layers.reduce(0) { $0 + $1.macs } ? chosen : []
  }
}
