import Basics
import IR
import Passes
import Reference

/// Evaluates the model at `path` on `data` in its own precision.
///
/// Outputs go to `output`, every value of the first inference to `dumpAll`, and outputs are compared with those that the data hold if a tolerance is given in
/// `check`. Throws `Diagnostics` with every fault of the input.
public func runReference(
  model path: String, data: String, sizes: GivenSizes, output: String?, dumpAll: String?,
  check: Tolerance?, json: Bool, console: Console
) throws -> ExitStatus {
  let (report, unwritten) = try evaluate(
    path, data: data, sizes: sizes, output: output, dumpAll: dumpAll, check: check,
    console: console)
  try console.write(report, as: "aimcc.run/1", json: json)
  try unwritten.throwIfErrors()
  return report.isAsExpected ? .done : .verificationFailed
}

/// Evaluates every model that the batch at `list` names, and compares the outputs with those that its
/// data hold.
///
/// `tolerance` serves where a line gives none. Throws `Diagnostics` if the list has faults; those of
/// its models are reported as what became of them.
public func runReference(
  batch list: String, sizes: GivenSizes, tolerance: Tolerance, console: Console
) throws -> ExitStatus {
  try runBatch(list, console: console) { item in
    try evaluate(
      item.model, data: item.data, sizes: sizes, output: nil, dumpAll: nil,
      check: item.tolerance ?? tolerance, console: console
    ).report.firstMismatch
  }
}

private func evaluate(
  _ path: String, data: String, sizes: GivenSizes, output: String?, dumpAll: String?,
  check: Tolerance?, console: Console
) throws -> (report: OutputReport, unwritten: Diagnostics) {
  var model = try Model(path: path)
  try model.requireConstants()
  var source = try DataSource(path: data)
  let replacements = try model.replacements(in: source)
  if !replacements.isEmpty { model = try Model(path: path, replacing: replacements) }
  source = source.removing(model.defaultNames)
  var notes: [Diagnostic] = []
  let graph = try model.graph.withSizes(
    given: sizes, sources: { [source] }, file: path, notes: &notes)
  console.report(model.warnings + notes)
  let folded = try namingNodes(of: path) { try graph.folded() }
  let set = try DataSet(source, inputs: graph.inputPorts, outputs: folded.outputPorts)
  console.report(set.warnings)
  if check != nil { try set.requireExpected() }
  var files = CommandFiles()
  files.reads(model: path)
  files.reads(data: data)
  let arrays = files.opened(output, "--output", names: folded.outputPorts.map(\.name))
  let all = files.opened(dumpAll, "--dump-all", names: graph.namesOfResults)
  try files.faults.throwIfErrors()
  var faults = Diagnostics()
  if let all {
    try faults.collect { try dump(graph, set.inference(0, graph.inputPorts), to: all) }
  }
  let clock = ContinuousClock()
  let start = clock.now
  let outputs = try evaluateAll(graph, set, console: console)
  let seconds = (clock.now - start).milliseconds / 1e3
  if let arrays { try faults.collect { try arrays.write(outputs, folded.outputPorts) } }
  let report = OutputReport(
    outputs, ports: folded.outputPorts, data: set, seconds: seconds, tolerance: check)
  return (report, faults)
}

extension Graph {
  /// The names of the inputs, and of what the nodes compute.
  fileprivate var namesOfResults: [String] {
    (inputs + nodes.flatMap(\.results)).map { self[$0].name }
  }
}

/// Writes the inputs and what every node computes of them to `output`.
///
/// Where a node cannot be computed, what comes before it is written all the same.
private func dump(_ graph: Graph, _ inputs: [Tensor], to output: ArrayOutput) throws {
  var arrays: [NamedTensor] = []
  let result = Result {
    _ = try Evaluator(graph).evaluate(inputs) { id, tensor in
      arrays.append(NamedTensor(name: graph[id].name, tensor: tensor))
    }
  }
  try output.write(arrays)
  try result.get()
}

extension DataSet {
  /// Throws unless there is an expected output to compare with.
  func requireExpected() throws {
    if expected.contains(where: { $0 != nil }) { return }
    throw Diagnostics(
      Diagnostic(
        file: path, "holds no expected outputs to check against",
        supported: "output_0.pb, …, or arrays named as the outputs or output_0, …"))
  }
}

extension ArrayOutput {
  /// Writes the outputs of a run, each of inferences × the shape of its port.
  func write(_ outputs: [Tensor], _ ports: [DataPort]) throws {
    try write(
      zip(ports, outputs).map { NamedTensor(name: $0.name, tensor: $1.mergingInferences) })
  }
}
