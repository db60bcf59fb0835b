import ArgumentParser
import Driver

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluates a network in its own precision, without a chip.",
    discussion: "This is the reference that verify compares with.")

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String

  @Option(help: "The inputs.", completion: .file())
  var data: String

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

  func run() throws {
    try runReference(
      model: model, data: data, dimensions: dimensions, output: output,
      check: check ? comparison.tolerance : nil, json: printing.json, console: printing.console
    ).leave()
  }
}
