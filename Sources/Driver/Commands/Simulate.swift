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
  let chip = try ProgrammedChip(
    program, fidelity: device.fidelity(on: program.chip, chips: program.chipCount),
    limits: device.limits.limits(size: file.count))
  // A plan has been checked against the limits, so that the clock keeps within them too.
  let times = try TimeReport(of: program)
  var calibration: ProgrammedChip.Calibration?
  if let file = patch.read {
    calibration = ProgrammedChip.Calibration(
      patch: try CalibrationPatch(text: readText(file), for: program.program, file: file),
      multiplications: 0)
  } else {
    calibration = try chip.calibration(
      for: device.time, at: device.calibrations, routine: device.routine,
      following: device.following)
  }
  var faults = Diagnostics()
  if let patchFile {
    let found = calibration?.patch ?? CalibrationPatch(affines: program.affines)
    try faults.collect {
      try patchFile.write(found.text(for: program.program))
      try patchFile.complete()
    }
  }
  let simulation = try chip.simulation(at: device.time.seconds, patch: calibration?.patch)
  for inference in 0..<(checksMemory ? set.count : min(set.count, 1)) {
    try simulation.checkMemory(set.inputs(inference..<inference + 1))
  }
  if checksMemory {
    console.report([
      Diagnostic(
        .note, file: path,
        "no memory is read before it is written in any of \(set.count) inferences")
    ])
  }
  if let traceFile {
    try faults.collect {
      let (timing, trace) = try Timing.traced(program)
      try traceFile.write(jsonText(of: TraceFile(program, timing, trace), inOneLine: true))
      try traceFile.complete()
    }
  }
  let run = try simulateAll(simulation, set, console: console)
  if let arrays { try faults.collect { try arrays.write(run.outputs, ports) } }
  let report = SimulationReport(
    device: DeviceReport(
      device, of: program, compensation: patch.read.map { "by \(printable($0))" }),
    run: OutputReport(
      run.outputs, ports: ports, data: set, seconds: run.seconds, tolerance: check),
    calibrationMultiplications: calibration?.multiplications,
    counts: run.counts, times: times, listsUnits: units)
  try console.write(report, as: "aimcc.simulate/1", json: json)
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

/// What `simulate` prints.
private struct SimulationReport: Report {
  var device: DeviceReport
  var run: OutputReport
  /// The vectors that crossbars multiplied to calibrate the chip.
  var calibrationMultiplications: Int?
  var counts: SimulationCounts
  /// What the clock tells; `nil` if it depends on data.
  var times: TimeReport?
  var listsUnits: Bool

  private enum Keys: String, CodingKey { case counts, times, calibrationMultiplications }

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    try device.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(counts, forKey: .counts)
    try container.encodeIfPresent(times, forKey: .times)
    try container.encodeIfPresent(
      calibrationMultiplications, forKey: .calibrationMultiplications)
  }

  var page: Page {
    var page = Page()
    if listsUnits, let times {
      page.add(times.unitTable)
      page += "\n"
    }
    page += run.page
    page += device.text
    if let calibrationMultiplications {
      page += "calibration    \(grouped(calibrationMultiplications)) MVMs\n"
    }
    page += counts.text(inferences: run.inferences) + (times?.text ?? "")
    return page
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
