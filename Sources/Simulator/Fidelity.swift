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

  /// All of `quantized`, and what happens to `devices`.
  public static func devices(_ devices: SimulatedDevices) -> Fidelity {
    Fidelity(effects: .all, devices: devices)
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

  /// The effects of `Fidelity.quantized`.
  public static let quantized: Effects = [.inputConverters, .outputConverters, .unitPrecision]
  /// The effects on conductances.
  static let ofDevices: Effects = [.programming, .drift, .readNoise]
  /// All effects.
  public static let all = Effects(table.map(\.effect))

  /// Every effect with its name on the command line.
  public static let table: [(name: String, effect: Effects)] = [
    ("dac", .inputConverters), ("adc", .outputConverters), ("precision", .unitPrecision),
    ("programming", .programming), ("drift", .drift), ("read-noise", .readNoise),
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
  /// How often one of them fails.
  public var faults: CellFaults

  /// Creates the devices of chip number `seed`, `time` s after programming.
  public init(model: DeviceModel, seed: UInt64, time: Double, faults: CellFaults = .none) {
    self.model = model
    self.seed = seed
    self.time = time
    self.faults = faults
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
