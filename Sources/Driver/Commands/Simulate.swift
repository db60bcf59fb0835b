import Compiler
import Basics
import Program
import Simulator

/// Where calibrations come from and go to.
public struct PatchFiles: Sendable {
  /// The calibration to take instead of making one.
  public var read: String?
  /// Where the calibration is written.
  public var written: String?

  /// Creates names of files, none of which has to be given.
  public init(read: String? = nil, written: String? = nil) {
    self.read = read
    self.written = written
  }
}

/// Runs the tile program at `path` on a simulated chip over `data`.
///
/// Outputs go to `output`, and are compared with those that the data hold if a tolerance is given in
/// `check`; with `units`, the work of every unit is listed, and a trace of it goes to `trace`. The first inference, or
/// all with `checksMemory`, is checked for what is read before it is written. Throws `Diagnostics` with every fault of the input.
public func runSimulate(
  program path: String, data: String, device: DeviceOptions, patch: PatchFiles = PatchFiles(),
  output: String?, trace: String? = nil, check: Tolerance?, checksMemory: Bool = false, units: Bool,
  json: Bool,
  console: Console
) throws -> ExitStatus {
  try requireFile(path, "a tile program (.aimc)")
  if let file = patch.read { try requireFile(file, "a calibration (.aimcal)") }
  let file = try MappedFile(path: path)
  let program = try ValidProgram(file: file)
  try program.program.requireProbes(for: device.routine, at: device.calibrations, file: path)
  let ports = program.outputPorts
  let set = try DataSet(
    DataSource(path: data), inputs: program.inputs.map(DataPort.init), outputs: ports)
  console.report(set.warnings)
  if check != nil { try set.requireExpected() }
  if units || trace != nil {
    try program.requireTimes(for: units ? "--units" : "--trace", file: path)
  }
  var files = CommandFiles()
  files.reads(path)
  files.reads(data: data)
  if let file = patch.read { files.reads(file) }
  files.reads(faults: device.faults)
  let patchFile = files.opened(patch.written, "--write-calibration")
  let traceFile = files.opened(trace, "--trace")
  let arrays = files.opened(output, "--output", names: ports.map(\.name))
  try files.faults.throwIfErrors()
  let given = try patch.read.map {
    try CalibrationPatch(text: readText($0), for: program.program, file: $0)
  }
  let simulated = try SimulatedProgram(program, device, size: file.count, patch: given)
  var faults = Diagnostics()
  if let patchFile {
    let found = simulated.calibration?.patch ?? CalibrationPatch(affines: program.affines)
    try faults.collect {
      try patchFile.write(found.text(for: program.program))
      try patchFile.complete()
    }
  }
  try simulated.checkMemory(over: set, wholly: checksMemory)
  if checksMemory {
    console.report([
      Diagnostic(
        .note, file: path,
        "no memory is read before it is written in any of \(set.count) inferences")
    ])
  }
  if let traceFile {
    try faults.collect {
      let (timing, trace) = try Timing.traced(program, limits: .none)
      try traceFile.write(jsonText(of: TraceFile(program, timing, trace), inOneLine: true))
      try traceFile.complete()
    }
  }
  let run = try simulateAll(simulated.simulation, set, console: console)
  if let arrays { try faults.collect { try arrays.write(run.outputs, ports) } }
  let report = simulated.report(
    run, set, tolerance: check, compensation: patch.read.map { "by \(printable($0))" },
    listsUnits: units)
  try console.write(report, as: SimulationReport.schema, json: json)
  try faults.throwIfErrors()
  return report.run.isAsExpected ? .done : .verificationFailed
}

extension ValidProgram {
  /// Throws `Diagnostics` if `option` is given for a program, that of `file`, whose times depend on data.
  fileprivate func requireTimes(for option: String, file: String) throws {
    guard program.hasBranches else { return }
    throw Diagnostics(
      Diagnostic(
        .error, file: file, "its times depend on data, so that \(option) has nothing to tell"))
  }
}

extension DataPort {
  /// A port of a program as data see it.
  init(_ port: Port) {
    self.init(name: port.name, element: port.element, shape: port.shape)
  }
}

extension Program {
  /// The outputs as data see them. A dimension that has a name as no dimension of an input is one that only running
  /// the network tells.
  var outputPorts: [DataPort] {
    let known = Set(inputs.flatMap { $0.dimensionNames.compactMap { $0 } })
    return outputs.map { output in
      var port = DataPort(output)
      port.isPadded = output.dimensionNames.contains { $0.map { !known.contains($0) } ?? false }
      return port
    }
  }
}
