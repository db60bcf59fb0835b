import Compiler
import ArgumentParser
import Driver

struct Opt: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs chosen passes over a graph: text in, text out.",
    discussion: "A file to try a pass on, or to see where a bug comes in.")

  @Argument(
    help: "A graph as text (.aim), or an ONNX model; - is standard input.", completion: .file())
  var graph: String

  @Option(
    help: ArgumentHelp(
      "The passes, in this order: \(Pass.all.map(\.name).joined(separator: ", ")).",
      valueName: "a,b,…"))
  var passes = ""

  @Option(
    help: ArgumentHelp(
      "Data whose inputs are typical, for passes that read some.", valueName: "data"),
    completion: .file())
  var calibrate: String?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("The file to write instead of standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup(title: "Chip") var chip: ChipArguments

  @OptionGroup(title: "Mapping") var mapping: MappingArguments

  @Option(help: "What the random choices of the search for places start from.")
  var seed: UInt64 = 1

  @Flag(help: "Prints the time that each pass took.")
  var timing = false

  @Flag(name: .shortAndLong, help: "Leaves out notes and progress.")
  var quiet = false

  func validate() throws {
    try Usage(command: "opt", file: graph, textPasses: selection()).requireEffects()
  }

  func run() throws {
    var options = CompileOptions()
    chip.set(&options)
    options.mapping = mapping.options
    options.mapping.seed = seed
    options.timing = timing
    options.calibrate = calibrate
    try runOpt(
      graph: graph, passes: selection(), options: options, output: output,
      console: Console(quiet: quiet)
    ).leave()
  }

  private func selection() throws -> [Pass] {
    try passes.split(separator: ",").map { name in
      guard let pass = Pass(named: String(name)) else {
        throw ValidationError("there is no pass \"\(name)\" (see aimcc passes)")
      }
      return pass
    }
  }
}
