import Basics
import Chip
import Compiler
import Device
import Program
import Simulator

/// What a simulated chip is like.
public enum DeviceName: Hashable, Sendable {
  /// Arithmetic in f32, without the rounding and clipping of the chip.
  case ideal
  /// With the converters and the precision of each unit.
  case quantized
  /// With devices after the model of this name in the chip file, and all that `quantized` has.
  case model(String)
  /// With devices after the chip's own model.
  case own

  /// Creates a device from its name on the command line.
  public init(_ name: String) {
    switch name {
    case "ideal": self = .ideal
    case "quantized": self = .quantized
    default: self = .model(name)
    }
  }

  /// Whether chips have devices that are programmed, drift, and differ from chip to chip.
  public var hasDevices: Bool {
    switch self {
    case .ideal, .quantized: false
    case .model, .own: true
    }
  }

  /// The name on the command line.
  public var name: String {
    switch self {
    case .ideal: "ideal"
    case .quantized: "quantized"
    case .model(let name): name
    case .own: "the chip's own device model"
    }
  }
}

/// Which chip is simulated, and what is left out.
public struct DeviceOptions: Hashable, Sendable {
  /// What it is like.
  public var device: DeviceName
  /// The time since it was programmed.
  public var time = TimeSpan(seconds: 0)
  /// Which of all chips it is.
  public var seed: UInt64 = 0
  /// The names of effects that are left out.
  public var without: [String] = []
  /// Whether devices are programmed pulse by pulse.
  public var programsByPulses = false
  /// Whether they are corrected by the errors of MVMs then.
  public var programsByGradient = false
  /// What of the chips does not work; `nil` for nothing.
  public var faults: FaultSource?
  /// The same once it is read.
  private(set) var faultMap: FaultMap?
  /// What is corrected on the chip, instead of what the program says.
  public var routine: Routine?
  /// When the chip is calibrated; `nil` for the time at which it is simulated.
  public var calibrations: [TimeSpan]?
  /// What corrects drift since the last of these.
  public var following = DriftFollowing.clock
  /// How much of the machine the program may take.
  public var limits = RunLimits()

  /// Creates options for a device; where it is a model, for chip 0 just after programming.
  public init(_ device: DeviceName) { self.device = device }

  /// The same with the name of the device model, where that is the own one of `chip`.
  ///
  /// Throws `Diagnostics` if the chip has none.
  func resolved(on chip: Chip) throws -> DeviceOptions {
    guard device == .own else { return self }
    guard let model = chip.ownDevice else {
      throw Diagnostics(
        Diagnostic(
          .error, "chips are simulated with a device model, and the chip \(chip.name) has none",
          help: "add one under devices in the chip file (Specs/chip.md), or give --device quantized"
        ))
    }
    var options = self
    options.device = .model(model.name)
    return options
  }

  /// The same with the faults of `count` chips like `chip`, which are read.
  ///
  /// Throws `Diagnostics` with every fault of their file.
  func withFaults(on chip: Chip, chips count: Int) throws -> DeviceOptions {
    guard let faults, faultMap == nil else { return self }
    var options = self
    options.faultMap = try faults.map(on: chip, chips: count)
    return options
  }

  /// How true to `count` chips like `chip` a simulation is.
  ///
  /// Throws `Diagnostics` if the chip has no such model, if there is no such effect, or with the faults of a file.
  func fidelity(on chip: Chip, chips count: Int) throws -> Fidelity {
    var faults = Diagnostics()
    var fidelity = Fidelity.ideal
    switch device {
    case .ideal: break
    case .quantized: fidelity = .quantized
    case .own: return try resolved(on: chip).fidelity(on: chip, chips: count)
    case .model(let name):
      if let model = chip.device(name) {
        var devices = SimulatedDevices(model: model, seed: seed, time: time.seconds)
        devices.programsByPulses = programsByPulses
        devices.programsByGradient = programsByGradient
        devices.faults = try withFaults(on: chip, chips: count).faultMap
        fidelity = .devices(devices)
      } else {
        faults.append(
          Diagnostic(
            .error, "the chip \(chip.name) has no device model \"\(name)\"",
            supported: (["ideal", "quantized"] + chip.devices.map(\.name)).joined(separator: ", ")))
      }
    }
    let possible = fidelity.possible(on: chip).effects
    for name in without {
      if let effect = Effects(name: name) {
        if possible.isDisjoint(with: effect) && !faults.hasErrors {
          let there = Effects.table.filter { !possible.isDisjoint(with: $0.effect) }.map(\.name)
          faults.append(
            Diagnostic(
              .error, "\(device.name) on \(chip.name) has no effect \"\(name)\" to leave out",
              supported: there.joined(separator: ", ")))
        }
        fidelity.effects.subtract(effect)
      } else {
        faults.append(
          Diagnostic(
            .error, "there is no effect \"\(name)\" to leave out",
            supported: Effects.table.map(\.name).joined(separator: ", ")))
      }
    }
    if programsByPulses, without.contains("programming") {
      faults.append(
        Diagnostic(
          .error, "without the effect programming, there are no pulses",
          help: "leave out --pulses or --without programming"))
    }
    try faults.throwIfErrors()
    return fidelity.possible(on: chip)
  }

