import ArgumentParser
import Driver

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is in a model or in a tile program.")

  @Argument(help: "An ONNX model, or a tile program (.aimc).", completion: .file())
  var file: String

  @Flag(help: "Prints the program as assembly text.")
  var asm = false

  @OptionGroup(title: "Compilation of a model") var sizes: SizeArguments

  @Option(help: "A preset (see aimcc chips), or the path of a chip file.", completion: .file())
  var chip = "hermes"

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Changes a figure of the chip; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    if asm && printing.json { throw ValidationError("--asm and --json exclude each other") }
    try Usage(command: "inspect", file: file).requireEffects()
  }

  func run() throws {
    var options = CompileOptions()
    options.chip = chip
    options.settings = settings
    options.sizes = sizes.given
    try runInspect(
      file: file, asm: asm, options: options, json: printing.json, console: printing.console
    ).leave()
  }
}
