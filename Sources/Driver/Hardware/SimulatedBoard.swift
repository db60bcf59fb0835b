import Basics
import Program
import Simulator

/// Simulated chips and the processor that runs host code, as the controller in front of them uses them.
public struct SimulatedBoard: Sendable {
  private let device: DeviceOptions
  private var program: ValidProgram?
  private var programming: StepwiseProgramming?
  private var simulation: Simulation?
  /// How often each step has been programmed.
  private var times: [UInt32] = []

  /// Creates a board whose chips are like `device`.
  public init(_ device: DeviceOptions) { self.device = device }

  /// The bytes of all inputs, and of all outputs, of one inference.
  private(set) var inputSize = 0
  private(set) var outputSize = 0

  var isLoaded: Bool { program != nil }
  var isProgrammed: Bool { programming.map { $0.done == $0.steps.count } ?? false }
  var isCalibrated: Bool { simulation != nil }
  var stepCount: Int { programming?.steps.count ?? 0 }

  /// Forgets the program.
  mutating func erase() { self = SimulatedBoard(device) }

  /// Takes the bytes of a program.
  ///
  /// Throws `Diagnostics` if they are none, or if the device cannot run it.
  mutating func load(_ bytes: Bytes) throws {
    let found = try ValidProgram(bytes: bytes)
    try found.program.requireProbes(
      for: device.routine, at: device.calibrations, file: "the program")
    programming = try StepwiseProgramming(
      found, fidelity: device.fidelity(on: found.chip),
      limits: device.limits.limits(size: bytes.count))
    program = found
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
  mutating func calibrate() throws -> Int {
    let chip = programming!.chip
    let calibration = try chip.calibration(
      for: device.time, at: device.calibrations, routine: device.routine,
      following: device.following)
    simulation = try chip.simulation(at: device.time.seconds, patch: calibration?.patch)
    return calibration?.multiplications ?? 0
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
