import ArgumentParser
import Compiler
import Driver

extension DimensionSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension InputShape: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// Which chip is meant.
struct ChipArguments: ParsableArguments {
  @Option(
    help: "Chip: a preset (see aimcc chips), or the path of a chip file.", completion: .chips)
  var chip = "hermes"

  @OptionGroup var changes: ChipSettingArguments

  /// Tells `options` of the chip.
  func set(_ options: inout CompileOptions) {
    options.chip = chip
    options.settings = changes.settings
  }
}

/// What is changed of a chip.
struct ChipSettingArguments: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Changes a figure of the chip, as crossbar.rows=128. (may be repeated)",
      valueName: "key=value"))
  var settings: [String] = []
}

/// What of the chips is known not to work.
struct FaultMapArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "File of faults, as aimcc self-test writes it: the program leaves out dead cores and lines, and lays "
        + "weights over stuck cells to which they matter least.", valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var faultMap: String?
}

/// What somebody else has decided of the mapping.
struct TileMapArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Lays blocks where a tile map says, in the form that IBM publishes for HERMES.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var tileMap: String?
}

/// How large what the model leaves open is.
struct SizeArguments: ParsableArguments {
  @Option(
    name: .customLong("dim"), parsing: .singleValue,
    help: ArgumentHelp(
      "Sets the size of a dimension that the model leaves open. (may be repeated)",
      valueName: "name=size"))
  var dimensions: [DimensionSize] = []

  @Option(
    name: .customLong("input-shape"), parsing: .singleValue,
    help: ArgumentHelp(
      "Sets the shape of an input, as image=1x3x224x224. (may be repeated)",
      valueName: "name=shape"))
  var shapes: [InputShape] = []

  var given: GivenSizes { GivenSizes(dimensions: dimensions, shapes: shapes) }
}

/// The inputs that a network will meet.
struct CalibrationDataArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Typical inputs, from which the ranges of converters come.", valueName: "data"),
    completion: .file())
  var calibrate: String?
}

/// What is told of the time that passes take.
struct TimingArguments: ParsableArguments {
  @Flag(help: "Prints the time of each pass.")
  var timing = false
}

/// What commands that compile are told about the compilation: what many users need of it.
struct CompilationArguments<Command: TableCommand>: ParsableArguments {
  @OptionGroup(title: "Chip") var chip: ChipArguments
  @OptionGroup(title: "Chip") var faults: FaultMapArguments
  @OptionGroup(title: "Inputs of the network") var data: CalibrationDataArguments
  @OptionGroup(title: "Inputs of the network") var sizes: SizeArguments
  @OptionGroup(title: "Mapping") var tiles: TileMapArguments
  @OptionGroup(title: "Mapping") var mapping: TableArguments<Command, CommonMapping>
  @OptionGroup(title: "Accuracy") var accuracy: TableArguments<Command, CommonAccuracy>

  /// All that is said of the compilation.
  func options(_ expert: ExpertArguments<Command>) -> CompileOptions {
    var options = CompileOptions()
    chip.set(&options)
    options.faultMap = faults.faultMap
    options.tileMap = tiles.tileMap
    options.calibrate = data.calibrate
    options.sizes = sizes.given
    mapping.set(&options)
    accuracy.set(&options)
    expert.table.set(&options)
    options.timing = expert.times.timing
    options.verifyEach = options.verifyEach || expert.verifyEach
    return options
  }
}

/// What few users tell about the compilation.
struct ExpertArguments<Command: TableCommand>: ParsableArguments {
  @OptionGroup var table: TableArguments<Command, Expert>

  @OptionGroup var times: TimingArguments

  @Flag(help: "Verifies the product of each pass.")
  var verifyEach = false
}
