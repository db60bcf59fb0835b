import ArgumentParser
import Driver

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is in a model or in a tile program.")

  @Argument(help: "An ONNX model, or a tile program (.aimc).", completion: .file())
  var file: String

  @Flag(help: "Prints the program as assembly text.")
  var asm = false

  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    if asm && printing.json { throw ValidationError("--asm and --json exclude each other") }
  }

  func run() throws {
    try runInspect(file: file, asm: asm, json: printing.json, console: printing.console).leave()
  }
}
