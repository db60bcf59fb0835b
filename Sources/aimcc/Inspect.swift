import ArgumentParser
import Compiler
import Driver

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is in a model or in a tile program.",
    usage: "aimcc inspect [<options>] <file>",
    discussion: "Example: aimcc inspect model.onnx")

  @Argument(help: "An ONNX model, or a tile program (.aimc).", completion: .file())
  var file: String

  @OptionGroup(title: "Chip") var chip: ChipArguments
  @OptionGroup(title: "Inputs of the network") var sizes: SizeArguments
  @OptionGroup(title: "Output") var form: AssemblyArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    if form.asm && printing.json { throw ValidationError("--asm and --json exclude each other") }
    if form.asm && printing.wide {
      throw ValidationError("--asm prints no table; leave out --wide")
    }
    try OptionUsage("inspect", file: file).requireEffects()
  }

  func run() throws {
    var options = CompileOptions()
    chip.set(&options)
    options.sizes = sizes.given
    try runInspect(
      file: file, asm: form.asm, options: options, json: printing.json, console: printing.console
    ).leave()
  }
}

/// How a program is shown.
struct AssemblyArguments: ParsableArguments {
  @Flag(help: "Prints the program as assembly text.")
  var asm = false
}
