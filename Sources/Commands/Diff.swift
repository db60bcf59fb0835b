import ArgumentParser
import Driver

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says in words how two tile programs differ.",
    discussion: """
      Exit code 2 if they do.

      Example: aimcc diff before.aimc after.aimc
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var first: String

  @Argument(help: "The program to compare it with.", completion: .file(extensions: ["aimc"]))
  var second: String

  @OptionGroup(title: "Output") var printing: ListArguments

  func run() throws {
    try runDiff(first, second, json: printing.json, console: printing.console).leave()
  }
}
