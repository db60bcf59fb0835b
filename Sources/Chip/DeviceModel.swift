/// The errors of a conductance: programming error, drift and read noise. Specs/numerics.md,
/// "Devices", has the formulas.
public struct DeviceModel: Hashable, Sendable {
  /// The name, as on the command line.
  public var name: String
  /// Where its figures come from.
  public var source: String
  /// The number of devices whose sum it describes; `nil` if the model holds for any number.
  public var devicesPerPolarity: Int?
  /// The largest conductance for which it holds, in µS; r = 1 in its curves.
  public var maximumConductance: Double
  /// The time from programming to the first read, from which drift counts, in s.
  public var firstRead: Double
  /// The duration of a read, in s.
  public var readTime: Double
  /// The standard deviation of a programmed conductance, in µS, as a function of the target.
  public var programmingSpread: Curve
  /// The mean of the drift exponent, as a function of the target.
  public var driftMean: Curve
  /// The standard deviation of the drift exponent, as a function of the target.
  public var driftSpread: Curve
  /// The relative read noise per √ln of time, as a function of the programmed conductance.
  public var readNoise: Curve

  /// Creates a model.
  public init(
    name: String, source: String, devicesPerPolarity: Int?, maximumConductance: Double,
    firstRead: Double, readTime: Double, programmingSpread: Curve, driftMean: Curve,
    driftSpread: Curve, readNoise: Curve
  ) {
    self.name = name
    self.source = source
    self.devicesPerPolarity = devicesPerPolarity
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
  /// The most models of a chip.
  static let maximumCount = 64

  /// The keys of a model in canonical order.
  public static let fields: [Chip.Field<DeviceModel>] = [
    .text(
      "source", \.source, Chip.oneLine, "Where its figures come from.", where: { $0.isOneLine }),
    .limit(
      "devices-per-polarity", \.devicesPerPolarity, 1...16,
      "Devices whose sum it describes; none if that does not matter."),
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
