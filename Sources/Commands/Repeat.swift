import ArgumentParser
import Driver

struct Repeat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Does an evaluation again from its JSON, and compares all values.",
    discussion: """
      Ends with 0 if all values are the same, with 2 if one differs. Files with another content and \
      another version of aimcc are told.

      Example: aimcc repeat e.json
      """)

  @Argument(
    help: "A file that aimcc evaluate --json, merge --json or sweep has written.",
    completion: .file(extensions: ["json"]))
  var evaluation: String

  @OptionGroup(title: "Output") var printing: OutputArguments

  func run() throws {
    try runRepeat(
      evaluation, parser: .ofEvaluate, json: printing.json, console: printing.console
    ).leave()
  }
}
