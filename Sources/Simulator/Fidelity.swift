import Chip
import Device

/// How true to the chip a simulation is.
public struct Fidelity: Hashable, Sendable {
  /// What departs from arithmetic in f32.
  public var effects: Effects
  /// The devices; `nil` for conductances that are exactly their targets.
  public var devices: SimulatedDevices?

  /// Creates a fidelity.
  public init(effects: Effects, devices: SimulatedDevices? = nil) {
    self.effects = effects
    self.devices = devices
  }

  /// In f32; none of the rounding and clipping that the chip adds.
  public static let ideal = Fidelity(effects: [])
  /// With the converters and the precision of each unit.
  public static let quantized = Fidelity(effects: .quantized)

  /// All of `quantized`, with the errors of `devices`.
  public static func devices(_ devices: SimulatedDevices) -> Fidelity {
    Fidelity(effects: .all, devices: devices)
  }

  /// The same without effects that `chip` does not have.
  public func possible(on chip: Chip) -> Fidelity {
    let circuit = chip.circuit
    var fidelity = self
    func require(_ effect: Effects, _ isThere: Bool) {
      if devices == nil || !isThere { fidelity.effects.subtract(effect) }
    }
    require([.programming, .drift, .readNoise], true)
    require(.cellFaults, !CellFaults(circuit).isNone || devices?.faults != nil)
    require(
      .converterSpread,
      circuit.gainSpread > 0 || circuit.offsetSpread > 0 || circuit.hasUncalibratedSpreads)
    require(.converterCalibration, circuit.hasUncalibratedSpreads)
    require(.outputNoise, circuit.outputNoise > 0)
    require(.whiteNoise, circuit.whiteNoise > 0)
    require(.wireResistance, circuit.wireResistance > 0)
    require(.nonLinearity, circuit.nonLinearity > 0)
    return fidelity
  }

  /// The devices, unless none of what can happen to them is wanted.
  var activeDevices: SimulatedDevices? {
    effects.isDisjoint(with: .ofDevices) ? nil : devices
  }
}

extension Fidelity: CustomStringConvertible {
  public var description: String {
    if let devices { return devices.model.name }
    return self == .ideal ? "ideal" : self == .quantized ? "quantized" : "\(effects.names)"
  }
}

/// Departures from arithmetic in f32, each of which can be left out: Specs/numerics.md, "Effects".
public struct Effects: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt32

  /// Creates a set from its bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Inputs become codes.
  public static let inputConverters = Effects(rawValue: 1)
  /// Currents become counts.
  public static let outputConverters = Effects(rawValue: 2)
  /// Digital units round to their precision, and LDPUs to codes.
  public static let unitPrecision = Effects(rawValue: 4)
  /// Conductances miss their targets.
  public static let programming = Effects(rawValue: 8)
  /// Conductances drift.
  public static let drift = Effects(rawValue: 16)
  /// Conductances fluctuate.
  public static let readNoise = Effects(rawValue: 32)
  /// Some cells are stuck, or their programming has not converged.
  public static let cellFaults = Effects(rawValue: 64)
  /// Output converters differ in gain and offset.
  public static let converterSpread = Effects(rawValue: 128)
  /// Counts are noisy.
  public static let outputNoise = Effects(rawValue: 256)
  /// Devices have white noise beside 1/f noise.
  public static let whiteNoise = Effects(rawValue: 512)
  /// The voltage falls along bit lines.
  public static let wireResistance = Effects(rawValue: 1024)
  /// Output converters are not linear.
  public static let nonLinearity = Effects(rawValue: 2048)
  /// Output converters have been calibrated, so that they differ less.
  public static let converterCalibration = Effects(rawValue: 4096)

  /// The effects of `Fidelity.quantized`.
  public static let quantized: Effects = [.inputConverters, .outputConverters, .unitPrecision]
  /// The effects on conductances.
  static let ofDevices: Effects = [.programming, .drift, .readNoise, .cellFaults]
  /// The effects on currents and counts that come with devices.
  static let ofCircuits: Effects = [
    .converterSpread, .outputNoise, .whiteNoise, .wireResistance, .nonLinearity,
  ]
  /// All effects.
  public static let all = Effects(table.map(\.effect))

  /// Every effect with its name on the command line.
  public static let table: [(name: String, effect: Effects)] = [
    ("dac", .inputConverters), ("adc", .outputConverters), ("precision", .unitPrecision),
    ("programming", .programming), ("drift", .drift), ("read-noise", .readNoise),
    ("cell-faults", .cellFaults), ("adc-spread", .converterSpread), ("output-noise", .outputNoise),
    ("white-noise", .whiteNoise), ("ir-drop", .wireResistance), ("non-linearity", .nonLinearity),
    ("adc-calibration", .converterCalibration),
  ]

  /// The effect of this name, or `nil` if there is none.
  public init?(name: String) {
    guard let row = Self.table.first(where: { $0.name == name }) else { return nil }
    self = row.effect
  }

  /// The names of the effects.
  public var names: [String] { Self.table.filter { isSuperset(of: $0.effect) }.map(\.name) }
}

/// The devices of one simulated chip at one time.
public struct SimulatedDevices: Hashable, Sendable {
  /// Their model.
  public var model: DeviceModel
  /// Which of all chips it is.
  public var seed: UInt64
  /// The time since they were programmed, in s.
  public var time: Double
  /// Whether they are programmed pulse by pulse, instead of with errors as the model says.
  public var programsByPulses = false
  /// Whether they are corrected by the errors of MVMs then.
  public var programsByGradient = false
  /// What of the chips does not work; `nil` for nothing.
  public var faults: FaultMap?
  /// Creates the devices of chip number `seed`, `time` s after programming.
  public init(model: DeviceModel, seed: UInt64, time: Double) {
    self.model = model
    self.seed = seed
    self.time = time
  }

  /// The model without the laws that `effects` leave out.
  func model(with effects: Effects) -> DeviceModel {
    var model = model
    if !effects.contains(.programming) { model.programmingSpread = .polynomial([0]) }
    if !effects.contains(.drift) {
      model.driftMean = .polynomial([0])
      model.driftSpread = .polynomial([0])
    }
    return model
  }
}
