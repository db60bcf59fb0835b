import Basics

/// The size of one dimension of a value.
public enum Dimension: Hashable, Sendable {
  /// A known number of elements.
  case fixed(Int)
  /// A size known by name only, as `N` of a dynamic batch; equal names are equal sizes.
  case symbol(String)

  /// The size, if it is known.
  public var value: Int? { if case .fixed(let count) = self { count } else { nil } }
}

/// The type of a value: its element type and, as far as known, its shape.
public struct ValueType: Hashable, Sendable {
  /// The type of the elements.
  public var element: ElementType
  /// The dimensions, outermost first; `nil` while not even their number is known.
  public var shape: [Dimension]?

  /// Creates a type.
  public init(_ element: ElementType, _ shape: [Dimension]?) {
    self.element = element
    self.shape = shape
  }

  /// Creates a type of known dimensions.
  public init(_ element: ElementType, fixed shape: [Int]) {
    self.init(element, shape.map(Dimension.fixed))
  }

  /// The dimensions, if all are known.
  public var fixedShape: [Int]? {
    guard let shape else { return nil }
    let sizes = shape.compactMap(\.value)
    return sizes.count == shape.count ? sizes : nil
  }

  /// The number of elements, if all dimensions are known and it fits.
  public var count: Int? { fixedShape.flatMap(elementCount) }
}

/// Names a value of a graph: an input, a constant or a result of a node.
public struct ValueID: Hashable, Comparable, Sendable {
  /// The index into `Graph.values`.
  public let rawValue: UInt32

  /// Creates the id of the value at `index`.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Graph.values`.
  public var index: Int { Int(rawValue) }

  public static func < (a: ValueID, b: ValueID) -> Bool { a.rawValue < b.rawValue }
}

/// Names a node of a graph.
public struct NodeID: Hashable, Comparable, Sendable {
  /// The index into `Graph.nodes`.
  public let rawValue: UInt32

  /// Creates the id of the node at `index`.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Graph.nodes`.
  public var index: Int { Int(rawValue) }

  public static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
}
