import ArgumentParser
import Compiler
import Driver

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the accuracy on many simulated chips over time.",
    discussion: """
      Every chip is one draw of the device model. The labels are the array y of the data; without \
      labels, chips are compared with FP32: by class, cosine or rank.

      Example: aimcc evaluate model.onnx --data test.npz --accuracy 99% --times 1d,1y
      """)

  @Argument(help: "An ONNX model, a graph as text (.aim), or a tile program (.aimc).")
  var model: String

  @OptionGroup(title: "Evaluation") var evaluation: EvaluationArguments
  @OptionGroup var compilation: CompilationArguments<ForEvaluate>
  @OptionGroup(title: "Output") var files: EvaluationFileArguments
  @OptionGroup(title: "Output") var printing: OutputArguments
  @OptionGroup(title: "Expert options") var parts: PartArguments
  @OptionGroup(title: "Expert options") var device: DeviceExpertArguments
  @OptionGroup(title: "Expert options") var expert: ExpertArguments<ForEvaluate>

  func validate() throws {
    let (ablate, ladder) = (evaluation.ablate, evaluation.ladder)
    if ladder, ablate || parts.isGiven || files.csv != nil || files.svg != nil {
      throw ValidationError("--ladder goes with neither --ablate, nor parts, nor files")
    }
    if parts.isGiven && parts.halfWidth != nil {
      throw ValidationError(
        "--half-width goes with neither --shard nor --part: a part cannot know when the whole is enough"
      )
    }
    if parts.isGiven && ablate {
      throw ValidationError(
        "--ablate goes with neither --shard nor --part: it is of the first chip alone, and parts do not "
          + "hold it; run it by itself")
    }
    try usage.requireEffects()
  }

  func run() throws {
    let request = request
    if request.climbs {
      return try runLadder(
        request, resume: parts.resume, json: printing.json, console: printing.console
      ).leave()
    }
    var files = files.files
    files.part = parts.part
    files.resume = parts.resume
    try runEvaluate(request, files: files, json: printing.json, console: printing.console).leave()
  }

  /// The evaluation that the arguments describe.
  var request: EvaluationRequest {
    var options = DeviceOptions(evaluation.deviceName)
    options.without = device.effects.without
    options.programsByPulses = device.effects.pulses
    options.programsByGradient = device.effects.gradient
    options.faults = device.effects.faults
    options.limits = device.limits.limits
    options.seed = evaluation.seed
    var plan = evaluation.plan
    plan.halfWidth = parts.halfWidth.map { $0 / 100 }
    plan.routine = device.calibration.correct
    plan.calibrations = device.calibration.calibrateAt
    plan.following = device.calibration.following
    if let shard = parts.shard { plan.shard = (shard.part, shard.of) }
    var compiling = compilation.options(expert)
    if chipCorrectsItself {
      compiling.accuracy.routine = device.calibration.correct ?? .global
    }
    var request = EvaluationRequest(
      model: model, data: evaluation.data, device: options, plan: plan, options: compiling,
      command: Invocation.arguments)
    (request.ablates, request.climbs) = (evaluation.ablate, evaluation.ladder)
    return request
  }

  private var usage: OptionUsage {
    OptionUsage(
      "evaluate", file: model, device: evaluation.deviceName, options: compilation.options(expert))
  }

  /// Whether nothing is said of what corrects chips, so that their own drift compensation does: with
  /// `--accuracy` and `--ladder` that is a step of its own.
  private var chipCorrectsItself: Bool {
    usage.hasDevices && !usage.has("routine", "accuracy", "ladder")
  }
}

/// What is evaluated, and on which chips.
struct EvaluationArguments: ParsableArguments {
  @Option(help: "Inputs and their labels.", completion: .file())
  var data: String

  @Option(
    help: ArgumentHelp(
      "A device model of the chip, ideal or quantized. (default: the chip's own device model)",
      valueName: "name"), completion: .list(["ideal", "quantized"]))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "Times after programming. (default: \(Self.usualTimes))", valueName: "times"),
    transform: readTimes)
  var times: [TimeSpan] = EvaluationPlan().times

  @Option(help: ArgumentHelp("Number of chips.", valueName: "number"))
  var seeds = 10

  @Option(help: ArgumentHelp("Number of the first chip.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(help: "Prints how much of the error of every layer each effect causes.")
  var ablate = false

  @Flag(help: "Adds the techniques for accuracy one by one, and prints gain and cost of each.")
  var ladder = false

  func validate() throws {
    guard (1...100_000).contains(seeds) else {
      throw ValidationError("--seeds is a number from 1 to 100000")
    }
    guard Set(times.map(\.seconds)).count == times.count else {
      throw ValidationError("--times names a time twice")
    }
  }

  private static let usualTimes = EvaluationPlan().times.map(\.description).joined(separator: ",")

  var deviceName: DeviceName { device.map { DeviceName($0) } ?? .own }

  /// The times and chips.
  var plan: EvaluationPlan {
    var plan = EvaluationPlan()
    plan.times = times
    plan.seeds = seeds
    plan.firstSeed = seed
    return plan
  }
}

/// How much of an evaluation is done.
struct PartArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Stops when half the 95 % interval of the accuracy is no wider than this, in points.",
      valueName: "points"))
  var halfWidth: Double?

  @Option(
    help: ArgumentHelp("Evaluates part K of N only.", valueName: "K/N"), transform: readShard)
  var shard: Shard?

  @Option(help: ArgumentHelp("File for the part, which aimcc merge reads.", valueName: "file"))
  var part: String?

  @Option(
    help: ArgumentHelp(
      "Keeps what is done in a file, and begins with what it holds.", valueName: "file"),
    completion: .file())
  var resume: String?

  func validate() throws {
    if let halfWidth, !(halfWidth > 0) { throw ValidationError("--half-width is above 0") }
  }

  /// Whether the evaluation is part of a larger one.
  var isGiven: Bool { shard != nil || part != nil }
}

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts the parts of an evaluation together.",
    discussion: "Example: aimcc merge part1.json part2.json --csv accuracy.csv")

  @Argument(help: "Files that aimcc evaluate --shard K/N --part FILE has written.")
  var parts: [String]

  @OptionGroup(title: "Output") var files: EvaluationFileArguments
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

  @Option(help: ArgumentHelp("Writes a plot of accuracy over time.", valueName: "file"))
  var svg: String?

  var files: EvaluationFiles { EvaluationFiles(csv: csv, svg: svg) }
}

/// Reads `K/N`.
func readShard(_ text: String) throws -> Shard {
  let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
  guard parts.count == 2, let part = parts[0], let of = parts[1], of >= 1, part >= 1, part <= of
  else { throw ValidationError("give K/N, with K from 1 to N") }
  return Shard(part: part, of: of)
}
