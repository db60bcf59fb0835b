import Chip

/// The rates at which one side of a conductance pair does not reach its target.
///
/// The sides of a pair fail independently. None of this is part of a device model's fit.
public struct CellFaults: Hashable, Sendable {
  /// The share that conducts nothing, whatever was programmed.
  public var stuckAtZero: Double
  /// The share that conducts g_max, whatever was programmed.
  public var stuckAtMaximum: Double
  /// The share on which programming does not converge; it is left anywhere between 0 and g_max, with
  /// equal probability, and drifts and fluctuates from there.
  public var unconverged: Double

  /// Creates rates, each from 0 to 1, together at most 1.
  public init(stuckAtZero: Double = 0, stuckAtMaximum: Double = 0, unconverged: Double = 0) {
    self.stuckAtZero = stuckAtZero
    self.stuckAtMaximum = stuckAtMaximum
    self.unconverged = unconverged
  }

  /// The rates of a chip whose circuits are `circuit`.
  public init(_ circuit: Circuit) {
    self.init(
      stuckAtZero: circuit.stuckAtZero, stuckAtMaximum: circuit.stuckAtMaximum,
      unconverged: circuit.unconverged)
  }

  /// The share of sides that do not reach their targets.
  var share: Double { stuckAtZero + stuckAtMaximum + unconverged }

  /// Whether all cells take their targets.
  public var isNone: Bool { self == .none }

  /// No faults.
  public static let none = CellFaults()

  /// Whether the rates are shares of one whole.
  public var isValid: Bool {
    let rates = [stuckAtZero, stuckAtMaximum, unconverged]
    return rates.allSatisfy { $0 >= 0 && $0 <= 1 } && rates.reduce(0, +) <= 1
  }

  /// What is left of a side instead of its conductance, in units of g_max, and whether it is stuck
  /// there; `nil` for a good one.
  ///
  /// `choice` and `level` are random words.
  func outcome(choice: UInt32, level: UInt32) -> (conductance: Double, isStuck: Bool)? {
    let share = (Double(choice) + 0.5) * 0x1p-32
    if share < stuckAtZero { return (0, true) }
    if share < stuckAtZero + stuckAtMaximum { return (1, true) }
    guard share < stuckAtZero + stuckAtMaximum + unconverged else { return nil }
    return ((Double(level) + 0.5) * 0x1p-32, false)
  }
}
