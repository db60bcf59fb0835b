import Basics
import IR
import Passes
import Program
import Simulator

/// The accuracy of a network with one technique more in every row, and what it takes.
struct AccuracyLadder: Encodable {
  /// What was measured with a technique and all those before it.
  struct Row: Encodable {
    var name: String
    /// The options that ask for it.
    var options: String
    var costs: AccuracyCosts
    var results: [EvaluationReport.Row]
  }

  var network: String
  var chip: String
  var data: String
  var samples: Int
  /// The accuracy of FP32; `nil` without labels.
  var fp32: Double?
  var assumptions: String
  var rows: [Row] = []

  /// The largest part of the multiply-accumulates that the last rows leave to the host.
  private static let shares = [0.05, 0.1]

  /// Evaluates the model at `path` as `plan` says, first with `options` and then with every technique
  /// that these leave out, the free ones first. Techniques with which the network does not
  /// fit the chip are left out.
  ///
  /// Products become digital in the order that typical inputs give, not the evaluated ones. Throws
  /// `Diagnostics` with every fault of the input.
  init(
    _ path: String, _ source: DataSource, device: DeviceOptions, plan: EvaluationPlan,
    options: CompileOptions, console: Console
  ) throws {
    let products = try NetworkProducts(path, options: options)
    var options = options
    var pipeline = Pipeline(options: options, console: console)
    try pipeline.run(path, data: source)
    if options.timing { console.report(timingTable(pipeline.passTimes)) }
    options.accuracy = pipeline.options.accuracy
    let asked = options.accuracy
    options.accuracyTarget = nil
    guard let graph = pipeline.graph, let first = pipeline.program else {
      preconditionFailure("a pipeline that is not stopped gives a program")
    }
    let all = try DataSet(source, inputs: graph.inputPorts, outputs: graph.outputPorts)
    let set = try options.calibrationPart.evaluated(of: all)
    let reference = try evaluateAll(graph, set, console: console)
    network = first.network
    chip = first.chip.name
    data = set.path
    samples = set.samples
    assumptions =
      device.assumptions(of: plan, first, routine: "as each row says")
      + options.calibrationPart.text(all, evaluated: set)
    let quiet = Console(quiet: true)
    func add(_ name: String, _ pipeline: Pipeline) throws {
      guard let program = pipeline.program else { return }
      let results = try MonteCarlo(
        program: program, fidelity: device.fidelity(on: program.chip),
        limits: device.limits.given, plan: plan, data: set, reference: reference, console: console
      ).run()
      let report = EvaluationReport(
        Evaluation(
          program, device: device, set, reference, assumptions: assumptions, plan, results,
          hashes: EvaluationHashes(
            program, pipeline.programBytes ?? .none, device, plan, set, reference: "network")))
      fp32 = report.fp32
      rows.append(
        Row(
          name: name, options: pipeline.options.accuracy.text,
          costs: try pipeline.costs(
            of: products, bytes: results.first?.bytesPerInference ?? 0,
            calibrationMultiplications: results.map(\.calibrationMultiplications).max() ?? 0),
          results: report.results))
    }
    try add("what the options say", pipeline)
    /// Adds a row for `step`; `false` if the network does not fit with it.
    func climb(_ step: AccuracyStep) throws -> Bool {
      guard let changed = step.applied(to: options.accuracy) else { return true }
      console.status("compiling with \(step.name)")
      var tried = options
      tried.accuracy = changed
      var next = Pipeline(options: tried, console: quiet)
      do { try next.run(path, data: source) } catch is Diagnostics { return false }
      options = tried
      pipeline = next
      try add(step.name, next)
      return true
    }
    for step in AccuracyStep.free { _ = try climb(step) }
    for step in AccuracyStep.others(beside: asked).joined() { _ = try climb(step) }
    guard let program = pipeline.program, let time = plan.times.last else { return }
    let typical = try TypicalData.others(options, model: path, graph: graph)
    let ranked = try products.ranked(
      ProgrammedChip(program, fidelity: DeviceOptions.ofSearch.fidelity(on: program.chip)),
      at: time, typical, evaluateAll(graph, typical, console: quiet))
    for share in Self.shares {
      let step = AccuracyStep.digital(products.within(share, of: ranked), share: share)
      if try !climb(step) { break }
    }
  }

  /// The table as a person reads it.
  var text: String {
    func percentage(_ value: Double?) -> String { value.map { fixed(100 * $0, 2) } ?? "-" }
    let times = rows.first?.results.map(\.timeSeconds) ?? []
    var table = Table(
      ["what is done, beside what stands above<"]
        + times.flatMap { time in
          let after = readable(seconds: time)
          return fp32 == nil
            ? ["SNR, \(after), dB", "as FP32, %"] : ["top-1, \(after), %", "±", "as FP32, %"]
        } + AccuracyCosts.headings)
    for row in rows {
      table.add(
        [row.name]
          + row.results.flatMap { result in
            fp32 == nil
              ? [result.decibels.map { fixed($0, 1) } ?? "-", percentage(result.agreement)]
              : [
                percentage(result.accuracy),
                percentage(result.high.flatMap { high in result.low.map { (high - $0) / 2 } }),
                percentage(result.agreement),
              ]
          } + row.costs.cells)
    }
    var text = table.text + "\n"
    if let fp32 { text += "FP32           \(fixed(100 * fp32, 2)) % of \(samples) samples\n" }
    text += "data           \(printable(data)), \(samples) samples, "
    text += "\(rows.first?.results.first?.seeds ?? 0) chips\n"
    text += "options        \(rows.last?.options ?? "")\n"
    return text + "assumes        \(assumptions)\n"
  }
}
