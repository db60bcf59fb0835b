/// The errors of a conductance: programming error, drift and read noise. Specs/numerics.md,
/// "Devices", has the formulas.
public struct DeviceModel: Hashable, Sendable {
  /// The name, as on the command line.
  public var name: String
  /// Where its figures come from.
  public var source: String
  /// The number of devices whose sum it describes; `nil` if the model holds for any number.
  public var devicesPerPolarity: Int?
  /// How the devices of a side share its conductance.
  public var filling: Filling
  /// The largest conductance for which it holds, in µS.
  public var maximumConductance: Double
  /// The time from programming to the first read, from which drift counts, in s.
  public var firstRead: Double
  /// The duration of a read, in s.
  public var readTime: Double
  /// The standard deviation of a programmed conductance, in µS, as a function of the target of the side.
  public var programmingSpread: Curve
  /// The mean of the drift exponent, as a function of the target: of the side, or of a device where devices are
  /// filled in turn. So are the next two.
  public var driftMean: Curve
  /// The standard deviation of the drift exponent, as a function of the target.
  public var driftSpread: Curve
  /// The relative read noise per √ln of time, as a function of the programmed conductance.
  public var readNoise: Curve

  /// Creates a model.
  public init(
    name: String, source: String, devicesPerPolarity: Int?, filling: Filling = .even,
    maximumConductance: Double, firstRead: Double, readTime: Double, programmingSpread: Curve,
    driftMean: Curve, driftSpread: Curve, readNoise: Curve
  ) {
    self.name = name
    self.source = source
    self.devicesPerPolarity = devicesPerPolarity
    self.filling = filling
    self.maximumConductance = maximumConductance
    self.firstRead = firstRead
    self.readTime = readTime
    self.programmingSpread = programmingSpread
    self.driftMean = driftMean
    self.driftSpread = driftSpread
    self.readNoise = readNoise
  }
}

extension DeviceModel {
  /// How the devices of a side share its conductance.
  public enum Filling: String, Hashable, Sendable, CaseIterable {
    /// All hold the same; the curves are those of their sum.
    case even
    /// One after the other is filled up to its largest conductance, so that only the last one is in a state of large
    /// errors; the curves of drift and read noise are those of one device. Source: Vasilopoulos et al., IEEE
    /// Transactions on Electron Devices 2023.
    case inTurn = "in-turn"
  }

  /// The parts of a side whose states are told apart: its devices where they are filled in turn, else one.
  public var parts: Int { filling == .inTurn ? devicesPerPolarity ?? 1 : 1 }

  /// The largest conductance of a part, in µS.
  public var partConductance: Double { maximumConductance / Double(parts) }

  /// What `part` holds of a side's `conductance` in µS; the last part holds what is more than the maximum, too.
  public func share(of conductance: Double, part: Int) -> Double {
    let before = Double(part) * partConductance
    let most = part == parts - 1 ? Double.infinity : partConductance
    return min(max(conductance - before, 0), most)
  }

  /// The last part that holds some of `conductance` µS.
  public func lastPart(of conductance: Double) -> Int {
    (1..<max(parts, 1)).last { share(of: conductance, part: $0) > 0 } ?? 0
  }

  /// The most models of a chip.
  static let maximumCount = 64

  /// The keys of a model in canonical order.
  public static let fields: [Chip.Field<DeviceModel>] = [
    .text(
      "source", \.source, Chip.oneLine, "Where its figures come from.", where: { $0.isOneLine }),
    .limit(
      "devices-per-polarity", \.devicesPerPolarity, 1...16,
      "Devices whose sum it describes; none if that does not matter."),
    .optionalChoice(
      "filling", \.filling, default: .even,
      "How devices share a conductance: all the same, or one after the other up to its largest."),
    .number(
      "maximum-conductance", \.maximumConductance, 1e-3...1e6, "µS",
      "End of the range over which it holds; r = 1."),
    .number(
      "first-read", \.firstRead, 1e-3...1e9, "s",
      "Time from programming to the first read, from which drift counts."),
    .number("read-time", \.readTime, 1e-12...1e-3, "s", "Duration of a read."),
    .curve(
      "programming-spread", \.programmingSpread, "µS",
      "Standard deviation of a programmed conductance, of its target."),
    .curve("drift-mean", \.driftMean, "", "Mean of the drift exponent, of the target."),
    .curve(
      "drift-spread", \.driftSpread, "", "Standard deviation of the drift exponent, of the target."),
    .curve(
      "read-noise", \.readNoise, "",
      "Relative read noise per √ln of time, of the programmed conductance."),
  ]

  /// The model that the fields are stored into; no field keeps what stands here.
  static func blank(_ name: String) -> DeviceModel {
    let curve = Curve.polynomial([0])
    return DeviceModel(
      name: name, source: "", devicesPerPolarity: nil, maximumConductance: 0, firstRead: 0,
      readTime: 0, programmingSpread: curve, driftMean: curve, driftSpread: curve,
      readNoise: curve)
  }
}

extension Chip {
  /// The device model `name`, or `nil` if the chip has none of that name.
  public func device(_ name: String) -> DeviceModel? { devices.first { $0.name == name } }

  /// The model that holds where none is named: that of the chip file, else the first that describes as many
  /// devices as one side of a conductance pair has, else the first; `nil` if the chip has no models.
  public var ownDevice: DeviceModel? {
    if let deviceModel { return device(deviceModel) }
    return devices.first { $0.devicesPerPolarity == crossbar.devicesPerPolarity } ?? devices.first
  }
}
