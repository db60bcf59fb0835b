import ArgumentParser
import Driver

/// How the results of commands that have no notes are printed.
struct ListArguments: ParsableArguments {
  @Flag(help: "Prints the results as JSON instead of tables.")
  var json = false

  @Flag(help: "Shows all columns and details, in lines of any length.")
  var wide = false

  var console: Console { Console(wide: wide) }

  func validate() throws {
    if json && wide { throw ValidationError("--json prints no tables; leave out --wide") }
  }
}

/// In which form short results are printed.
struct JSONArguments: ParsableArguments {
  @Flag(help: "Prints the results as JSON.")
  var json = false
}

/// How much commands tell that have notes.
struct MessageArguments: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Leaves out notes and progress.")
  var quiet = false

  var console: Console { Console(quiet: quiet) }
}

/// How messages and results are printed.
struct OutputArguments: ParsableArguments {
  @OptionGroup var results: ListArguments
  @OptionGroup var messages: MessageArguments

  var json: Bool { results.json }
  var wide: Bool { results.wide }
  var console: Console { Console(quiet: messages.quiet, wide: results.wide) }
}

/// A list of models in place of one.
struct BatchArguments: ParsableArguments {
  @Option(
    name: .customLong("batch"),
    help: ArgumentHelp(
      """
      Takes many models from a list, a line each: model, data and, if wanted, rtol and atol, \
      separated by tabs. Prints lines of JSON.
      """, valueName: "list"),
    completion: .file())
  var list: String?

  /// Throws unless there is either a list, or one model.
  func validate(model: String?, data: String?) throws {
    if list == nil && model == nil { throw ValidationError("Missing expected argument '<model>'") }
    if list != nil && (model != nil || data != nil) {
      throw ValidationError("--batch takes the place of a model and --data")
    }
  }
}
