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

  @Option(
    name: .customLong("dim"), parsing: .singleValue,
    help: ArgumentHelp(
      "Gives a dimension that the model leaves open its size; may be repeated.",
      valueName: "name=size"))
  var dimensions: [DimensionSize] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A folder for the outputs as NPY files, or an NPZ file.", valueName: "path"),
    completion: .directory)
  var output: String?

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
  }

  func run() throws {
    if let list = batch.list {
      try runReference(
        batch: list, dimensions: dimensions, tolerance: comparison.tolerance,
        console: printing.console
      ).leave()
    } else if let model, let data {
      try runReference(
        model: model, data: data, dimensions: dimensions, output: output,
        check: check ? comparison.tolerance : nil, json: printing.json, console: printing.console
      ).leave()
    }
  }
}
