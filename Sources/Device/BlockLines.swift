/// The lines of a core that a block uses, where they do not follow each other.
public struct BlockLines: Hashable, Sendable {
  /// The word line of each row.
  public var rows: [Int]
  /// The bit line of each column.
  public var columns: [Int]

  /// Creates the lines of a block.
  public init(rows: [Int], columns: [Int]) {
    self.rows = rows
    self.columns = columns
  }
}
