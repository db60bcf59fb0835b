import Basics
import IR
import Passes
import Program
import Reference
import Simulator

/// Compiles the model at `path`, simulates the program's bytes, and compares with the reference and
/// with the outputs that the data hold.
///
/// Without `data`, the `test_data_set_N` folders beside the model serve, then its `test.npz`, then
/// synthetic inputs. Throws `Diagnostics` with every fault of the input.
public func runVerify(
  model path: String, data: String?, device: DeviceOptions, options: CompileOptions, json: Bool,
  console: Console
) throws -> ExitStatus {
  let report = try verification(
    of: path, data: data, device: device, tolerance: nil, options: options, console: console)
  try console.write(report, as: "aimcc.verify/1", json: json)
  return report.passes ? .done : .verificationFailed
}

/// Verifies every model that the batch at `list` names.
///
/// Where a line gives a tolerance, expected outputs are compared with that. Throws `Diagnostics` if
/// the list has faults; those of its models are reported as what became of them.
public func runVerify(
  batch list: String, device: DeviceOptions, options: CompileOptions, console: Console
) throws -> ExitStatus {
  try runBatch(list, console: console) { item in
    let report = try verification(
      of: item.model, data: item.data, device: device, tolerance: item.tolerance,
      options: options, console: console)
    return report.passes ? nil : "\(report.verdict.subject): \(report.verdict.reason)"
  }
}

private func verification(
  of path: String, data: String?, device: DeviceOptions, tolerance: Tolerance?,
  options: CompileOptions, console: Console
) throws -> VerifyReport {
  let source = try (data ?? verificationData(beside: path)).map { try DataSource(path: $0) }
  if source == nil {
    console.report([
      Diagnostic(
        .warning, file: path, "there are no data to verify with: synthetic inputs are used",
        help: "give --data")
    ])
  }
  let compiled = try CompiledModel(path, data: source, options: options, console: console)
  let (graph, program) = (compiled.prepared.graph, compiled.program.program)
  guard let compilation = CompileReport(compiled) else {
    preconditionFailure("a program has its blocks on cores")
  }

  let chip = try ProgrammedChip(
    program, fidelity: device.fidelity(on: program.chip, chips: program.chipCount),
    limits: device.limits.given)
  let correction = try chip.calibration(
    for: device.time, at: device.calibrations, routine: device.routine,
    following: device.following)
  let simulation = try chip.simulation(at: device.time.seconds, patch: correction?.patch)
  let ports = simulation.program.outputPorts
  let set =
    try source.map {
      try DataSet(
        $0.removing(compiled.prepared.constantInputs), inputs: graph.inputPorts, outputs: ports)
    }
    ?? DataSet(synthetic: graph)
  console.report(set.warnings)

  let shapes = ports.map(\.shape)
  let reference = try evaluateAll(graph, set, shapes: shapes, console: console)
  let run = try simulateAll(simulation, set, console: console)
  var report = VerifyReport(
    compilation: compilation,
    device: device, of: program, data: set, ports: ports, kinds: graph.outputKinds,
    reference: reference, run: run, tolerance: tolerance)
  try report.acceptRounding(ports: ports, kinds: graph.outputKinds, reference: reference) { index in
    let (evaluator, inputs) = (try Evaluator(graph), set.inference(index, graph.inputPorts))
    return try mappedInParallel(RoundingMove.several.count, cost: .max) { number in
      Result {
        try evaluator.evaluate(inputs, moving: RoundingMove.several[number]).padded(to: shapes)
      }
    }.map { try $0.get() }
  }
  if let failed = report.comparisons.first(where: { !$0.passes && $0.source != "reference" }),
    failed.against == "reference"
  {
    let inputs = set.inference(failed.inference, graph.inputPorts)
    report.firstDeparture = try firstDeparture(
      of: simulation, from: graph, on: inputs, limit: failed.limit
    ).map {
      VerifyReport.Departure(
        node: $0.node.name, op: $0.node.op.onnxName, inference: failed.inference,
        relativeError: $0.comparison.relativeError)
    }
  }
  return report
}

/// The data beside a model that are meant for verification, if there are any.
private func verificationData(beside model: String) -> String? {
  let folder = parent(of: model)
  if hasTestDataSets(folder) { return folder }
  let archive = join(folder, "test.npz")
  return [.file, .special].contains(PathKind(archive)) ? archive : nil
}
