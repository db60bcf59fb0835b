import ArgumentParser
import Compiler
import Driver
import Simulator

extension DriftFollowing: ExpressibleByArgument {}

extension TimeSpan: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// Which chip is simulated.
struct DeviceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "ideal, quantized, or a device model of the chip (aimcc chips CHIP lists them).",
      valueName: "name"),
    completion: .list(["ideal", "quantized"]))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "Time since programming, as 0, 30s, 10min, 1h, 1d or 1y.", valueName: "time"))
  var time: TimeSpan?

  @Option(
    help: ArgumentHelp("Number of the chip; each has other devices.", valueName: "number"))
  var seed: UInt64?

  /// The simulated device: `usual` if none is given.
  func name(_ usual: DeviceName) -> DeviceName { device.map { DeviceName($0) } ?? usual }

  /// The options, for the device `usual` if none is given.
  func options(_ usual: DeviceName, _ expert: DeviceExpertArguments) -> DeviceOptions {
    var options = DeviceOptions(name(usual))
    if let time { options.time = time }
    if let seed { options.seed = seed }
    options.without = expert.effects.without
    options.programsByPulses = expert.effects.pulses
    options.programsByGradient = expert.effects.gradient
    options.faults = expert.effects.faults
    options.routine = expert.calibration.correct
    options.calibrations = expert.calibration.calibrateAt
    options.following = expert.calibration.following
    options.limits = expert.limits.limits
    return options
  }
}

/// What few users tell about the simulated chip.
struct DeviceExpertArguments: ParsableArguments {
  @OptionGroup var effects: EffectArguments
  @OptionGroup var calibration: ChipCalibrationArguments
  @OptionGroup var limits: LimitArguments
}

/// What simulated chips leave out.
struct EffectArguments: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Leaves an effect out, as drift or read-noise. (may be repeated)", valueName: "effect"),
    completion: .list(effectNames))
  var without: [String] = []

  @Flag(
    help:
      "Programs devices pulse by pulse, with reads that verify, instead of with errors as their model says."
  )
  var pulses = false

  @Flag(
    help:
      "Corrects devices by the errors that MVMs with random inputs show, after --pulses (gradient descent)."
  )
  var gradient = false

  @Option(
    help: ArgumentHelp(
      "What of the chips does not work: a file of faults, or rates such as stuck=1%,dead-cores=2,seed=3.",
      valueName: "file|rates"),
    completion: .file(extensions: ["yaml"]), transform: readFaults)
  var faults: FaultSource?
}

/// Reads the name of a file of faults, or rates.
func readFaults(_ text: String) throws -> FaultSource {
  guard let source = FaultSource(text) else {
    throw ValidationError("give a file of faults, or \(FaultSource.form)")
  }
  return source
}

/// When and how simulated chips are calibrated.
struct ChipCalibrationArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Calibration on the chip: none, global, column, refit or layers. (default: as compiled)",
      valueName: "routine"),
    completion: .list(Routine.allCases.map { "\($0)" }), transform: readRoutine)
  var correct: Routine?

  @Option(
    help: ArgumentHelp(
      "Times at which the chip is calibrated, as 0,1d. (default: before every use)",
      valueName: "times"),
    transform: readTimes)
  var calibrateAt: [TimeSpan]?

  @Option(
    help: ArgumentHelp(
      "What corrects drift after --calibrate-at: what the device model expects (clock), that and a "
        + "factor measured for every tile (gain), or nothing. (default: clock)",
      valueName: "rule"))
  var between: DriftFollowing?

  /// The rule that holds.
  var following: DriftFollowing { between ?? .clock }
}

/// How much of the machine a program may take.
struct LimitArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Most memory that the program may take, as 512MiB or 8GiB.", valueName: "size"),
    transform: readSize)
  var maxMemory: Int?

  @Option(
    help: ArgumentHelp(
      "Most instructions of an inference; 1024 elements count as one more.",
      valueName: "number"))
  var maxInstructions: Int?

  func validate() throws {
    guard maxInstructions ?? 1 > 0 else { throw ValidationError("--max-instructions is above 0") }
  }

  var limits: RunLimits {
    var limits = RunLimits()
    limits.memory = maxMemory
    limits.instructions = maxInstructions
    return limits
  }
}

/// Reads a number of bytes, with KiB, MiB, GiB or without.
func readSize(_ text: String) throws -> Int {
  let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
  let unit = units.first { text.hasSuffix($0.0) }
  let digits = unit.map { text.dropLast($0.0.count) } ?? text[...]
  guard let number = Int(digits), number > 0, number <= Int.max >> (unit?.1 ?? 0) else {
    throw ValidationError("give a number of bytes above 0, such as 512MiB or 8GiB")
  }
  return number << (unit?.1 ?? 0)
}

/// Reads times separated by commas.
func readTimes(_ text: String) throws -> [TimeSpan] {
  guard let times = TimeSpan.list(text) else {
    throw ValidationError(
      "give times such as 0, 30s, 10min, 1h, 1d or 1y, with commas between them")
  }
  return times
}

/// Reads the name of a routine.
func readRoutine(_ text: String) throws -> Routine {
  guard let routine = Routine.allCases.first(where: { "\($0)" == text }) else {
    throw ValidationError(
      "give one of " + Routine.allCases.map { "\($0)" }.joined(separator: ", "))
  }
  return routine
}

/// How outputs are compared with those that the data hold.
struct ToleranceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("Relative tolerance of an element.", valueName: "number"))
  var rtol = 1e-3

  @Option(
    help: ArgumentHelp("Absolute tolerance of an element.", valueName: "number"))
  var atol = 1e-5

  func validate() throws {
    guard rtol >= 0, atol >= 0 else {
      throw ValidationError("a tolerance must not be negative")
    }
  }

  var tolerance: Tolerance { Tolerance(relative: rtol, absolute: atol) }
}
