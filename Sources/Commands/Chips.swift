import ArgumentParser
import Driver

struct Chips: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the preset chips, or prints one as a chip file.",
    discussion: "Example: aimcc chips hermes --set crossbar.rows=128")

  @Argument(help: "A preset, or the path of a chip file, to print.", completion: .chips)
  var chip: String?

  @OptionGroup var changes: ChipSettingArguments
  @OptionGroup(title: "Output") var printing: ListArguments

  func validate() throws {
    if chip == nil && !changes.settings.isEmpty {
      throw ValidationError("--set needs a chip to change")
    }
    if chip != nil && printing.wide {
      throw ValidationError("--wide is about the table of all chips; leave it out")
    }
  }

  func run() throws {
    try runChips(
      chip: chip, settings: changes.settings, json: printing.json, console: printing.console
    )
    .leave()
  }
}
