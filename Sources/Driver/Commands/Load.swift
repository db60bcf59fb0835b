import AIMCLoader
import Basics
import Compiler
import Program

/// Loads the tile program at `path` onto the device at `device`, and runs the inferences of `data` there, if any are
/// given.
///
/// A simulated device is `time` old then, if that is given. Outputs go to `output`, and are compared with those that the data hold if a tolerance is given in `check`.
/// Throws `Diagnostics` with every fault of the input, and with what the device refuses.
public func runLoad(
  program path: String, device: String, time: TimeSpan?, data: String?, output: String?,
  check: Tolerance?, json: Bool, console: Console
) throws -> ExitStatus {
  try requireFile(path, "a tile program (.aimc)")
  let address = try LinkAddress(device)
  let file = try MappedFile(path: path)
  let program = try ValidProgram(file: file)
  let ports = program.outputPorts
  let set = try data.map {
    try DataSet(DataSource(path: $0), inputs: program.inputs.map(DataPort.init), outputs: ports)
  }
  console.report(set?.warnings ?? [])
  if check != nil { try set?.requireExpected() }
  var files = CommandFiles()
  files.reads(path)
  if let data { files.reads(data: data) }
  let arrays = files.opened(output, "--output", names: ports.map(\.name))
  try files.faults.throwIfErrors()

  let link = try DeviceLink(address)
  let there = link.state
  var report = LoadReport(program, bytes: file.count)
  try link.load(file, console: console)
  if let time { try link.setTime(time) }
  // Without room for all that the device speaks of, which may not have them.
  for step in 0..<Int(link.state.step_count) {
    report.steps.append(.init(try link.report(of: step)))
  }
  report.bytesWritten = file.count - there.held(of: file)
  var faults = Diagnostics()
  if let set {
    let (outputs, seconds) = try link.run(program, set, console: console)
    if let arrays { try faults.collect { try arrays.write(outputs, ports) } }
    report.run = OutputReport(
      outputs, ports: ports, data: set, seconds: seconds, tolerance: check)
  }
  report.repeats = link.repeats
  report.reopenings = link.reopenings
  try console.write(report, as: "aimcc.load/1", json: json)
  try faults.throwIfErrors()
  return report.run?.isAsExpected ?? true ? .done : .verificationFailed
}

extension aimc_device_state {
  /// The bytes of `file` that a device in this state has.
  fileprivate func held(of file: MappedFile) -> Int {
    let checksum = file.withUnsafeBytes { CRC32C.checksum($0) }
    return program_size == UInt64(file.count) && program_checksum == checksum
      ? Int(program_received) : 0
  }
}

extension DeviceLink {
  /// Loads a program and shows how far that is.
  fileprivate func load(_ file: MappedFile, console: Console) throws {
    var writing = Progress(
      "writing", total: file.count, console: console, tellsTimeLeft: true)
    var programming: Progress?
    defer {
      writing.finish()
      programming?.finish()
    }
    // What calls this is C, and a command has no listener that could stop it.
    try load(file) { phase, done, total, _ in
      if phase == AIMC_LOAD_WRITING {
        try? writing.update(done)
      } else if phase == AIMC_LOAD_PROGRAMMING {
        writing.finish()
        if programming == nil {
          programming = Progress(
            "programming", total: total, console: console, tellsTimeLeft: true)
        }
        try? programming?.update(done)
      }
    }
  }

  /// Throws `Diagnostics` if the device, which has `program`, takes or gives other bytes than it does.
  private func requireSizes(of program: ValidProgram) throws {
    let sizes = [
      (state.input_size, program.inputs, "takes", "inputs"),
      (state.output_size, program.outputs, "gives", "outputs"),
    ]
    for (told, ports, does, what) in sizes {
      let size = ports.reduce(0) { $0 + $1.byteCount }
      guard told != UInt64(size) else { continue }
      throw Diagnostics(
        Diagnostic(
          file: "\(address)",
          "the device says that an inference \(does) \(told) bytes of \(what), and the program \(does) \(size)"
        ))
    }
  }

