import ArgumentParser
import Basics
import Compiler
import Driver

extension SweepScheduler: ExpressibleByArgument {}
extension SweepCost: ExpressibleByArgument {}

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluates a grid of models, chips, devices and options, here or on a cluster.",
    discussion: """
      Does the runs that are not in the folder yet, then prints what all of them gave. Runs are \
      evaluations as aimcc evaluate does them; whatever does them, the results are the same.

      Example: aimcc sweep sweep.yaml -o results --csv results.csv --svg pareto.svg
      Example: aimcc sweep sweep.yaml -o results --script slurm | sbatch
      """)

  @Argument(
    help: "A file that describes the grid (aimcc help sweeps).",
    completion: .file(extensions: ["yaml"]))
  var sweep: String

  @OptionGroup(title: "Runs") var work: SweepWorkArguments
  @OptionGroup(title: "Output") var files: SweepFileArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    let modes = [
      ("--list", work.list), ("--run", work.run != nil), ("--script", work.script != nil),
      ("--collect", work.collect),
    ].filter(\.1).map(\.0)
    if modes.count > 1 {
      throw ValidationError("\(modes.joined(separator: " and ")) do different things: give one")
    }
    if files.output == nil && !work.list {
      throw ValidationError("give --output, the folder of the results; --list needs none")
    }
    if let mode = modes.first, work.jobs != nil {
      throw ValidationError("--jobs: \(mode) does not spread runs over processors")
    }
    if let mode = modes.first, mode != "--collect", files.csv != nil || files.svg != nil {
      throw ValidationError("\(mode) puts no results together: leave out --csv and --svg")
    }
    if files.over != nil && files.svg == nil {
      throw ValidationError("--over: nothing is drawn; give --svg")
    }
    if ["--script", "--run"].contains(modes.first ?? ""), printing.json || printing.wide {
      throw ValidationError("\(modes[0]) prints no results: leave out --json and --wide")
    }
  }

  func run() throws {
    var outputs = SweepFiles(folder: files.output, csv: files.csv, svg: files.svg)
    outputs.cost = files.over ?? .energy
    try runSweep(
      sweep, work.work, files: outputs, parser: .ofEvaluate, json: printing.json,
      console: printing.console
    ).leave()
  }
}

/// Which runs of a sweep are done, and where.
struct SweepWorkArguments: ParsableArguments {
  @Flag(help: "Lists the runs instead.")
  var list = false

  @Option(
    help: ArgumentHelp(
      "Runs at a time. (default: one a processor)", valueName: "number"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "Does run K alone, or part K of N of the runs, as for jobs of an array.",
      valueName: "K|K/N"), transform: readRun)
  var run: Shard?

  @Option(
    help: ArgumentHelp(
      "Prints the script of an array job for the runs that are not done.",
      valueName: "scheduler"))
  var script: SweepScheduler?

  @Flag(help: "Does no run, and prints what those that are done gave.")
  var collect = false

  func validate() throws {
    if let jobs, !(1...4096).contains(jobs) {
      throw ValidationError("--jobs is a number from 1 to 4096")
    }
  }

  var work: SweepWork {
    if list { return .list }
    if collect { return .collect }
    if let script { return .script(script) }
    if let run { return run.of == 0 ? .one(run.part) : .part(run.part, of: run.of) }
    return .run(jobs: jobs)
  }
}

/// Reads `K`, as a part of none, or `K/N`.
func readRun(_ text: String) throws -> Shard {
  if let number = Int(text), number > 0 { return Shard(part: number, of: 0) }
  return try readShard(text)
}

/// Where the results of a sweep go.
struct SweepFileArguments: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Folder of the results, a file for each run.", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Option(help: ArgumentHelp("Writes a table of comma-separated values.", valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Writes a plot of accuracy over cost, with the points that no other beats.",
      valueName: "file"))
  var svg: String?

  @Option(
    help: ArgumentHelp(
      "The cost, of the chip alone with chip-. (default: energy)",
      valueName: "cost"))
  var over: SweepCost?
}

/// The options of `evaluate` that a sweep may give, each checked alone.
private struct SweepValues: ParsableArguments {
  @OptionGroup var compilation: CompilationArguments<ForEvaluate>
  @OptionGroup var device: DeviceExpertArguments
  @OptionGroup var expert: ExpertArguments<ForEvaluate>
  @Option var halfWidth: Double?
}

extension EvaluationParser {
  /// The parser of `aimcc evaluate`.
  static let ofEvaluate = EvaluationParser(
    faultOfWords: { words in
      do {
        _ = try SweepValues.parse(words)
        return nil
      } catch { return SweepValues.message(for: error) }
    },
    request: { words in
      try Invocation.$arguments.withValue(words) {
        do { return try Evaluate.parse(Array(words.dropFirst())).request } catch {
          throw Diagnostics(Diagnostic(.error, Evaluate.message(for: error)))
        }
      }
    })
}
