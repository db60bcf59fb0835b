import Basics
import Program
import Simulator

/// Runs the tile program at `path` on a simulated chip over `data`.
///
/// Outputs go to `output`, and are compared with those that the data hold if a tolerance is given in
/// `check`. Throws `Diagnostics` with every fault of the input.
public func runSimulate(
  program path: String, data: String, device: DeviceOptions, output: String?, check: Tolerance?,
  json: Bool, console: Console
) throws -> ExitStatus {
  try requireFile(path, "a tile program (.aimc)")
  let program = try Program(file: MappedFile(path: path))
  let ports = program.outputs.map(DataPort.init)
  let set = try DataSet(
    DataSource(path: data), inputs: program.inputs.map(DataPort.init), outputs: ports)
  console.report(set.warnings)
  if check != nil { try set.requireExpected() }
  if let output { try prepareOutput(output, inputs: [path, data]) }
  let simulation = try Simulation(program, fidelity: device.fidelity(on: program.chip))
  let run = try simulateAll(simulation, set, console: console)
  if let output { try save(run.outputs, ports, to: output) }
  let report = SimulationReport(
    device: DeviceReport(device, on: program.chip),
    run: OutputReport(
      run.outputs, ports: ports, data: set, seconds: run.seconds, tolerance: check),
    counts: run.counts)
  try console.write(
    json ? Document(schema: "aimcc.simulate/1", content: report).text() : report.text)
  return report.run.isAsExpected ? .done : .verificationFailed
}

/// What `simulate` prints.
private struct SimulationReport: Encodable {
  var device: DeviceReport
  var run: OutputReport
  var counts: SimulationCounts

  private enum Keys: String, CodingKey { case counts }

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    try device.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(counts, forKey: .counts)
  }

  var text: String {
    run.text + device.text + counts.text(inferences: run.inferences)
  }
}

extension DataPort {
  /// A port of a program as data see it.
  init(_ port: Port) {
    self.init(name: port.name, element: port.element, shape: port.shape)
  }
}
