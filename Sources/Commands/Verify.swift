import ArgumentParser
import Compiler
import Driver

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compiles and simulates a network, and compares its outputs with the reference.",
    discussion: """
      Without --data, the test_data_set_N folders or the test.npz beside the model are used, and \
      without those, synthetic inputs. Exit code 2 if an output departs.

      Example: aimcc verify model.onnx --data test.npz --device quantized
      """)

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String?

  @OptionGroup(title: "Verification") var inputs: VerificationDataArguments
  @OptionGroup(title: "Verification") var batch: BatchArguments
  @OptionGroup(title: "Simulated chip") var simulated: DeviceArguments
  @OptionGroup var compilation: CompilationArguments<ForVerify>
  @OptionGroup(title: "Output") var printing: OutputArguments
  @OptionGroup(title: "Expert options") var device: DeviceExpertArguments
  @OptionGroup(title: "Expert options") var expert: ExpertArguments<ForVerify>

  func validate() throws {
    try batch.validate(model: model, data: inputs.data)
    if batch.list != nil && printing.wide {
      throw ValidationError("--batch prints lines of JSON; leave out --wide")
    }
    try OptionUsage(
      "verify", file: model, device: simulated.name(.ideal), options: compilation.options(expert)
    ).requireEffects()
  }

  func run() throws {
    let options = compilation.options(expert)
    let device = simulated.options(.ideal, device)
    if let list = batch.list {
      try runVerify(batch: list, device: device, options: options, console: printing.console)
        .leave()
    } else if let model {
      try runVerify(
        model: model, data: inputs.data, device: device, options: options, json: printing.json,
        console: printing.console
      ).leave()
    }
  }
}

/// What a network is verified with.
struct VerificationDataArguments: ParsableArguments {
  @Option(help: "Inputs, and outputs to compare with.", completion: .file())
  var data: String?
}
