import Basics
import Chip
import IR
import Program

/// Where the blocks of layers lie on one chip, as somebody else has decided: Specs/exchange.md, "Tile maps".
public struct TileMap: Hashable, Sendable {
  /// A part of a layer's matrix on a core.
  public struct Region: Hashable, Sendable {
    /// The rows, which are inputs, and the columns of the matrix.
    public var rows: Range<Int>
    public var columns: Range<Int>
    /// The core, and the first word line and bit line there.
    public var core: Int
    public var firstRow: Int
    public var firstColumn: Int

    /// Creates a region.
    public init(
      rows: Range<Int>, columns: Range<Int>, core: Int, firstRow: Int, firstColumn: Int
    ) {
      (self.rows, self.columns) = (rows, columns)
      (self.core, self.firstRow, self.firstColumn) = (core, firstRow, firstColumn)
    }
  }

  /// A layer.
  public struct Layer: Hashable, Sendable {
    /// The name of the layer, and that of its weights.
    public var name: String
    public var weights: String
    public var regions: [Region]

    /// Creates a layer.
    public init(name: String, weights: String, regions: [Region]) {
      (self.name, self.weights, self.regions) = (name, weights, regions)
    }
  }

  /// The layers, by name in ascending order.
  public var layers: [Layer]

  /// Creates a map.
  public init(layers: [Layer]) { self.layers = layers.sorted { $0.name < $1.name } }
}

extension Partition {
  /// The partition with blocks and cores as `map` says; layers that it does not name are the host's.
  ///
  /// Throws `Diagnostics` naming everything in which the map does not fit the network or the chip.
  func laid(as map: TileMap) throws -> Partition {
    var partition = self
    var faults = Diagnostics()
    partition.layers = []
    partition.packing = Packing(crossbars: [])
    partition.givenCores = [:]
    var known: Set<String> = []
    var blocks: [Int: [PackedBlock]] = [:]
    for layer in layers {
      let name = graph[layer.node].name
      let weights = graph[layer.product.weights].name
      guard let found = map.layers.first(where: { $0.name == name || $0.weights == weights }) else {
        partition.digital.append(
          DigitalProduct(
            node: layer.node, macs: layer.macs, isDepthwise: false, reason: "not in the tile map"))
        continue
      }
      known.insert(found.name)
      do {
        let stacks = try layer.stacks(of: found, on: chip, node: name)
        for (number, stack) in stacks.enumerated() {
          for (row, region) in stack.regions.enumerated() {
            let block = PackedBlock(
              layer: partition.layers.count, replica: 0, stack: number, row: row,
              firstRow: region.firstRow, firstColumn: region.firstColumn)
            blocks[region.core, default: []].append(block)
            partition.givenCores[block] = region.core
          }
        }
        var layer = layer
        layer.stacks = stacks.map(\.stack)
        partition.layers.append(layer)
      } catch let found as Diagnostics {
        faults.items += found.items
      }
    }
    for layer in map.layers where !known.contains(layer.name) {
      faults.append(
        Diagnostic(
          .error,
          "the tile map has a layer \(quoted(layer.name)) with weights \(quoted(layer.weights)), and the network none on "
            + "crossbars of either name",
          help: "aimcc compile --plan lists the layers by name"))
    }
    if chips != 1 { faults.append(Diagnostic(.error, "a tile map is of one chip")) }
    for core in self.faults?.deadCores(ofChip: 0) ?? [] where blocks[core.index] != nil {
      faults.append(
        Diagnostic(.error, "the tile map lays blocks on core \(core.index), which is dead"))
    }
    try faults.throwIfErrors()
    partition.packing = Packing(crossbars: blocks.sorted { $0.key < $1.key }.map(\.value))
    partition.digital.sort { $0.node < $1.node }
    let overlaps = partition.overlapsOfBlocks
    guard overlaps.isEmpty else { throw Diagnostics(overlaps) }
    return partition
  }

