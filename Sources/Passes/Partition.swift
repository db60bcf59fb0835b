import Basics
import Chip
import IR
import Program

/// A network whose products with constant weights are cut into blocks that fit a crossbar.
public struct Partition: Sendable {
  /// The network.
  public var graph: Graph
  /// The chip.
  public var chip: Chip
  /// The number of chips.
  public var chips: Int
  /// The products that crossbars compute, in the order of the nodes.
  public var layers: [Layer]
  /// The products that the host computes, in the order of the nodes.
  public var digital: [DigitalProduct]

  /// The crossbars that one copy of every layer takes.
  public var blocks: Int { layers.reduce(0) { $0 + $1.blocks } }
  /// The crossbars of all replicas.
  public var crossbars: Int { layers.reduce(0) { $0 + $1.blocks * $1.replicas } }
  /// The crossbars of all chips.
  public var available: Int { chip.cores.count * chips }
  /// The fewest crossbars that could hold every weight if blocks could share them freely.
  public var areaBound: Int {
    let cells = layers.reduce(0) { $0 + $1.cells }
    let size = chip.crossbar.rows * chip.crossbar.columns
    return (cells + size - 1) / size
  }
}

/// A product with constant weights that crossbars compute.
public struct Layer: Sendable {
  /// The node.
  public var node: NodeID
  /// The rows of its matrix.
  public var rows: Int
  /// The columns of its matrix.
  public var columns: Int
  /// The equal groups of rows and columns outside of which the matrix is zero.
  public var groups: Int
  /// The vectors that it multiplies in one inference.
  public var vectors: Int
  /// The blocks, column range by column range.
  public var stacks: [Stack]
  /// The number of copies that share the vectors.
  public var replicas = 1

  /// The crossbars of one replica.
  public var blocks: Int { stacks.reduce(0) { $0 + $1.rows.count } }
  /// The weights, zeros outside the groups left out.
  public var cells: Int { rows * columns / groups }
  /// The multiply-accumulates of one inference.
  public var macs: Int { vectors * cells }
  /// The vectors of the busiest replica: the MVMs that follow each other on one crossbar.
  public var slots: Int { (vectors + replicas - 1) / replicas }

  /// The vectors of one replica.
  public func vectors(of replica: Int) -> Range<Int> {
    vectors * replica / replicas..<vectors * (replica + 1) / replicas
  }
}

/// The blocks of one column range, whose results are added.
public struct Stack: Hashable, Sendable {
  /// The columns of the layer's matrix.
  public var columns: Range<Int>
  /// The rows of each block, in the order in which their results are added.
  public var rows: [Range<Int>]
}

/// A product with constant weights that the host computes.
public struct DigitalProduct: Sendable {
  /// The node.
  public var node: NodeID
  /// The multiply-accumulates of one inference.
  public var macs: Int
  /// Whether every group has one input channel.
  public var isDepthwise: Bool
  /// Why it is not on crossbars.
  public var reason: String
}

