/// A side of a conductance pair of a block that cannot take every conductance.
public struct CellLimit: Hashable, Sendable {
  /// The cell, row by row.
  public var cell: Int
  /// Whether it is the negative side.
  public var isNegative: Bool
  /// What it can conduct, in µS; one value where it is stuck.
  public var range: ClosedRange<Double>

  /// Creates a limit.
  public init(cell: Int, isNegative: Bool, range: ClosedRange<Double>) {
    self.cell = cell
    self.isNegative = isNegative
    self.range = range
  }

  /// The nearest conductance to `value` µS that it can take.
  public func nearest(to value: Double) -> Double {
    min(max(value, range.lowerBound), range.upperBound)
  }
}
