import ArgumentParser
import Compiler
import Driver

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

struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compiles a network to a tile program.",
    discussion: """
      Writes NAME.aimc into the current folder and reports where every layer runs. With --emit, the \
      product of a pass goes to standard output, or to the file given with -o.

      Example: aimcc compile model.onnx --calibrate typical.npz --accuracy 99%
      """)

  @Argument(
    help: "An ONNX model, a graph as text (.aim), or the assembly of a program (.asm).",
    completion: .file())
  var model: String

  @OptionGroup var compilation: CompilationArguments<ForCompile>
  @OptionGroup(title: "Output") var product: ProductArguments
  @OptionGroup(title: "Output") var printing: OutputArguments
  @OptionGroup(title: "Expert options") var passes: PassArguments
  @OptionGroup(title: "Expert options") var expert: ExpertArguments<ForCompile>

  func validate() throws {
    let (emit, output, plan) = (product.emit, product.output, product.plan)
    if passes.stopAfter != nil && emit != .program {
      throw ValidationError("--emit already stops after its pass; leave out --stop-after")
    }
    if plan && (emit != .program || passes.stopAfter != nil || output != nil) {
      throw ValidationError("--plan writes no file; leave out --emit, --stop-after and -o")
    }
    if isAssemblyFile(model) && ![.program, .svg].contains(emit) {
      throw ValidationError(
        "of assembly --emit writes the program or its floorplan; give program or svg")
    }
    if (printing.json || printing.wide) && (emit != .program || output == "-") {
      throw ValidationError(
        "\(printing.json ? "--json" : "--wide") is about the report, which is not printed beside the product"
      )
    }
    var usage = OptionUsage("compile", file: model, options: compilation.options(expert))
    usage.passes = Pass.upTo(passes.stopAfter ?? emit.pass)
    usage.isPlan = plan
    try usage.requireEffects()
  }

  func run() throws {
    var options = compilation.options(expert)
    options.printAfter = passes.printed
    options.stopAfter = passes.stopAfter ?? options.stopAfter
    options.dumpFolder = passes.dumpDir
    options.plan = product.plan
    try runCompile(
      model: model, output: product.output, emit: product.emit, options: options,
      json: printing.json, console: printing.console
    ).leave()
  }
}

/// What `compile` writes.
struct ProductArguments: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("File to write; - is standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Only finds the mapping, from shapes alone, and prints it.")
  var plan = false

  @Option(help: ArgumentHelp("Product to write.", valueName: "product"))
  var emit = Emission.program
}

/// What becomes of the products of passes.
struct PassArguments: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Prints the product of a pass, or of all, to standard error. (may be repeated)",
      valueName: "pass|all"),
    completion: .list(["all"] + Pass.all.map(\.name)))
  var printAfter: [String] = []

  @Option(
    help: ArgumentHelp(
      "Writes the product of every pass into a folder, as text to go on from.",
      valueName: "folder"),
    completion: .directory)
  var dumpDir: String?

  @Option(
    help: ArgumentHelp("Stops after a pass, without writing a program.", valueName: "pass"))
  var stopAfter: Pass?

  func validate() throws {
    for name in printAfter where name != "all" && Pass(named: name) == nil {
      throw ValidationError("there is no pass \"\(name)\" (see aimcc passes)")
    }
  }

  /// The passes whose products are printed.
  var printed: Set<Pass> {
    Set(printAfter.flatMap { $0 == "all" ? Pass.all : [Pass(named: $0)].compactMap { $0 } })
  }
}
