import ArgumentParser
import Compiler
import Driver

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a page about a tile program: chips, layers, times, energy, accuracy.",
    usage: "aimcc report [<options>] <program>",
    discussion: """
      The page is one file that asks for nothing from elsewhere. Any browser shows it.

      Example: aimcc report model.aimc --evaluation accuracy.json -o report.html
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "What evaluate --json has printed, to be shown too. (may be repeated)", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var evaluation: [String] = []

  @OptionGroup(title: "Simulation") var limit: LimitArguments
  @OptionGroup(title: "Output") var page: PageArguments

  func run() throws {
    try runReport(
      program: program, evaluations: evaluation, output: page.output, limits: limit.limits,
      console: Console()
    ).leave()
  }
}

/// Where a page goes.
struct PageArguments: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp(
      "File to write; - is standard output. (default: NAME.html in the current folder)",
      valueName: "file"),
    completion: .file(extensions: ["html"]))
  var output: String?
}
