import CDevice
import Chip

/// The random numbers of the bit lines of a block, and of what is read on them.
///
/// What a line draws depends on the seed, the chip, the core, its place on the core, and, for what is
/// white, on the inference and on how many vectors of it the block has multiplied before: on no other
/// line, and on no order.
public struct LineRandomness: Hashable, Sendable {
  /// What is drawn.
  public enum Draw: UInt32, Hashable, Sendable {
    /// The gain of the converter.
    case gain
    /// What the converter adds, positive and negative.
    case offset
    /// The noise of the counts, positive and negative.
    case output
    /// The white noise of the devices.
    case devices

    /// Whether it is the same over the life of the chip.
    fileprivate var isLasting: Bool { self == .gain || self == .offset }
  }

  /// The chip.
  public var chip: Int
  /// The core of that chip.
  public var core: CoreID
  /// The first word line of the block, which tells blocks that share bit lines apart.
  public var firstRow: Int
  /// The first bit line of the block.
  public var firstColumn: Int
  /// The seed.
  public var seed: UInt64
  /// Tells reads for different purposes apart.
  public var epoch: Epoch
  /// The bit line of each column; `nil` where they follow each other from the first one on.
  public var bitLines: [Int]?

  /// Creates the random numbers of the bit lines of a block.
  public init(
    chip: Int, core: CoreID, firstRow: Int, firstColumn: Int, seed: UInt64, epoch: Epoch,
    bitLines: [Int]? = nil
  ) {
    self.bitLines = bitLines
    self.chip = chip
    self.core = core
    self.firstRow = firstRow
    self.firstColumn = firstColumn
    self.seed = seed
    self.epoch = epoch
  }

  /// Two normal deviates, independent and with variance 1, of a column of the block; `vector` counts those
  /// that the block has multiplied before in `inference`.
  public func normals(
    _ draw: Draw, column: Int, vector: Int = 0, inference: Int = 0
  ) -> (Double, Double) {
    let key = key(of: draw)
    let pair = normal_pair(
      philox_words(
        CDevice.philox_words(
          a: line(of: column, draw), b: UInt32(truncatingIfNeeded: vector),
          c: UInt32(truncatingIfNeeded: inference), d: UInt32(truncatingIfNeeded: inference >> 32)),
        key.low, key.high))
    return (pair.first, pair.second)
  }

  /// What the lines of the block draw for one vector after the other.
  public func draws(_ draw: Draw) -> LineDraws {
    LineDraws(lines: self, draw: draw, key: key(of: draw))
  }

  /// The word that tells the bit line of a column from others. Converters are the same for all blocks on it.
  fileprivate func line(of column: Int, _ draw: Draw) -> UInt32 {
    let row = draw.isLasting ? 0 : UInt32(truncatingIfNeeded: firstRow)
    let line = bitLines.map { $0[column] } ?? firstColumn + column
    return UInt32(truncatingIfNeeded: line) | row << 16
  }

  /// A key of its own, since the counters are those of cells as well. What lasts is the same at all times.
  private func key(of draw: Draw) -> (low: UInt32, high: UInt32) {
    let reason =
      draw.isLasting ? 0 : UInt32(epoch.purpose.rawValue) << 2 | UInt32(epoch.index) << 8
    return Philox.normalKey(
      seed, domain: draw.rawValue | reason, place: (core.rawValue, UInt32(truncatingIfNeeded: chip))
    )
  }
}

/// One kind of random numbers of the bit lines of a block.
public struct LineDraws: Sendable {
  fileprivate let lines: LineRandomness
  fileprivate let draw: LineRandomness.Draw
  fileprivate let key: (low: UInt32, high: UInt32)

  /// Sets `first` and `second` to the deviates of a column, a pair for each of the vectors: those of
  /// `LineRandomness.normals`, in single precision.
  public func setNormals(
    _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>, column: Int,
    for vectors: counted_vectors, count: Int
  ) {
    line_normals(lines.line(of: column, draw), vectors, key.low, key.high, count, first, second)
  }
}

extension Philox {
  /// A key that depends on a seed, on what is drawn and on a place.
  @inline(__always)
  fileprivate static func normalKey(
    _ seed: UInt64, domain: UInt32, place: (UInt32, UInt32)
  ) -> (low: UInt32, high: UInt32) {
    // The purpose 255 is none that cells have, so that no cell draws these words.
    let words = words(
      (domain, place.0, place.1, 3 | 255 << 8),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    return (words.0, words.1)
  }
}
