import ArgumentParser
import Compiler
import Driver

struct ChipCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chip",
    abstract: "Puts a simulated chip behind the protocol of the loader.",
    discussion: """
      Hosts load programs and run inferences with aimcc load, or with the C library. \
      The command runs until a signal ends it. Until a program is loaded, --chip says what it is.

      Example: aimcc chip --listen chip.socket &  aimcc load model.aimc --device chip.socket
      """)

  @Option(
    help: ArgumentHelp(
      "Where it listens: a socket of this machine by its path, or tcp:PORT of 127.0.0.1.",
      valueName: "socket"),
    completion: .file())
  var listen: String

  @OptionGroup(title: "Chip") var chip: ChipArguments

  @Option(
    help: ArgumentHelp(
      "Number of chips in series, until a program says otherwise.", valueName: "number"))
  var chips = 1

  @OptionGroup(title: "Simulation") var simulated: DeviceArguments
  @OptionGroup(title: "Output") var printing: MessageArguments
  @OptionGroup(title: "Expert options") var expert: DeviceExpertArguments

  func validate() throws {
    guard (1...16_384).contains(chips) else {
      throw ValidationError("--chips is a number from 1 to 16384")
    }
    try OptionUsage("chip", device: simulated.name(.quantized)).requireEffects()
  }

  func run() throws {
    try runChip(
      listen: listen, chip: chip.chip, settings: chip.changes.settings, chips: chips,
      device: simulated.options(.quantized, expert), console: printing.console)
  }
}
