import ArgumentParser
import Driver

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Proves a tile program against its network.",
    discussion: """
      Takes the options that changed the network when it was compiled, with the same data. Exit code 2 \
      if there is no proof.
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String

  @OptionGroup(title: "Compilation") var changes: NetworkChangeArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws { try Usage(command: "check", file: program).requireEffects() }

  func run() throws {
    try runCheck(
      program: program, model: model, options: changes.options, json: printing.json,
      console: printing.console
    ).leave()
  }
}

/// What changes the network before it is cut into blocks.
struct NetworkChangeArguments: ParsableArguments {
  @OptionGroup var sizes: SizeArguments

  @Option(
    help: ArgumentHelp("Data whose inputs are typical.", valueName: "data"), completion: .file())
  var calibrate: String?

  @Flag(help: "Scale was moved between channels and the weights that read them.")
  var smooth = false

  @Flag(help: "The mean of every input channel of a product was subtracted.")
  var center = false

  @Option(help: ArgumentHelp("Columns were repeated in N times the crossbars.", valueName: "N"))
  var copies = 0

  @Flag(help: "The last copy was kept for what programming makes wrong in the others.")
  var residual = false

  @Flag(help: "Rows were repeated.")
  var rowCopies = false

  @Flag(help: "Convolutions compute several positions from one vector.")
  var widen = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("The host computes a layer; may be repeated.", valueName: "layer"))
  var digital: [String] = []

  func validate() throws {
    guard (0...1000).contains(copies) else {
      throw ValidationError("--copies is a number from 0 to 1000")
    }
    if residual && copies == 0 {
      throw ValidationError("--residual needs --copies, of which it takes the last")
    }
  }

  var options: CompileOptions {
    var options = CompileOptions()
    options.sizes = sizes.given
    options.calibrate = calibrate
    options.accuracy.smooths = smooth
    options.accuracy.centers = center
    options.accuracy.copies = copies
    options.accuracy.residual = residual
    options.accuracy.copiesRows = rowCopies
    options.mapping.widens = widen
    options.mapping.digital = digital
    return options
  }
}
