import ArgumentParser
import Compiler
import Driver

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluates a network in its own precision, without a chip.",
    usage: "aimcc run [<options>] <model> --data <data>",
    discussion: """
      This is the reference that verify compares with.

      Example: aimcc run model.onnx --data test.npz --output results
      """)

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String?

  @OptionGroup(title: "Inputs of the network") var inputs: ReferenceDataArguments
  @OptionGroup(title: "Inputs of the network") var batch: BatchArguments
  @OptionGroup(title: "Inputs of the network") var sizes: SizeArguments
  @OptionGroup(title: "Comparison") var comparison: ComparisonArguments
  @OptionGroup(title: "Output") var results: ReferenceOutputArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    let (output, dumpAll) = (results.outputs.output, results.dumpAll)
    try batch.validate(model: model, data: inputs.data)
    if batch.list != nil && printing.wide {
      throw ValidationError("--batch prints lines of JSON; leave out --wide")
    }
    if batch.list == nil && inputs.data == nil {
      throw ValidationError("Missing option '--data <data>'")
    }
    if batch.list != nil && output != nil {
      throw ValidationError("--output goes with one model, not with --batch")
    }
    if batch.list != nil && dumpAll != nil {
      throw ValidationError("--dump-all goes with one model, not with --batch")
    }
    try OptionUsage("run").requireEffects()
  }

  func run() throws {
    if let list = batch.list {
      try runReference(
        batch: list, sizes: sizes.given, tolerance: comparison.elements.tolerance,
        console: printing.console
      ).leave()
    } else if let model, let data = inputs.data {
      try runReference(
        model: model, data: data, sizes: sizes.given, output: results.outputs.output,
        dumpAll: results.dumpAll, check: comparison.tolerance, json: printing.json,
        console: printing.console
      ).leave()
    }
  }
}

/// What a network is evaluated on.
struct ReferenceDataArguments: ParsableArguments {
  @Option(help: "Inputs.", completion: .file())
  var data: String?
}

/// What the evaluation of a network writes.
struct ReferenceOutputArguments: ParsableArguments {
  @OptionGroup var outputs: ResultFileArguments

  @Option(
    help: ArgumentHelp(
      "Folder for every value of the first inference as an NPY file.", valueName: "path"),
    completion: .directory)
  var dumpAll: String?
}
