import Compiler
import ArgumentParser
import Driver

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the accuracy on many simulated chips over time.",
    discussion: """
      Every chip is one draw of the device model. Labels are an array y in the data; without them, \
      agreement with FP32 is what counts.
      """)

  @Argument(help: "An ONNX model, a graph as text (.aim), or a tile program (.aimc).")
  var model: String

  @Option(help: "The inputs and their labels.", completion: .file())
  var data: String

  @Option(help: ArgumentHelp("A device model of the chip, ideal or quantized.", valueName: "name"))
  var device = "hermes-tdp"

  @Option(
    help: ArgumentHelp("Times after programming, as 0,1h,1d,1y.", valueName: "times"),
    transform: readTimes)
  var times: [TimeSpan] = EvaluationPlan().times

  @Option(help: ArgumentHelp("The number of chips.", valueName: "number"))
  var seeds = 10

  @Option(help: ArgumentHelp("The first of the chips.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Leaves an effect out; may be repeated.", valueName: "effect"),
    completion: .list(effectNames))
  var without: [String] = []

  @OptionGroup var calibration: ChipCalibrationArguments
  @OptionGroup var limits: LimitArguments

  @Option(
    help: ArgumentHelp(
      "Stops when half the 95 % interval is no wider than this, in points.", valueName: "points"))
  var halfWidth: Double?

  @Option(
    help: ArgumentHelp("Does part K of N only.", valueName: "K/N"), transform: readShard)
  var shard: Shard?

  @Option(help: ArgumentHelp("Where a part goes, for aimcc merge.", valueName: "file"))
  var part: String?

  @Flag(help: "Prints which effect adds how much to the error of every product.")
  var ablate = false

  @Flag(help: "Adds one technique for the accuracy after the other, and prints what each takes.")
  var ladder = false

  @OptionGroup(title: "Files") var files: EvaluationFileArguments
  @OptionGroup(title: "Compilation") var compilation: CompilationArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    guard (1...100_000).contains(seeds) else {
      throw ValidationError("--seeds is a number from 1 to 100000")
    }
    if ladder, ablate || shard != nil || part != nil || files.csv != nil || files.svg != nil {
      throw ValidationError("--ladder goes with neither --ablate, nor parts, nor files")
    }
    if shard != nil || part != nil {
      if halfWidth != nil {
        throw ValidationError(
          "--half-width goes with neither --shard nor --part: a part cannot know when the whole is enough"
        )
      }
      if ablate {
        throw ValidationError(
          "--ablate goes with neither --shard nor --part: it is of the first chip alone, and parts do not "
            + "hold it; run it by itself")
      }
    }
    guard Set(times.map(\.seconds)).count == times.count else {
      throw ValidationError("--times names a time twice")
    }
    if let halfWidth, !(halfWidth > 0) { throw ValidationError("--half-width is above 0") }
    try Usage(command: "evaluate", device: DeviceName(device), file: model).requireEffects()
  }

  func run() throws {
    var options = DeviceOptions(DeviceName(device))
    options.without = without
    options.limits = limits.limits
    options.seed = seed
    var plan = EvaluationPlan()
    plan.times = times
    plan.seeds = seeds
    plan.firstSeed = seed
    plan.halfWidth = halfWidth.map { $0 / 100 }
    plan.routine = calibration.correct
    plan.calibrations = calibration.calibrateAt
    if let shard { plan.shard = (shard.part, shard.of) }
    var compiling = compilation.options
    if chipCorrectsItself { compiling.accuracy.routine = calibration.correct ?? .global }
    if ladder {
      return try runLadder(
        model: model, data: data, device: options, plan: plan, options: compiling,
        json: printing.json, console: printing.console
      ).leave()
    }
    var files = files.files
    files.part = part
    try runEvaluate(
      model: model, data: data, device: options, plan: plan, options: compiling,
      files: files, ablates: ablate, json: printing.json, console: printing.console
    ).leave()
  }
}

extension Evaluate {
  /// Whether nothing is said of what corrects chips, so that their own drift compensation does: with
  /// `--accuracy` and `--ladder` that is a step of its own.
  private var chipCorrectsItself: Bool {
    compilation.accuracy.routine == nil && compilation.accuracy.accuracy == nil && !ladder
      && DeviceName(device).hasDevices
  }
}

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts the parts of an evaluation together.")

  @Argument(help: "Files that aimcc evaluate --shard K/N --part FILE has written.")
  var parts: [String]

  @OptionGroup(title: "Files") var files: EvaluationFileArguments
  @OptionGroup(title: "Output") var printing: ListArguments

  func run() throws {
    try runMerge(
      parts: parts, files: files.files, json: printing.json, console: printing.console
    ).leave()
  }
}

/// Part K of N.
struct Shard: Sendable {
  var part: Int
  var of: Int
}

/// Files beside standard output.
struct EvaluationFileArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Writes a table of comma-separated values.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Writes a plot.", valueName: "file"))
  var svg: String?

  var files: EvaluationFiles { EvaluationFiles(csv: csv, svg: svg) }
}

/// When and how simulated chips are calibrated.
struct ChipCalibrationArguments: ParsableArguments {
  @Option(
    help: "What is corrected on the chip, instead of what the program says.",
    transform: readRoutine)
  var correct: Routine?

  @Option(
    help: ArgumentHelp(
      "When the chip is calibrated; without it, before every use.", valueName: "times"),
    transform: readTimes)
  var calibrateAt: [TimeSpan]?
}

/// Reads `K/N`.
func readShard(_ text: String) throws -> Shard {
  let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
  guard parts.count == 2, let part = parts[0], let of = parts[1], of >= 1, part >= 1, part <= of
  else { throw ValidationError("a shard is K/N, with K from 1 to N") }
  return Shard(part: part, of: of)
}

/// Reads times separated by commas.
func readTimes(_ text: String) throws -> [TimeSpan] {
  try text.split(separator: ",", omittingEmptySubsequences: false).map {
    guard let time = TimeSpan(String($0)) else {
      throw ValidationError("\"\($0)\" is no time; times are such as 0, 30s, 10min, 1h, 1d or 1y")
    }
    return time
  }
}

/// Reads the name of a routine.
func readRoutine(_ text: String) throws -> Routine {
  guard let routine = Routine.allCases.first(where: { "\($0)" == text }) else {
    throw ValidationError(
      "there is no routine \"\(text)\", but: "
        + Routine.allCases.map { "\($0)" }.joined(separator: ", "))
  }
  return routine
}
