import Basics
import Compiler
import IR
import Program

/// A network that another program holds: read once, compiled and run as often as wanted.
package struct LibraryNetwork: Sendable {
  let model: Model
  /// Whether it was read from a file.
  private let isFile: Bool

  /// Reads the ONNX model, or the text of a graph (.aim), at `path`.
  ///
  /// Throws `Diagnostics` with every fault of the file.
  package init(path: String) throws {
    model = try Model(path: path)
    isFile = true
  }

  /// Reads the ONNX model of `bytes`, which messages call `name`. Weights in files of their own are not found.
  ///
  /// Throws `Diagnostics` with every fault of the model.
  package init(onnx bytes: UnsafeRawBufferPointer, name: String) throws {
    model = try StandardInput.withFile(of: bytes) { try Model(path: $0, named: name) }
    isFile = false
  }

  /// `options` for this network, with the typical inputs that are given, if any.
  private func completed(_ options: CompileOptions, _ typical: DataSource?) -> CompileOptions {
    var options = options
    options.typicalData = typical
    options.looksBesideModel = isFile
    return options
  }

  /// By what messages call it.
  package var name: String { model.path }

  /// What it takes and gives, as JSON (`aimcc.network/1`).
  ///
  /// Throws what the encoder throws.
  package func description() throws -> String {
    try Document(schema: "aimcc.network/1", content: NetworkPorts(model.graph)).text()
  }

  /// What reading it had to tell, although it stops nothing.
  package var warnings: [Diagnostic] { model.warnings }

  /// Compiles it; returns the program and the report (`aimcc.compile/1`).
  ///
  /// Without `typical`, inputs beside the file of the model serve, or synthetic ones. Throws `Diagnostics` with every
  /// fault of the input, and `Stopped`.
  package func compiled(
    _ options: CompileOptions, typical: DataSource?, console: Console
  ) throws -> (program: LibraryProgram, report: String) {
    let compiled = try CompiledModel(
      model, options: completed(options, typical), console: console)
    let (program, bytes) = compiled.program
    let text = try CompileReport(written: compiled).map {
      try Document(schema: CompileReport.schema, content: $0).text()
    }
    let name = replacingExtension(compiled.prepared.model.path, with: programSuffix)
    return (LibraryProgram(program, bytes, name: name), text ?? "")
  }

  /// Evaluates it in floating point; returns the outputs and the report (`aimcc.run/1`).
  ///
  /// Throws `Diagnostics` with every fault of the input, and `Stopped`.
  package func run(
    _ source: DataSource, sizes: GivenSizes, console: Console
  ) throws -> (outputs: [NamedTensor], report: String) {
    try model.requireConstants()
    try model.requireDefaults(in: source)
    var notes: [Diagnostic] = []
    let graph = try model.graph.withSizes(
      given: sizes, sources: { [source] }, file: model.path, notes: &notes)
    let ports = try namingNodes(of: model.path) { try graph.folded().outputPorts }
    let set = try DataSet(
      source.removing(model.defaultNames), inputs: graph.inputPorts, outputs: ports)
    console.report(notes + set.warnings)
    let start = ContinuousClock.now
    let outputs = try evaluateAll(graph, set, console: console)
    let seconds = (.now - start).milliseconds / 1e3
    let report = OutputReport(outputs, ports: ports, data: set, seconds: seconds, tolerance: nil)
    let text = try Document(schema: "aimcc.run/1", content: report).text()
    return (outputs.named(ports), text)
  }

  /// Compiles it and measures the accuracy on many simulated chips over time (`aimcc.evaluate/1`).
  ///
  /// Throws `Diagnostics` with every fault of the input, and `Stopped`.
  package func evaluated(
    _ source: DataSource, typical: DataSource?, _ request: EvaluationRequest, console: Console
  ) throws -> String {
    var request = request
    request.hasModelInMemory = !isFile
    let options = completed(request.options, typical)
      .evaluating(model.path, over: source, console: console)
    let compiled = try CompiledModel(model, data: source, options: options, console: console)
    let subject = try EvaluationSubject(
      compiled, source, options, limits: request.device.limits.given, console)
    return try subject.report(request, options, console: console)
  }
}

extension EvaluationSubject {
  /// The report of the evaluation that `request` describes, as JSON; the network was compiled with `options`.
  ///
  /// Throws like `evaluated`.
  func report(
    _ request: EvaluationRequest, _ options: CompileOptions, console: Console
  ) throws -> String {
    let plan = request.plan
    try plan.requireChips()
    let provenance = try request.provenance(options, chosen: chosen)
    let evaluated = try evaluated(
      request.device, plan, provenance: provenance,
      console: console)
    let budget = request.ablates ? try errorBudget(evaluated, plan) : nil
    let report = EvaluationReport(evaluated.evaluation, budget: budget?.entries)
    return try Document(schema: EvaluationFile.evaluation, content: report).text()
  }
}

extension [Tensor] {
  /// Outputs of a run, each of inferences × the shape of its port, under the names of the ports.
  func named(_ ports: [DataPort]) -> [NamedTensor] {
    zip(ports, self).map { NamedTensor(name: $0.name, tensor: $1.mergingInferences) }
  }
}
