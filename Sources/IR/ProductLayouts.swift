/// How the mapping lays a product out in the matrix that crossbars hold. It changes nothing of the results.
public struct ProductLayout: Hashable, Sendable {
  /// How many neighbouring positions of a convolution one vector computes, along each spatial dimension;
  /// empty for one.
  public var positions: [Int]
  /// How many columns, the last ones, are kept for what programming makes wrong in those that lie a
  /// multiple of as many before them; 0 for none. Their weights are 0.
  public var residualColumns: Int
  /// Whether the host computes it: it is of channels whose inputs are too large beside the others.
  public var isDigital: Bool

  /// Creates a layout; by default that of a product which no pass has laid out.
  public init(positions: [Int] = [], residualColumns: Int = 0, isDigital: Bool = false) {
    self.positions = positions
    self.residualColumns = residualColumns
    self.isDigital = isDigital
  }

  /// The layout of a product which no pass has laid out.
  public static let plain = ProductLayout()
}

/// How the mapping lays out the products of a graph.
public struct ProductLayouts: Hashable, Sendable {
  private var layouts: [NodeID: ProductLayout] = [:]

  /// Creates layouts that are all plain.
  public init() {}

  /// The layout of a node's product.
  public subscript(node: NodeID) -> ProductLayout {
    get { layouts[node] ?? .plain }
    set { layouts[node] = newValue == .plain ? nil : newValue }
  }

  /// Whether all are plain.
  public var isEmpty: Bool { layouts.isEmpty }

  /// Those that are not plain, in the order of the nodes.
  public var inOrder: [(node: NodeID, layout: ProductLayout)] {
    layouts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Takes those of `others` that are not plain.
  public mutating func merge(_ others: ProductLayouts) {
    layouts.merge(others.layouts) { $1 }
  }

  /// The layouts of the nodes of `old` for those of the same names in `new`, which a pass made of it.
  public func moved(from old: Graph, to new: Graph) -> ProductLayouts {
    if isEmpty { return self }
    let layouts = Dictionary(
      inOrder.map { (old[$0.node].name, $0.layout) }, uniquingKeysWith: { first, _ in first })
    var moved = ProductLayouts()
    for (index, node) in new.nodes.enumerated() {
      if let layout = layouts[node.name] { moved[NodeID(index)] = layout }
    }
    return moved
  }
}
