import ArgumentParser
import Driver

struct Operators: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the operators that models may use, and where they run.",
    discussion: "Example: aimcc operators")

  @Flag(help: "Prints the page Specs/operators.md.")
  var markdown = false

  @OptionGroup(title: "Output") var printing: ListArguments

  func validate() throws {
    if markdown && printing.json {
      throw ValidationError("--markdown and --json exclude each other")
    }
    if markdown && printing.wide {
      throw ValidationError("--markdown prints a page; leave out --wide")
    }
  }

  func run() throws {
    try runOperators(markdown: markdown, json: printing.json, console: printing.console).leave()
  }
}
