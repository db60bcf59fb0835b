import ArgumentParser
import Compiler
import Driver

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Proves that a tile program computes its network.",
    discussion: """
      Takes the options that changed the network when it was compiled, with the same data. Exit code \
      2 if there is no proof.

      Example: aimcc check model.aimc model.onnx
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String

  @OptionGroup(title: "Chip") var faults: FaultMapArguments
  @OptionGroup(title: "Inputs of the network") var data: CalibrationDataArguments
  @OptionGroup(title: "Inputs of the network") var sizes: SizeArguments
  @OptionGroup(title: "Options that the program was compiled with")
  var changes: TableArguments<ForCheck, Whole>
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    var usage = OptionUsage("check", file: model, options: options)
    usage.passes = Pass.upTo(.lastOverNetwork)
    try usage.requireEffects()
  }

  func run() throws {
    try runCheck(
      program: program, model: model, options: options, json: printing.json,
      console: printing.console
    ).leave()
  }

  private var options: CompileOptions {
    var options = CompileOptions()
    options.sizes = sizes.given
    options.faultMap = faults.faultMap
    options.calibrate = data.calibrate
    changes.set(&options)
    return options
  }
}
