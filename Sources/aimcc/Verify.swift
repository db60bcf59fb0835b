import ArgumentParser
import Driver

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compiles, simulates, and compares with the reference and with expected outputs.",
    discussion: """
      Without --data, the test_data_set_N folders or the test.npz beside the model are used, and \
      without those, synthetic inputs. Exit code 2 if an output departs.
      """)

  @Argument(help: "An ONNX model, or a graph as text (.aim).", completion: .file())
  var model: String?

  @Option(help: "The inputs, and outputs to compare with.", completion: .file())
  var data: String?

  @OptionGroup(title: "Many models") var batch: BatchArguments
  @OptionGroup(title: "Device") var simulated: DeviceArguments
  @OptionGroup(title: "Compilation") var compilation: CompilationArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    try batch.validate(model: model, data: data)
    try Usage(command: "verify", device: simulated.name(.ideal), file: model).requireEffects()
  }

  func run() throws {
    let device = simulated.options(.ideal)
    if let list = batch.list {
      try runVerify(
        batch: list, device: device, options: compilation.options, console: printing.console
      ).leave()
    } else if let model {
      try runVerify(
        model: model, data: data, device: device, options: compilation.options,
        json: printing.json, console: printing.console
      ).leave()
    }
  }
}
