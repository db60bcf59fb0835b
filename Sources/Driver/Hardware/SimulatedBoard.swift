import Basics
import Chip
import Compiler
import Program
import Simulator

/// Simulated chips and the processor that runs host code, as the controller in front of them uses them.
public struct SimulatedBoard: Sendable {
  private let device: DeviceOptions
  /// What the chips are while there is no program, and how many; `nil` if only a program tells.
  private let own: (chip: Chip, count: Int)?
  private var program: ValidProgram?
  private var programming: StepwiseProgramming?
  private var simulation: Simulation?
  /// How often each step has been programmed.
  private var times: [UInt32] = []

  /// The time since programming, and the times of calibrations.
  private var now: TimeSpan
  private var calibratedAt: [TimeSpan]
  /// The canonical text of the chip description, in UTF-8; empty while nobody knows what the chips are.
  private(set) var description: [UInt8]
  private(set) var chipCount: Int

  /// Creates a board whose chips are like `device`, and of the kind and number of `own`, if these are given, as long as
  /// no program says otherwise.
  public init(_ device: DeviceOptions, own: (chip: Chip, count: Int)? = nil) {
    self.device = device
    self.own = own
    now = device.time
    calibratedAt = device.calibrations ?? []
    description = own.map { Array($0.chip.yaml.utf8) } ?? []
    chipCount = own?.count ?? 0
  }

  /// The bytes of all inputs, and of all outputs, of one inference.
  private(set) var inputSize = 0
  private(set) var outputSize = 0

  var isLoaded: Bool { program != nil }
  var isProgrammed: Bool { programming.map { $0.done == $0.steps.count } ?? false }
  var isCalibrated: Bool { simulation != nil }
  var stepCount: Int { programming?.steps.count ?? 0 }

  /// Forgets the program.
  mutating func erase() { self = SimulatedBoard(device, own: own) }

  /// Takes the bytes of a program.
  ///
  /// Throws `Diagnostics` if they are none, or if the device cannot run it.
  mutating func load(_ bytes: Bytes) throws {
    let found = try ValidProgram(bytes: bytes)
    try found.program.requireProbes(
      for: device.routine, at: device.calibrations, file: "the program")
    programming = try StepwiseProgramming(
      found, fidelity: device.fidelity(on: found.chip, chips: found.chipCount),
      limits: device.limits.limits(size: bytes.count))
    program = found
    description = Array(found.chip.yaml.utf8)
    chipCount = found.chipCount
    inputSize = found.inputs.reduce(0) { $0 + $1.byteCount }
    outputSize = found.outputs.reduce(0) { $0 + $1.byteCount }
    times = Array(repeating: 0, count: stepCount)
  }

  /// Does the next step, of which there must be one.
  mutating func programStep() -> StepReport {
    let number = programming!.done
    let report = programming!.advance()
    times[number] += 1
    return stepReport(number, report)
  }

  /// Reads the cells of a step that is done.
  func verify(_ number: Int) -> StepReport { stepReport(number, programming!.report(of: number)) }

  private func stepReport(_ number: Int, _ report: StepwiseProgramming.Report) -> StepReport {
    let step = programming!.steps[number]
    var told = StepReport(
      chip: UInt32(step.chip), core: UInt32(step.core.index), cells: UInt32(report.cells),
      converged: UInt32(report.converged), checksum: report.checksum, times: times[number])
    told.pulses = UInt64(report.costs.pulses)
    told.reads = UInt64(report.costs.reads)
    told.nanoseconds = UInt64(report.costs.nanoseconds)
    told.picojoules = UInt64(report.costs.picojoules)
    return told
  }

  /// Calibrates the chips, which are programmed; returns the vectors that their crossbars multiplied.
  ///
  /// Where the times of calibrations are given, the first is made at those.
  mutating func calibrate() throws -> Int {
    if device.calibrations == nil || simulation != nil { calibratedAt.append(now) }
    return try correct()
  }

  /// Lets the chips, which are calibrated, be `seconds` old; returns whether they can be, which is when they are no
  /// younger then.
  mutating func setTime(_ seconds: Double) throws -> Bool {
    guard seconds >= now.seconds else { return false }
    now = TimeSpan(seconds: seconds)
    _ = try correct()
    return true
  }

  /// Corrects the chips as they are now by the last calibration; returns the vectors that were multiplied.
  private mutating func correct() throws -> Int {
    let chip = programming!.chip
    let calibration = try chip.calibration(
      for: now, at: calibratedAt, routine: device.routine, following: device.following)
    simulation = try chip.simulation(at: now.seconds, patch: calibration?.patch)
    return calibration?.multiplications ?? 0
  }

  /// What a test of core `core`, counted over all chips, reads: two bytes for each side of each cell, positive first,
  /// row by row; `nil` if there is no such core or pattern.
  func test(core: Int, pattern: Int) -> [UInt8]? {
    guard let chip = program?.chip ?? own?.chip, core < chipCount * chip.cores.count,
      pattern <= chip.crossbar.devicesPerPolarity,
      let fidelity = try? device.fidelity(on: chip, chips: chipCount)
    else { return nil }
    let (number, index) = core.quotientAndRemainder(dividingBy: chip.cores.count)
    let counts = CoreTest(chip, fidelity).counts(
      chip: number, core: CoreID(index), set: pattern == 0 ? nil : pattern - 1)
    return counts.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }

  /// Runs `count` inferences from number `first` on, whose inputs lie in `inputs` one after the other.
  func run(first: Int, count: Int, inputs: [UInt8]) throws -> [UInt8] {
    let (program, simulation) = (program!, simulation!)
    var options = Simulation.Options()
    options.firstInference = first
    var tensors: [Tensor] = []
    var place = 0
    for port in program.inputs {
      var bytes: [UInt8] = []
      for inference in 0..<count {
        let start = inference * inputSize + place
        bytes += inputs[start..<start + port.byteCount]
      }
      place += port.byteCount
      tensors.append(
        Tensor(type: port.element, shape: [count] + port.shape, bytes: Bytes(copying: bytes)))
    }
    let results = try simulation.run(tensors, options: options).outputs
    var outputs: [UInt8] = []
    for inference in 0..<count {
      for (port, tensor) in zip(program.outputs, results) {
        // Without inputs, nothing tells the program how many inferences there are: it gives one.
        let start = (program.inputs.isEmpty ? 0 : inference) * port.byteCount
        tensor.bytes.withUnsafeBytes { outputs += $0[start..<start + port.byteCount] }
      }
    }
    return outputs
  }
}

extension Port {
  /// The bytes of one inference.
  var byteCount: Int { shape.reduce(element.byteCount, *) }
}
