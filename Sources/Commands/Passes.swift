import ArgumentParser
import Driver

struct Passes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the passes of the compiler in their order.",
    discussion: "Example: aimcc passes --json")

  @OptionGroup(title: "Output") var printing: ListArguments

  func run() throws { try runPasses(json: printing.json, console: printing.console).leave() }
}
