import Compiler
import ArgumentParser
import Driver
import Passes

extension ChipCount: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension DimensionSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension TimeSpan: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension InputShape: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension WeightRange: ExpressibleByArgument {}
extension LineLimit: ExpressibleByArgument {}

extension Pass: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public var defaultValueDescription: String { name }
  public static var allValueStrings: [String] { all.map(\.name) }
}

extension Emission: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public var defaultValueDescription: String { name }
  public static var allValueStrings: [String] { all().map(\.name) }
}

/// Which chip is meant, and how many of it there are.
struct ChipArguments: ParsableArguments {
  @Option(help: "A preset (see aimcc chips), or the path of a chip file.", completion: .file())
  var chip = "hermes"

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Changes a figure of the chip; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      "The number of chips in series; auto takes as many as the network needs.",
      valueName: "N|auto"))
  var chips = ChipCount.fixed(1)

  /// Tells `options` of the chip.
  func set(_ options: inout CompileOptions) {
    options.chip = chip
    options.settings = settings
    options.chips = chips
  }
}

/// How large what the model leaves open is.
struct SizeArguments: ParsableArguments {
  @Option(
    name: .customLong("dim"), parsing: .singleValue,
    help: ArgumentHelp(
      "Gives a dimension that the model leaves open its size; may be repeated.",
      valueName: "name=size"))
  var dimensions: [DimensionSize] = []

  @Option(
    name: .customLong("input-shape"), parsing: .singleValue,
    help: ArgumentHelp(
      "Gives an input its shape; may be repeated.", valueName: "name=1x3x224x224"))
  var shapes: [InputShape] = []

  var given: GivenSizes { GivenSizes(dimensions: dimensions, shapes: shapes) }
}

extension InputRange: ExpressibleByArgument {}
extension MappingOptions.Objective: ExpressibleByArgument {}
extension MappingOptions.PackingRule: ExpressibleByArgument {}

extension MappingOptions.Pin: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// What is wanted of the mapping.
struct MappingArguments: ParsableArguments {
  @Option(help: "What the mapping makes as small as it can.")
  var optimize = MappingOptions.Objective.throughput

  @Option(help: "Whether blocks of several layers share a crossbar.")
  var packing = MappingOptions.PackingRule.automatic

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Lets the host compute a layer; may be repeated.", valueName: "layer"))
  var digital: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Keeps a layer on crossbars where the host would be cheaper; may be repeated.",
      valueName: "layer"))
  var analog: [String] = []

  @Option(
    name: .customLong("pin"), parsing: .singleValue,
    help: ArgumentHelp(
      "Gives the first block of a layer its core; may be repeated.", valueName: "layer=core"))
  var pins: [MappingOptions.Pin] = []

  @Option(
    help: ArgumentHelp(
      "Searches places for this long, so that the outcome depends on the machine.",
      valueName: "seconds"))
  var searchTime: Double?

  func validate() throws {
    guard searchTime.map({ $0 >= 0 && $0.isFinite }) ?? true else {
      throw ValidationError("a time must not be negative")
    }
  }

  var options: MappingOptions {
    var options = MappingOptions()
    options.objective = optimize
    options.packing = packing
    options.digital = digital
    options.analog = analog
    options.pins = pins
    options.searchTime = searchTime
    return options
  }
}

/// What `compile` and `verify` are told about the compilation.
struct CompilationArguments: ParsableArguments {
  @OptionGroup var chip: ChipArguments

  @OptionGroup var mapping: MappingArguments

  @Flag(
    help: """
      Lets a convolution compute several positions from one vector, by shifted kernels side by side, \
      where its crossbars have room.
      """)
  var widen = false

  @Option(
    help: ArgumentHelp(
      "Data whose inputs are typical, from which ranges are found.", valueName: "data"),
    completion: .file())
  var calibrate: String?

  @OptionGroup var sizes: SizeArguments

  @OptionGroup var accuracy: AccuracyArguments

  @Flag(help: "Prints the time that each pass took.")
  var timing = false

  @Flag(help: "Runs the verifier after every pass.")
  var verifyEach = false

  var options: CompileOptions {
    var options = CompileOptions()
    chip.set(&options)
    options.mapping = mapping.options
    options.mapping.widens = widen
    options.calibrate = calibrate
    options.sizes = sizes.given
    options.accuracy = accuracy.options
    options.accuracyTarget = accuracy.accuracy
    options.timing = timing
    options.verifyEach = options.verifyEach || verifyEach
    return options
  }
}

/// What the simulated chip is like.
struct DeviceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "ideal, quantized, or a device model of the chip, such as hermes-tdp.", valueName: "name"),
    completion: .list(["ideal", "quantized", "hermes-tdp", "hermes-odp", "pcm"]))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "The time since programming, as 0, 30s, 10min, 1h, 1d or 1y.", valueName: "time"))
  var time: TimeSpan?

  @Option(help: ArgumentHelp("Which of all chips is simulated.", valueName: "number"))
  var seed: UInt64?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Leaves an effect out; may be repeated.", valueName: "effect"),
    completion: .list(effectNames))
  var without: [String] = []

  @OptionGroup var calibration: ChipCalibrationArguments
  @OptionGroup var limits: LimitArguments

  /// The simulated device: `usual` if none is given.
  func name(_ usual: DeviceName) -> DeviceName { device.map { DeviceName($0) } ?? usual }

  /// The options, for the device `usual` if none is given.
  func options(_ usual: DeviceName) -> DeviceOptions {
    var options = DeviceOptions(name(usual))
    if let time { options.time = time }
    if let seed { options.seed = seed }
    options.without = without
    options.routine = calibration.correct
    options.calibrations = calibration.calibrateAt
    options.limits = limits.limits
    return options
  }
}

