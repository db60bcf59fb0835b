import Basics
import Program
import Simulator

/// A program on a simulated chip that is programmed and calibrated.
struct SimulatedProgram {
  let program: ValidProgram
  let device: DeviceOptions
  /// What the clock tells; `nil` if it depends on data.
  let times: TimeReport?
  /// What corrects the chip; `nil` for nothing.
  let calibration: ProgrammedChip.Calibration?
  let simulation: Simulation

  /// Programs a chip of `device` with `program`, whose file has `size` bytes, and calibrates it, unless `patch` takes the
  /// place of that.
  ///
  /// Throws `Diagnostics` if the chip has no such device, or if the program goes beyond the limits.
  init(
    _ program: ValidProgram, _ device: DeviceOptions, size: Int, patch: CalibrationPatch? = nil
  ) throws {
    (self.program, self.device) = (program, device)
    let chip = try ProgrammedChip(
      program, fidelity: device.fidelity(on: program.chip, chips: program.chipCount),
      limits: device.limits.limits(size: size))
    // A plan has been checked against the limits, so that the clock keeps within them too.
    times = try TimeReport(of: program)
    calibration =
      try patch.map { ProgrammedChip.Calibration(patch: $0, multiplications: 0) }
      ?? chip.calibration(
        for: device.time, at: device.calibrations, routine: device.routine,
        following: device.following)
    simulation = try chip.simulation(at: device.time.seconds, patch: calibration?.patch)
  }

  /// Throws `Diagnostics` if the first inference of `set`, or any if `wholly`, reads memory before it is written.
  func checkMemory(over set: DataSet, wholly: Bool = false) throws {
    for inference in 0..<(wholly ? set.count : min(set.count, 1)) {
      try simulation.checkMemory(set.inputs(inference..<inference + 1))
    }
  }

  /// What `run` over `set` gave, as it is reported; `compensation` says what corrects the chip, where it did not
  /// calibrate itself.
  func report(
    _ run: SimulationRun, _ set: DataSet, tolerance: Tolerance? = nil,
    compensation: String? = nil, listsUnits: Bool = false
  ) -> SimulationReport {
    SimulationReport(
      device: DeviceReport(device, of: program, compensation: compensation),
      run: OutputReport(
        run.outputs, ports: program.outputPorts, data: set, seconds: run.seconds,
        tolerance: tolerance),
      calibrationMultiplications: calibration?.multiplications,
      counts: run.counts, times: times, listsUnits: listsUnits)
  }
}

/// What `simulate` prints.
struct SimulationReport: Report {
  /// The form of the JSON.
  static let schema = "aimcc.simulate/1"

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
