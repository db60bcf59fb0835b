import CDevice
import Chip

/// Where a block lies on a chip, and which random numbers its cells draw.
///
/// What a cell draws depends on the seed, the chip, the core, its row and column on the core, and on
/// what is drawn: on no other cell, and on no order.
public struct CellRandomness: Hashable, Sendable {
  /// What is drawn.
  public enum Draw: Hashable, Sendable {
    /// The error of programming.
    case programming
    /// The exponent of drift of a part of a side.
    case drift(part: Int)
    /// Which cells are faulty, and how.
    case faults
    /// The read noise of an epoch.
    case read(Epoch)
    /// What a side makes of pulses: deviate number `part` of a round.
    case pulses(side: Int, part: Int, round: Int)

    /// A number of its own.
    var word: UInt32 {
      switch self {
      case .programming: 0
      case .drift(let part): 1 | UInt32(part) << 8
      case .faults: 2
      case .read(let epoch): 3 | UInt32(epoch.purpose.rawValue) << 8 | UInt32(epoch.index) << 16
      case .pulses(let side, let part, let round):
        4 | UInt32(side) << 3 | UInt32(part) << 8 | UInt32(round) << 16
      }
    }
  }

  /// The chip.
  public var chip: Int
  /// The core of that chip.
  public var core: CoreID
  /// The first word line of the block.
  public var firstRow: Int
  /// The first bit line of the block.
  public var firstColumn: Int
  /// The bit lines of the core.
  public var coreColumns: Int
  /// The seed.
  public var seed: UInt64
  /// The lines of the block; `nil` where they follow each other from the first ones on.
  public var lines: BlockLines?

  /// Creates the random numbers of a block; rows × columns of the core must fit 32 bits.
  public init(
    chip: Int, core: CoreID, firstRow: Int, firstColumn: Int, coreColumns: Int, seed: UInt64,
    lines: BlockLines? = nil
  ) {
    self.lines = lines
    self.chip = chip
    self.core = core
    self.firstRow = firstRow
    self.firstColumn = firstColumn
    self.coreColumns = coreColumns
    self.seed = seed
  }

  /// The four words of the cell at a row and a column of the block: two for either side.
  func words(_ draw: Draw, row: Int, column: Int) -> Philox.Words {
    let counter = counter(draw, row: row, column: column)
    return Philox.words((counter.a, counter.b, counter.c, counter.d), key: key)
  }

  /// The word line of a row, and the bit line of a column, of the block.
  func wordLine(_ row: Int) -> Int { lines.map { $0.rows[row] } ?? firstRow + row }
  func bitLine(_ column: Int) -> Int { lines.map { $0.columns[column] } ?? firstColumn + column }

  /// Normal deviates, independent and with variance 1, of `count` cells of a row of the block, from
  /// its first column on: those of the positive sides and of the negative sides.
  ///
  /// One block of the generator gives the pair of a cell.
  func normals(
    _ draw: Draw, row: Int, count: Int, positive: UnsafeMutablePointer<Double>,
    negative: UnsafeMutablePointer<Double>
  ) {
    if lines == nil {
      normal_pairs(
        counter(draw, row: row, column: 0), key.0, key.1, count, positive, negative)
      return
    }
    for column in 0..<count {
      normal_pairs(
        counter(draw, row: row, column: column), key.0, key.1, 1, positive + column,
        negative + column)
    }
  }

  private var key: (UInt32, UInt32) {
    (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// The counter of a cell; its first word counts cells of the core.
  private func counter(_ draw: Draw, row: Int, column: Int) -> CDevice.philox_words {
    CDevice.philox_words(
      a: UInt32(truncatingIfNeeded: wordLine(row) * coreColumns + bitLine(column)),
      b: core.rawValue, c: UInt32(truncatingIfNeeded: chip), d: draw.word)
  }
}

/// When read noise is drawn: each epoch has its own, so that nothing is calibrated on the very noise
/// that is tested.
public struct Epoch: Hashable, Sendable {
  /// What a chip is read for.
  public enum Purpose: UInt8, Hashable, Sendable, CaseIterable {
    case verification, driftCompensation, refit, inference
  }

  /// The purpose.
  public var purpose: Purpose
  /// Which of several of that purpose.
  public var index: UInt16

  /// Creates an epoch.
  public init(_ purpose: Purpose, index: UInt16 = 0) {
    self.purpose = purpose
    self.index = index
  }
}