  /// Runs every inference of `data`; returns the outputs, and the seconds that it took.
  fileprivate func run(
    _ program: ValidProgram, _ data: DataSet, console: Console
  ) throws -> (outputs: [Tensor], seconds: Double) {
    try requireSizes(of: program)
    var progress = Progress("inferences", total: data.count, console: console)
    defer { progress.finish() }
    let clock = ContinuousClock()
    let start = clock.now
    var outputs = [[UInt8]](repeating: [], count: program.outputs.count)
    let step = Int(state.most_inferences)
    for first in stride(from: 0, to: data.count, by: step) {
      let range = first..<min(first + step, data.count)
      var inputs: [UInt8] = []
      for inference in range {
        for tensor in data.inputs(inference..<inference + 1) {
          tensor.bytes.withUnsafeBytes { inputs += $0 }
        }
      }
      let bytes = try run(first: first, count: range.count, inputs: inputs)
      var place = 0
      for _ in range {
        for (index, port) in program.outputs.enumerated() {
          outputs[index] += bytes[place..<place + port.byteCount]
          place += port.byteCount
        }
      }
      try progress.update(range.upperBound)
    }
    let tensors = zip(program.outputs, outputs).map { port, bytes in
      Tensor(type: port.element, shape: [data.count] + port.shape, bytes: Bytes(copying: bytes))
    }
    return (tensors, (clock.now - start).milliseconds / 1e3)
  }
}

/// What `load` prints.
private struct LoadReport: Report {
  /// A step of programming.
  struct Step: Encodable {
    var chip: Int
    var core: Int
    /// Sides of pairs, and those within the margin of their targets.
    var cells: Int
    var converged: Int
    /// What it took; left out where the device does not tell.
    var pulses: Int?
    var reads: Int?
    var timeNs: Int?
    var energyPj: Int?
    /// How often the device has programmed it.
    var times: Int

    init(_ report: aimc_step_report) {
      func told(_ value: UInt64) -> Int? { report.pulses > 0 ? Int(clamping: value) : nil }
      chip = Int(report.chip)
      core = Int(report.core)
      cells = Int(report.cells)
      converged = Int(report.converged)
      (pulses, reads) = (told(report.pulses), told(report.reads))
      (timeNs, energyPj) = (told(report.nanoseconds), told(report.picojoules))
      times = Int(report.times)
    }
  }

  var network: String
  var chip: String
  var programBytes: Int
  /// Those that the device did not have.
  var bytesWritten = 0
  var steps: [Step] = []
  /// Requests that were sent again, and times that the link was opened again.
  var repeats = 0
  var reopenings = 0
  var run: OutputReport?

  init(_ program: ValidProgram, bytes: Int) {
    network = program.network
    chip = program.chip.name
    programBytes = bytes
  }

  private enum Keys: String, CodingKey {
    case network, chip, programBytes, bytesWritten, steps, repeats, reopenings
  }

  func encode(to encoder: any Encoder) throws {
    try run?.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(network, forKey: .network)
    try container.encode(chip, forKey: .chip)
    try container.encode(programBytes, forKey: .programBytes)
    try container.encode(bytesWritten, forKey: .bytesWritten)
    try container.encode(steps, forKey: .steps)
    try container.encode(repeats, forKey: .repeats)
    try container.encode(reopenings, forKey: .reopenings)
  }

  /// What programming took, as the device tells; `nil` if it does not.
  private var costs: String? {
    guard steps.contains(where: { $0.pulses != nil }) else { return nil }
    // A device may tell any numbers, so that their sums may be larger than an Int.
    var cores: [[Int]: Double] = [:]
    for step in steps { cores[[step.chip, step.core], default: 0] += Double(step.timeNs ?? 0) }
    return programmingText(
      longestNs: cores.values.max() ?? 0,
      allNs: steps.reduce(0) { $0 + Double($1.timeNs ?? 0) },
      energyNj: steps.reduce(0) { $0 + Double($1.energyPj ?? 0) } / 1e3,
      pulses: steps.reduce(0) { sum, step in
        let (sum, isTooLarge) = sum.addingReportingOverflow(step.pulses ?? 0)
        return isTooLarge ? .max : sum
      })
  }

  var page: Page {
    let cells = steps.reduce(0) { $0 + $1.cells }
    let converged = steps.reduce(0) { $0 + $1.converged }
    let again = steps.count { $0.times > 1 }
    var text = """
      loaded         \(network) on \(chip): \(grouped(programBytes)) bytes, \
      \(grouped(programBytes - bytesWritten)) were there
      programmed     \(steps.count) steps, \(again) more than once; \(grouped(converged)) of \
      \(grouped(cells)) cells (\(percent(Double(converged), of: Double(cells), digits: 2)) %) \
      within 5 counts

      """
    text += costs.map { "took           \($0)\n" } ?? ""
    if repeats > 0 || reopenings > 0 {
      text += "link           \(repeats) requests sent again, opened again \(reopenings) times\n"
    }
    var page = run?.page ?? Page()
    page += text
    return page
  }
}
