import Basics
import Program
import Simulator

/// A tile program that another program holds.
package struct LibraryProgram: Sendable {
  let program: ValidProgram
  /// The bytes of its file.
  package let bytes: Bytes
  /// By what messages call it.
  package let name: String
  /// Whether that is the path of its file.
  private var isFile = false

  init(_ program: ValidProgram, _ bytes: Bytes, name: String) {
    (self.program, self.bytes, self.name) = (program, bytes, name)
  }

  /// Reads the tile program at `path`.
  ///
  /// Throws `Diagnostics` with every fault of the file.
  package init(path: String) throws {
    try requireFile(path, "a tile program (.aimc)")
    let file = try MappedFile(path: path)
    try self.init(
      ValidProgram(file: file), Bytes(file: file, range: 0..<file.count), name: path)
    isFile = true
  }

  /// Reads the tile program of `bytes`, which messages call `name`.
  ///
  /// Throws `Diagnostics` with every fault of the program.
  package init(_ bytes: Bytes, name: String) throws {
    try self.init(ValidProgram(bytes: bytes, path: name), bytes, name: name)
  }

  /// What it takes and gives, as JSON (`aimcc.network/1`).
  ///
  /// Throws what the encoder throws.
  package func description() throws -> String {
    try Document(schema: "aimcc.network/1", content: NetworkPorts(program)).text()
  }

  /// Runs it on a simulated chip; returns the outputs and the report (`aimcc.simulate/1`).
  ///
  /// Throws `Diagnostics` with every fault of the input, and `Stopped`.
  package func simulated(
    _ source: DataSource, _ device: DeviceOptions, console: Console
  ) throws -> (outputs: [NamedTensor], report: String) {
    try program.program.requireProbes(
      for: device.routine, at: device.calibrations, file: name)
    let ports = program.program.outputPorts
    let set = try DataSet(source, inputs: program.inputs.map(DataPort.init), outputs: ports)
    console.report(set.warnings)
    let simulated = try SimulatedProgram(program, device, size: bytes.count)
    try simulated.checkMemory(over: set)
    let run = try simulateAll(simulated.simulation, set, console: console)
    let text = try Document(
      schema: SimulationReport.schema, content: simulated.report(run, set)
    ).text()
    return (run.outputs.named(ports), text)
  }

  /// Measures the accuracy on many simulated chips over time (`aimcc.evaluate/1`), compared with the program on an
  /// ideal chip.
  ///
  /// Throws `Diagnostics` with every fault of the input, and `Stopped`.
  package func evaluated(
    _ source: DataSource, _ request: EvaluationRequest, console: Console
  ) throws -> String {
    var request = request
    request.hasModelInMemory = !isFile
    return try EvaluationSubject(
      program, bytes, named: name, source, request.device, request.plan, console
    ).report(request, request.options, console: console)
  }
}
