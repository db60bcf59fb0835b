import Program

/// What was simulated, as reports say it.
struct DeviceReport: Encodable {
  /// The name of the device.
  var device: String
  /// The time since programming in s, and which of all chips it is; `nil` without devices.
  var timeSeconds: Double?
  var seed: UInt64?
  /// The effects that were left out; `nil` for none.
  var without: [String]?
  /// What the figures assume.
  var assumptions: String?

  /// Describes `options` on the chip of `program`, which `compensation` corrects if it is given.
  init(_ options: DeviceOptions, of program: ValidProgram, compensation: String? = nil) {
    device = options.device.name
    without = options.without.isEmpty ? nil : options.without
    guard options.device.hasDevices else { return }
    timeSeconds = options.time.seconds
    seed = options.seed
    assumptions = options.assumptions(on: program.chip).map {
      $0 + options.compensation(of: program, compensation, otherwise: "that time")
    }
  }

  /// The device as a person reads it.
  var text: String {
    let left = without.map { ", without \($0.joined(separator: ", "))" } ?? ""
    return "device         \(device)\(left)\n"
      + (assumptions.map { "assumes        \($0)\n" } ?? "")
  }
}
