import ArgumentParser
import Driver

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluates a network in its own precision, without a chip.",
    discussion: "This is the reference that verify compares with.")

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String?

  @Option(help: "The inputs.", completion: .file())
  var data: String?

  @OptionGroup(title: "Many models") var batch: BatchArguments

  @OptionGroup var sizes: SizeArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A folder for the outputs as NPY files, or an NPZ file.", valueName: "path"),
    completion: .directory)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A folder for every value of the first inference as an NPY file, by its name.",
      valueName: "path"), completion: .directory)
  var dumpAll: String?

  @Flag(help: "Compares with the outputs that the data hold; exit code 2 if they differ.")
  var check = false

  @OptionGroup(title: "Comparison") var comparison: ToleranceArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    try batch.validate(model: model, data: data)
    if batch.list == nil && data == nil { throw ValidationError("Missing option '--data <data>'") }
    if batch.list != nil && output != nil {
      throw ValidationError("--output goes with one model, not with --batch")
    }
    if batch.list != nil && dumpAll != nil {
      throw ValidationError("--dump-all goes with one model, not with --batch")
    }
    try Usage(command: "run", file: model).requireEffects()
  }

  func run() throws {
    if let list = batch.list {
      try runReference(
        batch: list, sizes: sizes.given, tolerance: comparison.tolerance,
        console: printing.console
      ).leave()
    } else if let model, let data {
      try runReference(
        model: model, data: data, sizes: sizes.given, output: output, dumpAll: dumpAll,
        check: check ? comparison.tolerance : nil, json: printing.json, console: printing.console
      ).leave()
    }
  }
}