  /// Blocks that share cells of a crossbar, or belong to one sum on one crossbar.
  private var overlapsOfBlocks: [Diagnostic] {
    var faults: [Diagnostic] = []
    for blocks in packing?.crossbars ?? [] {
      for (index, a) in blocks.enumerated() {
        for b in blocks[(index + 1)...] {
          let (x, y) = (lines(of: a), lines(of: b))
          let names = [a, b].map { quoted(graph[layers[$0.layer].node].name) }
          let core = givenCores[a] ?? 0
          if x.rows.overlaps(y.rows) && x.columns.overlaps(y.columns) {
            faults.append(
              Diagnostic(
                .error,
                "the tile map lays blocks of \(names[0]) and \(names[1]) over each other on core \(core)"
              ))
          } else if a.layer == b.layer && a.stack == b.stack {
            faults.append(
              Diagnostic(
                .error,
                "the tile map has two blocks of one sum of \(names[0]) on core \(core), which cannot run at once"
              ))
          }
        }
      }
    }
    return faults
  }

  private func lines(of block: PackedBlock) -> (rows: Range<Int>, columns: Range<Int>) {
    let stack = layers[block.layer].stacks[block.stack]
    return (
      block.firstRow..<block.firstRow + stack.rows[block.row].count,
      block.firstColumn..<block.firstColumn + stack.columns.count
    )
  }
}

extension Layer {
  /// The stacks that the regions of a map make, each with its regions in the order of rows.
  ///
  /// Throws `Diagnostics` where they are not the whole matrix once, cut into columns and these into rows.
  fileprivate func stacks(
    of map: TileMap.Layer, on chip: Chip, node: String
  ) throws -> [(stack: Stack, regions: [TileMap.Region])] {
    func fault(_ message: String) -> Diagnostics {
      Diagnostics(Diagnostic(node: node, message))
    }
    guard !isRecurrent, product.isPlain else {
      throw fault("is a layer for which no tile map can be given: its rows are no inputs alone")
    }
    for region in map.regions {
      guard region.rows.lowerBound >= 0, region.rows.upperBound <= rows,
        region.columns.lowerBound >= 0, region.columns.upperBound <= columns
      else {
        throw fault(
          "is a matrix of \(rows)×\(columns), and the tile map has rows \(region.rows) and columns "
            + "\(region.columns) of it")
      }
      guard region.core < chip.cores.count, region.firstRow >= 0, region.firstColumn >= 0,
        region.firstRow + region.rows.count <= chip.crossbar.rows,
        region.firstColumn + region.columns.count <= chip.crossbar.columns
      else {
        throw fault("has a region in the tile map that lies on no crossbar of \(chip.name)")
      }
    }
    let changes = product.rowsOfRanges.dropFirst().map(\.lowerBound)
    if let change = changes.first(where: { row in
      map.regions.contains { $0.rows.lowerBound < row && row < $0.rows.upperBound }
    }) {
      throw fault(
        "has another range of its input from row \(change) on, and the tile map a region with rows on both sides"
      )
    }
    let ranges = Set(map.regions.map(\.columns)).sorted { $0.lowerBound < $1.lowerBound }
    let stacks = ranges.map { columns in
      let regions = map.regions.filter { $0.columns == columns }
        .sorted { $0.rows.lowerBound < $1.rows.lowerBound }
      return (stack: Stack(columns: columns, rows: regions.map(\.rows)), regions: regions)
    }
    func isWhole(_ ranges: [Range<Int>], _ count: Int) -> Bool {
      var next = 0
      for range in ranges {
        guard range.lowerBound == next, !range.isEmpty else { return false }
        next = range.upperBound
      }
      return next == count
    }
    guard isWhole(ranges, columns), stacks.allSatisfy({ isWhole($0.stack.rows, rows) }) else {
      throw fault(
        "is not wholly, or not once, in the tile map: regions are columns that follow each other, each of all rows"
      )
    }
    return stacks
  }
}

extension Layer {
  /// The names of the constants that hold the weights and the bias.
  public func weightNames(in graph: Graph) -> (weight: String, bias: String?) {
    (graph[product.weights].name, product.bias.map { graph[$0].name })
  }
}
