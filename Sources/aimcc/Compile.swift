import Compiler
import ArgumentParser
import Driver

struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compiles a network to a tile program.",
    discussion: """
      Writes NAME.aimc into the current folder and prints what became of every layer. With --emit, \
      the product of a pass goes to standard output instead, or to the file given with -o.
      """)

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup(title: "Compilation") var compilation: CompilationArguments

  @Option(help: "What the random choices of the search for places start from.")
  var seed: UInt64 = 1

  @Option(help: "What is written.")
  var emit = Emission.program

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Prints the product of a pass, or of all, to standard error; may be repeated.",
      valueName: "pass|all"),
    completion: .list(["all"] + Pass.all.map(\.name)))
  var printAfter: [String] = []

  @Option(help: "Stops after a pass, without writing a program.")
  var stopAfter: Pass?

  @Flag(help: "Finds the mapping from shapes alone and prints it; no data, no weights, no program.")
  var plan = false

  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    for name in printAfter where name != "all" && Pass(named: name) == nil {
      throw ValidationError("there is no pass \"\(name)\" (see aimcc passes)")
    }
    if stopAfter != nil && emit != .program {
      throw ValidationError("--emit already stops after its pass; leave out --stop-after")
    }
    if plan && (emit != .program || stopAfter != nil || output != nil) {
      throw ValidationError("--plan writes no file; leave out --emit, --stop-after and -o")
    }
    if printing.json && (emit != .program || output == "-") {
      throw ValidationError("--json prints the report, which is not printed beside the product")
    }
    try Usage(
      command: "compile", file: model,
      lastPass: plan ? .place : stopAfter ?? emit.pass
    ).requireEffects()
  }

  func run() throws {
    var options = compilation.options
    options.printAfter = Set(
      printAfter.flatMap { $0 == "all" ? Pass.all : [Pass(named: $0)].compactMap { $0 } })
    options.stopAfter = stopAfter ?? options.stopAfter
    options.plan = plan
    options.mapping.seed = seed
    try runCompile(
      model: model, output: output, emit: emit, options: options, json: printing.json,
      console: printing.console
    ).leave()
  }
}
