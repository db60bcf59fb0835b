import Basics
import Compiler
import IR
import Passes
import Program
import Simulator

/// What an evaluation runs on chips, over which data, and what it compares the results with.
struct EvaluationSubject {
  let program: ValidProgram
  let bytes: Bytes
  let limits: Limits
  let set: DataSet
  /// The outputs of the network in FP32, or of the program on an ideal chip.
  let reference: [Tensor]
  /// The network as it is mapped; `nil` of a program.
  var network: Graph?
  /// The options that the network was compiled with, after any search; `nil` of a program.
  var chosen: OptionValues?
  /// What the report says of data that gave the ranges of converters.
  var ranges = ""

  /// What the reference is called in reports.
  var referenceName: String {
    network == nil ? EvaluationReport.program : EvaluationReport.network
  }

  /// The program at `path`, compared with itself on an ideal chip.
  init(
    program path: String, _ source: DataSource, _ device: DeviceOptions, _ plan: EvaluationPlan,
    _ console: Console
  ) throws {
    try requireFile(path, "a tile program (.aimc)")
    let file = try MappedFile(path: path)
    try self.init(
      ValidProgram(file: file), Bytes(file: file, range: 0..<file.count), named: path, source,
      device, plan, console)
  }

  /// The program of `bytes`, compared with itself on an ideal chip; messages call it `path`.
  init(
    _ program: ValidProgram, _ bytes: Bytes, named path: String, _ source: DataSource,
    _ device: DeviceOptions, _ plan: EvaluationPlan, _ console: Console
  ) throws {
    (self.program, self.bytes) = (program, bytes)
    limits = device.limits.limits(size: bytes.count)
    try program.program.requireProbes(for: plan.routine, at: plan.calibrations, file: path)
    if program.probes.isEmpty && device.device.hasDevices {
      console.report([
        Diagnostic(
          .note, file: path,
          "holds no vectors to calibrate chips with: nothing corrects their drift",
          help: "compile the network with --routine global")
      ])
    }
    set = try DataSet(
      source, inputs: program.inputs.map(DataPort.init), outputs: program.program.outputPorts)
    let ideal = try Simulation(program, fidelity: .ideal, limits: limits)
    if set.count > 0 { try ideal.checkMemory(set.inputs(0..<1)) }
    reference = try simulateAll(ideal, set, console: console).outputs
  }

  /// A model, compiled as `options` say.
  init(
    _ compiled: CompiledModel, _ source: DataSource, _ options: CompileOptions, limits: Limits,
    _ console: Console
  ) throws {
    (program, bytes) = compiled.program
    (self.limits, network) = (limits, compiled.compilation.graph)
    chosen = compiled.prepared.options.values
    let graph = compiled.prepared.graph
    let all = try DataSet(source, inputs: graph.inputPorts, outputs: graph.outputPorts)
    set = try options.calibrationPart.evaluated(of: all)
    ranges = options.calibrationPart.text(all, evaluated: set)
    reference = try evaluateAll(
      graph, set, shapes: program.outputs.map(\.shape), console: console)
  }
}
