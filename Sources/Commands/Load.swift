import ArgumentParser
import Compiler
import Driver

struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Loads a tile program onto a device, and runs inferences there.",
    usage: "aimcc load <program> --device <socket> [<options>]",
    discussion: """
      What the device has of the program already is not sent again, and nothing is programmed twice: \
      after a lost link, the same command goes on.

      Example: aimcc load model.aimc --device chip.socket --data test.npz -o results.npz
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @OptionGroup var link: LinkArguments
  @OptionGroup var age: DeviceTimeArguments

  @Option(help: "Inputs to run.", completion: .file())
  var data: String?

  @OptionGroup(title: "Comparison") var comparison: ComparisonArguments
  @OptionGroup(title: "Output") var results: ResultFileArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws { try OptionUsage("load").requireEffects() }

  func run() throws {
    try runLoad(
      program: program, device: link.device, time: age.time, data: data, output: results.output,
      check: comparison.tolerance, json: printing.json, console: printing.console
    ).leave()
  }
}