extension Graph {
  /// Cuts every product with constant weights into the fewest equal blocks that fit a crossbar
  /// (as the authors of the HERMES chip do: 2016×224 becomes 8 of 252×224), and decides which grouped
  /// convolutions stay digital.
  ///
  /// Groups that fit are packed along the diagonal of shared crossbars. A grouped convolution
  /// stays digital where the host needs less energy than the crossbars, and depthwise ones also
  /// where the chips are full. With `chips` nil, as many chips are taken as one copy of all layers needs.
  /// Products of nodes named in `digital` stay digital. Throws `Diagnostics` for a name that is none
  /// of a product, if there are too many chips, or with the crossbars and chips that the
  /// network would take if it does not fit.
  public func partitioned(for chip: Chip, chips: Int?, digital: [String] = []) throws -> Partition {
    try requireProducts(digital)
    let possible = 1...Program.maximumChips
    if let chips, !possible.contains(chips) {
      throw Diagnostics(
        Diagnostic(
          .error, "a program cannot use \(chips) chips",
          supported: "1 to \(possible.upperBound) chips"))
    }
    var partition = Partition(graph: self, chip: chip, chips: 0, layers: [], digital: [])
    var spare: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard let matrix = LayerMatrix(node, in: self) else { continue }
      let layer = Layer(
        node: NodeID(index), rows: matrix.rows, columns: matrix.columns, groups: matrix.groups,
        vectors: matrix.vectors, stacks: matrix.stacks(on: chip.crossbar))
      guard layer.macs > 0 else { continue }
      if digital.contains(self[layer.node].name) {
        partition.digital.append(
          DigitalProduct(
            node: layer.node, macs: layer.macs, isDepthwise: matrix.isDepthwise,
            reason: "chosen to be exact"))
      } else if matrix.groups > 1, let reason = layer.reasonToStayDigital(on: chip) {
        partition.digital.append(
          DigitalProduct(
            node: layer.node, macs: layer.macs, isDepthwise: matrix.isDepthwise, reason: reason))
      } else {
        if matrix.isDepthwise { spare.append(partition.layers.count) }
        partition.layers.append(layer)
      }
    }
    let cores = chip.cores.count
    if let chips {
      while partition.blocks > cores * chips, let last = spare.popLast() {
        let layer = partition.layers.remove(at: last)
        partition.digital.append(
          DigitalProduct(
            node: layer.node, macs: layer.macs, isDepthwise: true, reason: "the chip is full"))
      }
      partition.digital.sort { $0.node < $1.node }
    }
    let needed = max(1, (partition.blocks + cores - 1) / cores)
    partition.chips = chips ?? min(needed, possible.upperBound)
    guard needed <= partition.chips else {
      throw Diagnostics(
        Diagnostic(
          .error,
          "the network \"\(name)\" takes \(partition.blocks) crossbars of "
            + "\(chip.crossbar.rows)×\(chip.crossbar.columns), and "
            + (partition.chips == 1
              ? "a chip \(chip.name) has \(cores)"
              : "\(partition.chips) chips \(chip.name) have \(cores * partition.chips)"),
          help: needed > possible.upperBound
            ? nil : "give --chips \(needed), or --chips auto to take as many as it needs"))
    }
    return partition
  }
}

extension Graph {
  /// Throws `Diagnostics` unless every name is that of a product with constant weights.
  private func requireProducts(_ names: [String]) throws {
    let products = Set(nodes.filter { LayerMatrix($0, in: self) != nil }.map(\.name))
    try Diagnostics(
      names.filter { !products.contains($0) }.map { name in
        Diagnostic(
          .error, "there is no product with constant weights \(quoted(name)) to stay digital",
          help: "aimcc inspect lists the nodes of a model")
      }
    ).throwIfErrors()
  }
}

extension Layer {
  /// Why the host should compute this grouped convolution, or `nil` if crossbars should.
  fileprivate func reasonToStayDigital(on chip: Chip) -> String? {
    let analog = Double(vectors) * Double(blocks) * chip.crossbar.mvmEnergy
    let digital = Double(macs) * chip.host.energyPerMAC / 1000
    return digital < analog ? "cheaper on the host: \(groups) groups" : nil
  }
}

extension LayerMatrix {
  /// The blocks of the matrix on crossbars of this size.
  fileprivate func stacks(on crossbar: Crossbar) -> [Stack] {
    let groupRows = rows / groups
    let groupColumns = columns / groups
    let together = min(
      crossbar.rows / max(groupRows, 1), crossbar.columns / max(groupColumns, 1))
    if together >= 1 {
      return (0..<groups).equalParts(ofAtMost: together).map { part in
        Stack(
          columns: part.lowerBound * groupColumns..<part.upperBound * groupColumns,
          rows: [part.lowerBound * groupRows..<part.upperBound * groupRows])
      }
    }
    return (0..<groups).flatMap { group in
      (group * groupColumns..<(group + 1) * groupColumns).equalParts(ofAtMost: crossbar.columns)
        .map { columns in
          Stack(
            columns: columns,
            rows: (group * groupRows..<(group + 1) * groupRows)
              .equalParts(ofAtMost: crossbar.rows))
        }
    }
  }
}

extension Range<Int> {
  /// The range cut into the fewest parts of at most `limit`, as equal as can be.
  func equalParts(ofAtMost limit: Int) -> [Range<Int>] {
    let parts = (count + limit - 1) / limit
    return (0..<parts).map { part in
      lowerBound + count * part / parts..<lowerBound + count * (part + 1) / parts
    }
  }
}
