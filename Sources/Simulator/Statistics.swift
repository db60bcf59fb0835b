/// What was counted while a program ran; sums over all inferences.
public struct Statistics: Hashable, Sendable {
  /// The counts of one tile.
  public struct Tile: Hashable, Sendable {
    /// The vectors that were multiplied.
    public var multiplications = 0
    /// Input elements beyond the largest code of their converter; only counted in `quantized`.
    public var inputsClipped = 0
    /// Counts, of either polarity, beyond the largest of their converter.
    public var columnsClipped = 0
    /// Results that the LDPU of the tile gave.
    public var results = 0
    /// Results beyond the largest code of the LDPU.
    public var resultsClipped = 0
  }

  /// The number of inferences.
  public var inferences = 0
  /// The counts of each tile, by `TileID`.
  public var tiles: [Tile]
  /// The instructions that host and global units ran.
  public var digitalInstructions = 0
  /// The elements that host and global units computed or moved.
  public var digitalElements = 0
  /// The multiply-accumulates of `contract`.
  public var digitalMACs = 0
  /// The bytes of input codes that the host sent to crossbars.
  public var bytesToChip = 0
  /// The bytes of result codes that LDPUs sent to the host.
  public var bytesFromChip = 0
  /// The bytes of result codes that LDPUs sent over links.
  public var bytesOnLinks = 0

  init(tileCount: Int) { tiles = Array(repeating: Tile(), count: tileCount) }

  /// Adds the counts of `other`, which ran the same program.
  mutating func add(_ other: Statistics) {
    inferences += other.inferences
    for (index, tile) in other.tiles.enumerated() {
      tiles[index].multiplications += tile.multiplications
      tiles[index].inputsClipped += tile.inputsClipped
      tiles[index].columnsClipped += tile.columnsClipped
      tiles[index].results += tile.results
      tiles[index].resultsClipped += tile.resultsClipped
    }
    digitalInstructions += other.digitalInstructions
    digitalElements += other.digitalElements
    digitalMACs += other.digitalMACs
    bytesToChip += other.bytesToChip
    bytesFromChip += other.bytesFromChip
    bytesOnLinks += other.bytesOnLinks
  }
}
