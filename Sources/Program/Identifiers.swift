/// Names a memory of a program.
public struct BufferID: Hashable, Comparable, Sendable {
  /// The index into `Program.buffers`.
  public let rawValue: UInt32

  /// Creates the id of a memory by its index.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Program.buffers`.
  public var index: Int { Int(rawValue) }

  public static func < (a: BufferID, b: BufferID) -> Bool { a.rawValue < b.rawValue }
}

/// Names a counter of a program.
public struct CounterID: Hashable, Comparable, Sendable {
  /// The index into the counters of a program.
  public let rawValue: UInt32

  /// Creates the id of a counter by its index.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into the counters of a program.
  public var index: Int { Int(rawValue) }

  public static func < (a: CounterID, b: CounterID) -> Bool { a.rawValue < b.rawValue }
}

/// Names a conductance block of a program.
public struct BlockID: Hashable, Comparable, Sendable {
  /// The index into `Program.blocks`.
  public let rawValue: UInt32

  /// Creates the id of a conductance block by its index.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Program.blocks`.
  public var index: Int { Int(rawValue) }

  public static func < (a: BlockID, b: BlockID) -> Bool { a.rawValue < b.rawValue }
}

/// Names a tile of a program.
public struct TileID: Hashable, Comparable, Sendable {
  /// The index into `Program.tiles`.
  public let rawValue: UInt32

  /// Creates the id of a tile by its index.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Program.tiles`.
  public var index: Int { Int(rawValue) }

  public static func < (a: TileID, b: TileID) -> Bool { a.rawValue < b.rawValue }
}

/// Names an affine function of a program.
public struct AffineID: Hashable, Comparable, Sendable {
  /// The index into `Program.affines`.
  public let rawValue: UInt32

  /// Creates the id of an affine function by its index.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Program.affines`.
  public var index: Int { Int(rawValue) }

  public static func < (a: AffineID, b: AffineID) -> Bool { a.rawValue < b.rawValue }
}

/// Names an address descriptor of a program.
public struct DescriptorID: Hashable, Comparable, Sendable {
  /// The index into `Program.descriptors`.
  public let rawValue: UInt32

  /// Creates the id of an address descriptor by its index.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index into `Program.descriptors`.
  public var index: Int { Int(rawValue) }

  public static func < (a: DescriptorID, b: DescriptorID) -> Bool { a.rawValue < b.rawValue }
}
