import ArgumentParser
import Driver

struct Chips: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the preset chips, or prints one as a chip file.",
    discussion: "Example: aimcc chips hermes --set crossbar.rows=128")

  @Argument(help: "A preset, or the path of a chip file, to print.", completion: .file())
  var chip: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Changes a figure of the chip, as crossbar.rows=128. (may be repeated)",
      valueName: "key=value"))
  var settings: [String] = []

  @OptionGroup(title: "Output") var printing: ListArguments

  func validate() throws {
    if chip == nil && !settings.isEmpty { throw ValidationError("--set needs a chip to change") }
  }

  func run() throws {
    try runChips(chip: chip, settings: settings, json: printing.json, console: printing.console)
      .leave()
  }
}
