import Basics
import Chip
import IR
import Program

/// A network whose products with constant weights are cut into blocks that fit a crossbar.
public struct Partition: Sendable {
  /// The network.
  public var graph: Graph
  /// How its products are laid out.
  public var layouts: ProductLayouts
  /// The chip.
  public var chip: Chip
  /// The number of chips.
  public var chips: Int
  /// The products that crossbars compute, in the order of the nodes.
  public var layers: [Layer]
  /// The products that the host computes, in the order of the nodes.
  public var digital: [DigitalProduct]
  /// Which blocks share crossbars; `nil` if every block has its own.
  public var packing: Packing?
  /// What of the chips does not work; `nil` for nothing that is known.
  public var faults: FaultMap?
  /// The cores of blocks that lie where a tile map says.
  var givenCores: [PackedBlock: Int] = [:]

  /// The blocks of one copy of every layer.
  public var blocks: Int { layers.reduce(0) { $0 + $1.blocks } }
  /// The crossbars of all replicas.
  public var crossbars: Int {
    packing?.crossbars.count ?? layers.reduce(0) { $0 + $1.blocks * $1.replicas }
  }
  /// The crossbars of all chips.
  public var available: Int { coresPerChip * chips }
  /// The cores of a chip that can be used: of chips that differ, of that with the fewest.
  var coresPerChip: Int { chip.livingCores(faults) }
  /// The chip with crossbars as large as those lines that every living core has.
  var usableChip: Chip { chip.withoutDeadLines(faults) }
  /// The fewest crossbars that could hold every weight if blocks could share them freely.
  public var areaBound: Int {
    let cells = layers.reduce(0) { $0 + $1.cells }
    let crossbar = usableChip.crossbar
    let size = max(crossbar.rows * crossbar.columns, 1)
    return (cells + size - 1) / size
  }
}

/// A product with constant weights that crossbars compute.
public struct Layer: Sendable {
  /// The product.
  var product: Product
  /// The vectors that it multiplies in one inference.
  public var vectors: Int
  /// The blocks, column range by column range.
  public var stacks: [Stack]
  /// The number of copies that share the vectors.
  public var replicas = 1

  /// The layer of a product.
  init(_ product: Product, stacks: [Stack]) {
    self.product = product
    self.stacks = stacks
    vectors = product.vectors
  }