/// How much of the machine a program may take.
struct LimitArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most memory that the program may take, as 512MiB or 8GiB.", valueName: "size"),
    transform: readSize)
  var maxMemory: Int?

  @Option(
    help: ArgumentHelp(
      "The most instructions of an inference; 1024 elements count as one.",
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
    throw ValidationError("--max-memory is a number of bytes above 0, such as 512MiB or 8GiB")
  }
  return number << (unit?.1 ?? 0)
}

/// What is done for the accuracy on a chip.
struct AccuracyArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Does as much of what follows as chips need to keep so much of FP32's accuracy.",
      valueName: "percent"), transform: readPercent)
  var accuracy: Double?

  @Flag(help: "Moves scale between channels and the weights that read them (SmoothQuant).")
  var smooth = false

  @Flag(help: "Subtracts the mean of every input channel of a product.")
  var center = false

  @Option(
    help: ArgumentHelp(
      "Repeats columns in free ones, in N times the crossbars.", valueName: "N"))
  var copies = 0

  @Flag(help: "Keeps the last copy for what programming makes wrong in the others.")
  var residual = false

  @Flag(help: "Repeats rows in free ones of the crossbars.")
  var rowCopies = false

  @Option(
    help: ArgumentHelp(
      "What the inputs of DACs reach: max, mse, or a part of them as 99.9%.", valueName: "rule"))
  var inputRange = InputRange.maximum

  @Option(
    help: ArgumentHelp(
      "What the conductances of a column span: the weights of its block, its own, or those that errors "
        + "of programming leave worth it.", valueName: "rule"))
  var weightRange = WeightRange.maximum

  @Option(
    help: ArgumentHelp(
      "What is lowered where a bit line would carry too much: all its block, or its column.",
      valueName: "what"))
  var lineLimit = LineLimit.column

  @Option(
    help: ArgumentHelp("The largest conductance in parts of the chip's.", valueName: "part"))
  var range = 1.0

  @Option(
    help: ArgumentHelp(
      "Chooses conductances for what is left of them at these times.", valueName: "times"),
    transform: readTimes)
  var predistort: [TimeSpan] = []

  @Option(
    help: ArgumentHelp(
      "What is corrected on the chip after programming: none, global, column, refit or layers.",
      valueName: "routine"), transform: readRoutine)
  var routine: Routine?

  func validate() throws {
    guard (0...1000).contains(copies) else {
      throw ValidationError("--copies is a number from 0 to 1000")
    }
    if residual && copies == 0 && accuracy == nil {
      throw ValidationError("--residual needs --copies, of which it takes the last")
    }
    guard range > 0, range <= 1 else { throw ValidationError("--range is above 0, at most 1") }
  }

  var options: AccuracyOptions {
    var options = AccuracyOptions()
    options.smooths = smooth
    options.centers = center
    options.copies = copies
    options.residual = residual
    options.copiesRows = rowCopies
    options.inputRange = inputRange
    options.weightRange = weightRange
    options.lineLimit = lineLimit
    options.range = range
    options.predistortion = predistort
    options.routine = routine ?? .none
    return options
  }
}

/// Reads a number of percent, with or without the sign.
func readPercent(_ text: String) throws -> Double {
  guard let number = Double(text.hasSuffix("%") ? text.dropLast() : text[...]), number > 0,
    number <= 100
  else { throw ValidationError("--accuracy is such as 99%, at most 100%") }
  return number / 100
}

/// How the results of commands that have no notes are printed.
struct ListArguments: ParsableArguments {
  @Flag(help: "Prints the results as JSON instead of tables.")
  var json = false

  var console: Console { Console(quiet: false) }
}

/// How messages and results are printed.
struct OutputArguments: ParsableArguments {
  @Flag(help: "Prints the results as JSON instead of tables.")
  var json = false

  @Flag(name: .shortAndLong, help: "Leaves out notes and progress.")
  var quiet = false

  var console: Console { Console(quiet: quiet) }
}

/// How outputs are compared with those that the data hold.
struct ToleranceArguments: ParsableArguments {
  @Option(help: "The relative part of the tolerance of an element.")
  var rtol = 1e-3

  @Option(help: "The absolute part of the tolerance of an element.")
  var atol = 1e-5

  func validate() throws {
    guard rtol >= 0, atol >= 0 else {
      throw ValidationError("a tolerance must not be negative")
    }
  }

  var tolerance: Tolerance { Tolerance(relative: rtol, absolute: atol) }
}

/// A list of models in place of one.
struct BatchArguments: ParsableArguments {
  @Option(
    name: .customLong("batch"),
    help: ArgumentHelp(
      "Takes models and data from a list instead, a line each: model, data and, if wanted, rtol and "
        + "atol, with tabs between them. Prints lines of JSON.", valueName: "list"),
    completion: .file())
  var list: String?

  /// Throws unless there is either a list, or one model.
  func validate(model: String?, data: String?) throws {
    if list == nil && model == nil { throw ValidationError("Missing expected argument '<model>'") }
    if list != nil && (model != nil || data != nil) {
      throw ValidationError("--batch takes the place of a model and --data")
    }
  }
}
