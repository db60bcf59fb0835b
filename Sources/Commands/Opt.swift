import ArgumentParser
import Compiler
import Driver

struct Opt: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs chosen passes over a graph: text in, text out.",
    discussion: """
      A tool to try a pass on, or to see where a bug comes in.

      Example: aimcc opt graph.aim --passes fold,fuse,legalize,partition
      """)

  @Argument(
    help: "A graph as text (.aim), or an ONNX model; - is standard input.", completion: .file())
  var graph: String

  @OptionGroup(title: "Passes") var chosen: TextPassArguments
  @OptionGroup(title: "Passes") var data: CalibrationDataArguments
  @OptionGroup(title: "Chip") var chip: ChipArguments
  @OptionGroup(title: "Mapping") var mapping: TableArguments<ForOpt, CommonMapping>
  @OptionGroup(title: "Accuracy") var accuracy: TableArguments<ForOpt, CommonAccuracy>
  @OptionGroup(title: "Output") var target: TextOutputArguments
  @OptionGroup(title: "Expert options") var expert: TableArguments<ForOpt, Expert>

  func validate() throws {
    var usage = OptionUsage("opt", file: graph, options: options)
    (usage.passes, usage.forcesPasses) = (try chosen.selection(), true)
    try usage.requireEffects()
  }

  func run() throws {
    try runOpt(
      graph: graph, passes: chosen.selection(), options: options, output: target.output,
      console: target.messages.console
    ).leave()
  }

  private var options: CompileOptions {
    var options = CompileOptions()
    chip.set(&options)
    mapping.set(&options)
    accuracy.set(&options)
    expert.set(&options)
    options.calibrate = data.calibrate
    options.timing = target.times.timing
    return options
  }
}

/// Which passes run over a text.
struct TextPassArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Passes to run, in this order: \(Pass.all.map(\.name).joined(separator: ", ")).",
      valueName: "a,b,…"))
  var passes = ""

  func selection() throws -> [Pass] {
    try passes.split(separator: ",").map { name in
      guard let pass = Pass(named: String(name)) else {
        throw ValidationError("there is no pass \"\(name)\" (see aimcc passes)")
      }
      return pass
    }
  }
}

/// Where the text goes that passes give.
struct TextOutputArguments: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("File to write instead of standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var times: TimingArguments
  @OptionGroup var messages: MessageArguments
}