  /// The node.
  public var node: NodeID { product.node }
  /// The rows of its matrix.
  public var rows: Int { product.rows }
  /// The columns of its matrix.
  public var columns: Int { product.columns }
  /// The equal groups of rows and columns outside of which the matrix is zero.
  public var groups: Int { product.groups }
  /// Whether each vector depends on what came of the one before, so that replicas gain nothing.
  public var isRecurrent: Bool { if case .gates = product.order { true } else { false } }
  /// The crossbars of one replica.
  public var blocks: Int { stacks.reduce(0) { $0 + $1.rows.count } }
  /// The weights, without the zeros that the matrix has whatever they are.
  public var cells: Int { product.cells }
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
  /// Cuts every product with constant weights, laid out as `layouts` say, into the fewest equal blocks that
  /// fit a crossbar (as the authors of the HERMES chip do: 2016×224 becomes 8 of 252×224), and decides which
  /// grouped convolutions stay digital.
  ///
  /// Groups that fit are packed along the diagonal of shared crossbars. A grouped convolution stays
  /// digital where the host needs less energy than the crossbars (any product, where energy is the
  /// objective), unless the options name it. Where the chips are full, blocks of several layers share
  /// crossbars as far as the options allow, then depthwise convolutions become digital. With `chips`
  /// nil, as many chips are taken as one copy of all layers needs. Throws `Diagnostics` if there are
  /// too many chips, if the options name what is not there, or if the network does not fit: with what
  /// it takes, and with the smallest changes that fit.
  public func partitioned(
    for chip: Chip, chips: Int?, layouts: ProductLayouts = ProductLayouts(),
    options: MappingOptions = MappingOptions()
  ) throws -> Partition {
    let products = Products(of: self, layouts: layouts).inOrder
    try requireLayers(of: options, among: products)
    let usable = try chip.usable(with: options.faults)
    if let map = options.tileMap {
      return try laid(as: map, products, chip: chip, layouts: layouts, options)
    }
    let possible = 1...Program.maximumChips
    if let chips, !possible.contains(chips) {
      throw Diagnostics(
        Diagnostic(
          .error, "a program cannot use \(chips) chips",
          supported: "1 to \(possible.upperBound) chips"))
    }
    var partition = Partition(
      graph: self, layouts: layouts, chip: chip, chips: 0, layers: [], digital: [])
    partition.faults = options.faults
    var spare: [Int] = []
    let (analog, digital) = (Set(options.analog), Set(options.digital))
    for product in products where product.macs > 0 {
      let name = self[product.node].name
      let layer = Layer(product, stacks: product.stacks(on: usable, cut: .equally))
      var digitalReason: String?
      if digital.contains(name) {
        digitalReason = "chosen to stay digital"
      } else if product.layout.isDigital {
        digitalReason = "of channels with outliers"
      } else if chip.fabric == nil, !analog.contains(name),
        product.groups > 1 || options.objective == .energy
      {
        digitalReason = layer.reasonToStayDigital(on: chip)
      }
      if let reason = digitalReason {
        partition.digital.append(DigitalProduct(product, reason: reason))
      } else {
        if product.isDepthwise && !analog.contains(name) { spare.append(partition.layers.count) }
        partition.layers.append(layer)
      }
    }
    if options.packing == .always || (options.objective == .area && options.packing != .never) {
      partition = partition.sharingCrossbars()
    }
    let cores = partition.coresPerChip
    let needed = max(1, (partition.crossbars + cores - 1) / cores)
    partition.chips = chips ?? min(needed, possible.upperBound)
    let separate = partition
    func share() {
      guard partition.crossbars > partition.available, partition.areaBound <= partition.available,
        options.packing != .never
      else { return }
      partition = partition.sharingCrossbars()
    }
    share()
    while partition.crossbars > partition.available, let last = spare.popLast() {
      let layer = partition.layers.remove(at: last)
      partition.digital.append(DigitalProduct(layer.product, reason: "the chip is full"))
      partition.packing = nil
      share()
    }
    guard partition.crossbars <= partition.available else {
      throw Diagnostics(separate.shortfall(options))
    }
    partition.digital.sort { $0.node < $1.node }
    return partition
  }
}

extension Graph {
  /// The products with blocks and cores as `map` says.
  private func laid(
    as map: TileMap, _ products: [Product], chip: Chip, layouts: ProductLayouts,
    _ options: MappingOptions
  ) throws -> Partition {
    var partition = Partition(
      graph: self, layouts: layouts, chip: chip, chips: 1, layers: [], digital: [])
    partition.faults = options.faults
    for product in products where product.macs > 0 {
      if options.digital.contains(self[product.node].name) {
        partition.digital.append(DigitalProduct(product, reason: "chosen to stay digital"))
      } else {
        partition.layers.append(
          Layer(product, stacks: product.stacks(on: chip, cut: .equally)))
      }
    }
    return try partition.laid(as: map)
  }
}

extension DigitalProduct {
  fileprivate init(_ product: Product, reason: String) {
    self.init(
      node: product.node, macs: product.macs, isDepthwise: product.isDepthwise, reason: reason)
  }
}

extension Layer {
  /// Why the host should compute this grouped convolution, or `nil` if crossbars should.
  fileprivate func reasonToStayDigital(on chip: Chip) -> String? {
    let analog = Double(vectors) * Double(blocks) * chip.crossbar.mvmEnergy
    let digital = Double(macs) * chip.host.energyPerMAC / 1000
    guard digital < analog else { return nil }
    return groups > 1 ? "cheaper on the host: \(groups) groups" : "cheaper on the host"
  }
}
