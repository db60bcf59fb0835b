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
  @OptionGroup(title: "Chip") var chip: ChipArguments
  @OptionGroup(title: "Mapping") var mapping: TableArguments<ForOpt, CommonMapping>
  @OptionGroup(title: "Accuracy") var accuracy: TableArguments<ForOpt, CommonAccuracy>
  @OptionGroup(title: "Output") var target: TextOutputArguments
  @OptionGroup(title: "Expert options") var expert: TableArguments<ForOpt, Expert>

  func validate() throws {
    try options.requireAgreement()
    try Usage(command: "opt", file: graph, textPasses: chosen.selection()).requireEffects()
  }

  func run() throws {
    try runOpt(
      graph: graph, passes: chosen.selection(), options: options, output: target.output,
      console: Console(quiet: target.quiet)
    ).leave()
  }

  private var options: CompileOptions {
    var options = CompileOptions()
    chip.set(&options)
    mapping.set(&options)
    accuracy.set(&options)
    expert.set(&options)
    options.calibrate = chosen.calibrate
    options.timing = target.timing
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

  @Option(
    help: ArgumentHelp(
      "Data as the network will meet them, for passes that read some.", valueName: "data"),
    completion: .file())
  var calibrate: String?

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

  @Flag(help: "Prints the time of each pass.")
  var timing = false

  @Flag(name: .shortAndLong, help: "Leaves out notes and progress.")
  var quiet = false
}
