import ArgumentParser
import Driver

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a tile program on a simulated chip.",
    discussion: """
      Data are an NPY file, an NPZ archive, an ONNX test_data_set_N folder, or a folder of those. Labels \
      (an array y in an archive) give the accuracy.
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @Option(help: "The inputs.", completion: .file())
  var data: String

  @Option(
    help: ArgumentHelp("Takes a calibration instead of making one.", valueName: "file"),
    completion: .file(extensions: ["aimcal"]))
  var calibration: String?

  @Option(
    help: ArgumentHelp("Writes the calibration.", valueName: "file"), completion: .file())
  var writeCalibration: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A folder for the outputs as NPY files, or an NPZ file.", valueName: "path"),
    completion: .directory)
  var output: String?

  @Flag(help: "Compares with the outputs that the data hold; exit code 2 if they differ.")
  var check = false

  @Flag(
    help: "Looks in every inference, not in the first alone, for what is read before it is written."
  )
  var checkMemory = false

  @Flag(help: "Lists how busy every unit of the chips is, and when.")
  var units = false

  @OptionGroup(title: "Device") var simulated: DeviceArguments
  @OptionGroup(title: "Comparison") var comparison: ToleranceArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    try Usage(command: "simulate", device: simulated.name(.quantized), file: program)
      .requireEffects()
  }

  func run() throws {
    try runSimulate(
      program: program, data: data, device: simulated.options(.quantized),
      patch: PatchFiles(read: calibration, written: writeCalibration), output: output,
      check: check ? comparison.tolerance : nil, checksMemory: checkMemory, units: units,
      json: printing.json,
      console: printing.console
    ).leave()
  }
}