  /// What the figures of this device assume, in a line or two; `nil` if nothing that is uncertain.
  /// Without `which`, the time and the number of the chip are left out.
  func assumptions(on chip: Chip, which: Bool = true) -> String? {
    guard case .model(let name) = device, let model = chip.device(name) else { return nil }
    var text = "\(name): simulated devices, \(model.source)"
    let devices = model.devicesPerPolarity ?? chip.crossbar.devicesPerPolarity
    text += "; \(devices) device\(devices == 1 ? "" : "s") a polarity; "
    text += "\(chip.name): \(chip.summary)"
    text += converters(of: chip.circuit) + otherCircuits(of: chip)
    if programsByPulses { text += ", programmed pulse by pulse" }
    if programsByGradient { text += " and by the errors of MVMs" }
    switch faults {
    case .file(let path): text += ", with the faults of \(path)"
    case .rates(let rates): text += ", with faults drawn at random: \(rates)"
    case nil: break
    }
    if which { text += ", \(time) after programming, chip \(seed)" }
    if !without.isEmpty { text += "; without \(without.joined(separator: ", "))" }
    return text
  }
}

extension DeviceOptions {
  /// What is assumed of the weights of `program`, and what corrects the chip, `routine` if that is given:
  /// at the times of the options, or `otherwise`.
  func compensation(
    of program: ValidProgram, _ given: String? = nil, otherwise: String
  ) -> String {
    let routine = routine ?? program.probes.first?.routine ?? .none
    let isCorrected = routine != .none && !program.probes.isEmpty
    var text = "; weights as trained, programmed once; compensation "
    text += given ?? "\(isCorrected ? routine : .none)"
    if isCorrected || given != nil {
      let times = calibrations?.map(\.description).joined(separator: ", ")
      text += " at \(times ?? otherwise)"
      if times != nil && following != .none { text += ", since then by \(following)" }
      text += ", read noise drawn anew after it"
    }
    return text
  }
}

extension Program {
  /// Throws `Diagnostics` if a calibration is asked for by `routine` or `times`, and the program holds no
  /// vectors to calibrate a chip with.
  func requireProbes(for routine: Probe.Routine?, at times: [TimeSpan]?, file: String) throws {
    guard probes.isEmpty, routine != nil || times != nil else { return }
    throw Diagnostics(
      Diagnostic(
        .error, file: file,
        "holds no vectors to calibrate a chip with, so that \(routine == nil ? "--calibrate-at" : "--correct") "
          + "has no effect",
        help: "compile the network with --routine"))
  }
}

extension ProgrammedChip {
  /// What corrects the chip at `time`: the last of `calibrations` until then, or one at that time if
  /// `calibrations` is `nil`; `nil` if nothing is to be corrected, as where there are no devices and
  /// no `routine` is asked for. `rule` says what corrects drift since the last one.
  ///
  /// `number` tells calibrations made for different times apart.
  func calibration(
    for time: TimeSpan, at calibrations: [TimeSpan]?, routine: Routine?,
    following rule: DriftFollowing, number: Int = 0
  ) throws -> Calibration? {
    let wanted =
      routine ?? (fidelity.devices == nil ? nil : program.probes.first?.routine) ?? .none
    if wanted == .none || program.probes.isEmpty { return nil }
    guard let calibrations else {
      return try calibrated(at: time.seconds, number: number, routine: routine)
    }
    var last: (number: Int, time: TimeSpan)?
    for (number, calibration) in calibrations.enumerated()
    where calibration.seconds <= time.seconds && calibration.seconds >= last?.time.seconds ?? 0 {
      last = (number, calibration)
    }
    return try last.map {
      try following(
        calibrated(at: $0.time.seconds, number: $0.number, routine: routine),
        from: $0.time.seconds, to: time.seconds, by: rule, number: number)
    }
  }
}

/// The names of all effects that can be left out.
public let effectNames = Effects.table.map(\.name)
