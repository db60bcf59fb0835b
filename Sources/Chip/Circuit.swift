/// The errors that the circuits around the devices of a chip add to a product; 0 where they are not
/// modelled.
public struct Circuit: Hashable, Sendable {
  /// The standard deviation of the gain of the output converter of a bit line, relative to the
  /// gain, after the converters are calibrated.
  public var gainSpread = 0.0
  /// The standard deviation of the offset of a count of either polarity after that calibration, in
  /// counts.
  public var offsetSpread = 0.0
  /// Both figures before that calibration; 0 where they are unknown.
  public var uncalibratedGainSpread = 0.0
  public var uncalibratedOffsetSpread = 0.0
  /// The standard deviation of the noise of a count, in parts of the largest count, drawn anew for every vector.
  public var outputNoise = 0.0
  /// The white noise of the devices in a product of weights and inputs of at most 1, relative to
  /// √Σ|w|x².
  public var whiteNoise = 0.0
  /// The fraction by which the largest count is too low; 0 for a linear converter.
  public var nonLinearity = 0.0
  /// The resistance of a bit line from one cell to the next, in Ω.
  public var wireResistance = 0.0
  /// The fraction of the sides of cells that conduct nothing.
  public var stuckAtZero = 0.0
  /// The fraction of the sides of cells that conduct g_max.
  public var stuckAtMaximum = 0.0
  /// The fraction of the sides of cells whose programming does not converge.
  public var unconverged = 0.0

  /// Creates circuits that add nothing.
  public init() {}

  /// Circuits that add nothing.
  public static let none = Circuit()
}

extension Circuit {
  /// The spreads of gains and offsets of output converters, before they are calibrated or after.
  public func converterSpreads(calibrated: Bool) -> (gain: Double, offset: Double) {
    calibrated
      ? (gainSpread, offsetSpread)
      : (
        uncalibratedGainSpread > 0 ? uncalibratedGainSpread : gainSpread,
        uncalibratedOffsetSpread > 0 ? uncalibratedOffsetSpread : offsetSpread
      )
  }

  /// Whether the spreads of converters before calibration are known.
  public var hasUncalibratedSpreads: Bool {
    uncalibratedGainSpread > 0 || uncalibratedOffsetSpread > 0
  }
}

extension Chip {
  /// The name of the section whose keys may be missing one by one: nothing of them happens then.
  static let circuitSection = "circuit"

  static let circuitFields: [Field<Chip>] = [
    .number(
      "circuit.gain-spread", \.circuit.gainSpread, 0...1, "",
      "Standard deviation of the gain of a bit line's ADC, relative, once ADCs are calibrated."),
    .number(
      "circuit.offset-spread", \.circuit.offsetSpread, 0...1e6, "counts",
      "Standard deviation of what an ADC adds to a count of either polarity, then."),
    .number(
      "circuit.uncalibrated-gain-spread", \.circuit.uncalibratedGainSpread, 0...1, "",
      "The spread of gains before ADCs are calibrated; 0 where that is not known."),
    .number(
      "circuit.uncalibrated-offset-spread", \.circuit.uncalibratedOffsetSpread, 0...1e6, "counts",
      "The spread of offsets before ADCs are calibrated; 0 where that is not known."),
    .number(
      "circuit.output-noise", \.circuit.outputNoise, 0...1, "",
      "Standard deviation of the noise of a count, in parts of the largest one, drawn for every vector."
    ),
    .number(
      "circuit.white-noise", \.circuit.whiteNoise, 0...1, "",
      "Noise of the devices, drawn for every vector, in parts of √Σ(w·x²) of weights and inputs of 1 at most."
    ),
    .number(
      "circuit.non-linearity", \.circuit.nonLinearity, 0...1, "",
      "Part by which the largest count falls short of the current."),
    .number(
      "circuit.wire-resistance", \.circuit.wireResistance, 0...1e6, "Ω",
      "Resistance of a bit line from one cell to the next."),
    .number(
      "circuit.stuck-at-zero", \.circuit.stuckAtZero, 0...1, "",
      "Part of the sides of cells that conduct nothing."),
    .number(
      "circuit.stuck-at-maximum", \.circuit.stuckAtMaximum, 0...1, "",
      "Part of the sides of cells that conduct g-max."),
    .number(
      "circuit.unconverged", \.circuit.unconverged, 0...1, "",
      "Part of the sides of cells whose programming does not converge."),
  ]

  /// Whether no more than all cells are faulty.
  var hasPossibleFaults: Bool {
    circuit.stuckAtZero + circuit.stuckAtMaximum + circuit.unconverged <= 1
  }
}
