import ArgumentParser
import Compiler
import Driver

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a tile program on a simulated chip.",
    discussion: """
      The data are an NPY file, an NPZ archive, an ONNX test_data_set_N folder, or a folder of those. \
      With labels, the array y of an archive, the report has the accuracy.

      Example: aimcc simulate model.aimc --data test.npz --device quantized
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @OptionGroup(title: "Simulation") var inputs: SimulationDataArguments
  @OptionGroup(title: "Simulation") var simulated: DeviceArguments
  @OptionGroup(title: "Comparison") var comparison: ComparisonArguments
  @OptionGroup(title: "Output") var results: SimulationOutputArguments
  @OptionGroup(title: "Output") var printing: OutputArguments
  @OptionGroup(title: "Expert options") var expert: DeviceExpertArguments
  @OptionGroup(title: "Expert options") var files: CalibrationFileArguments

  func validate() throws {
    try OptionUsage("simulate", device: simulated.name(.quantized)).requireEffects()
  }

  func run() throws {
    try runSimulate(
      program: program, data: inputs.data, device: simulated.options(.quantized, expert),
      patch: PatchFiles(read: files.calibration, written: files.writeCalibration),
      output: results.output, trace: results.trace, check: comparison.tolerance,
      checksMemory: files.checkMemory, units: results.units, json: printing.json,
      console: printing.console
    ).leave()
  }
}

/// What a program is run on.
struct SimulationDataArguments: ParsableArguments {
  @Option(help: "Inputs.", completion: .file())
  var data: String
}

/// What a simulation writes.
struct SimulationOutputArguments: ParsableArguments {
  @OptionGroup var outputs: ResultFileArguments

  @Flag(help: "Prints how busy every unit of the chips is, and when.")
  var units = false

  @Option(
    help: ArgumentHelp(
      "Writes what every unit does in one inference, and when, for ui.perfetto.dev.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var trace: String?

  var output: String? { outputs.output }
}

/// Where outputs of a network go.
struct ResultFileArguments: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder for the outputs as NPY files, or an NPZ file.", valueName: "path"),
    completion: .directory)
  var output: String?
}

/// Calibrations in files, and what is looked at in all inferences.
struct CalibrationFileArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("Reads a calibration instead of making one.", valueName: "file"),
    completion: .file(extensions: ["aimcal"]))
  var calibration: String?

  @Option(
    help: ArgumentHelp("Writes the calibration.", valueName: "file"), completion: .file())
  var writeCalibration: String?

  @Flag(
    help:
      "Checks in every inference, not only in the first, that nothing is read before it is written."
  )
  var checkMemory = false
}

/// Whether and how outputs are compared with those that the data hold.
struct ComparisonArguments: ParsableArguments {
  @Flag(help: "Compares the outputs with those of the data; exit code 2 if they differ.")
  var check = false

  @OptionGroup var elements: ToleranceArguments

  /// The tolerance, if outputs are compared.
  var tolerance: Tolerance? { check ? elements.tolerance : nil }
}
