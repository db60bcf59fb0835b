import Chip

/// What the conductances of a column span.
public enum WeightRange: String, Hashable, Sendable, CaseIterable {
  /// The largest magnitude of all weights of the block.
  case block
  /// The largest magnitude of the column's weights in the block.
  case maximum = "max"
  /// The magnitude with which the mean squared error of the column's sums is least: what is cut of
  /// larger weights, and what programming makes wrong.
  case leastSquares = "mse"
}

/// What is done where a bit line would carry too much.
public enum LineLimit: String, Hashable, Sendable, CaseIterable {
  /// The conductances of all its block are lowered.
  case block
  /// Its own conductances are lowered.
  case column
}

/// How ranges are chosen.
public struct QuantizationOptions: Sendable {
  /// The largest conductance in parts of what the chip allows.
  public var range = 1.0
  /// What target conductances expect of drift; `nil` for none.
  public var predistortion: Predistortion?
  /// How the ranges of DACs are chosen.
  public var inputRange = InputRange.maximum
  /// What the conductances of a column span.
  public var weightRange = WeightRange.maximum
  /// What is done where a bit line would carry too much.
  public var lineLimit = LineLimit.column
  /// The model of the devices by whose errors weights are cut, if they are; none are without it.
  public var device: DeviceModel?

  /// Creates the usual options.
  public init() {}
}
