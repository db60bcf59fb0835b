import Basics
import Compiler
import IR
import Passes
import Program
import Simulator

/// The accuracy of a network with one technique more in every row, and what it takes.
struct AccuracyLadder: Report {
  /// What was measured with a technique and all those before it.
  struct Row: Encodable {
    var name: String
    /// The options that ask for it.
    var options: String
    var costs: AccuracyCosts
    var results: [EvaluationReport.Row]
    /// What every chip gave at every time.
    var values: [EvaluationReport.Value]
  }

  var network: String
  var chip: String
  var data: String
  var samples: Int
  /// The accuracy of FP32; `nil` without labels.
  var fp32: Double?
  var assumptions: String
  var provenance: Provenance?
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
    options: CompileOptions, state: EvaluationState? = nil, console: Console
  ) throws {
    let prepared = try PreparedModel(path, data: source, options: options, console: console)
    let asked = try prepared.withChosenAccuracy(console: console)
    let products = try NetworkProducts(asked)
    var last = try asked.compiled(console: console)
    let (graph, first) = (asked.graph, last.program.program)
    let device = try device.resolved(on: first.chip)
    let all = try DataSet(source, inputs: graph.inputPorts, outputs: graph.outputPorts)
    let set = try options.calibrationPart.evaluated(of: all)
    let shapes = first.outputs.map(\.shape)
    let reference = try evaluateAll(graph, set, shapes: shapes, console: console)
    let expected = ExpectedOutputs(reference, of: set)
    network = first.network
    chip = first.chip.name
    data = set.path
    samples = set.samples
    assumptions =
      device.assumptions(of: plan, first, routine: "as each row says")
      + options.calibrationPart.text(all, evaluated: set)
    func add(_ name: String, _ compiled: CompiledModel) throws {
      let (program, bytes) = compiled.program
      let hashes = EvaluationHashes(program, bytes, device, plan, set, reference: "network")
      var carlo = MonteCarlo(
        program: program, fidelity: try device.fidelity(on: program.chip, chips: program.chipCount),
        limits: device.limits.given, plan: plan, data: set, expected: expected, console: console,
        stops: true)
      try carlo.resume(from: state, hashes)
      let results = try carlo.run()
      // A row is whole or not there.
      if Interruption.isWanted && results.count < plan.chips.count * plan.times.count { return }
      let report = EvaluationReport(
        Evaluation(
          program, device: device, set, reference, assumptions: assumptions, plan, results,
          hashes: hashes))
      fp32 = report.fp32
      console.tell(name, report.results)
      rows.append(
        Row(
          name: name, options: compiled.prepared.options.accuracy.text,
          costs: try compiled.costs(
            of: products, bytes: results.first?.bytesPerInference ?? 0,
            calibrationMultiplications: results.map(\.calibrationMultiplications).max() ?? 0),
          results: report.results, values: report.values))
    }
    try add("what the options say", last)
    /// Adds a row for `step`; `false` if the network does not fit with it.
    func climb(_ step: AccuracyStep) throws -> Bool {
      guard !Interruption.isWanted else { return false }
      guard let changed = step.applied(to: last.prepared.options.accuracy) else { return true }
      try console.status("compiling with \(step.name)")
      do { last = try asked.attempted(changed) } catch is Diagnostics { return false }
      try add(step.name, last)
      return true
    }
    for group in Trial.Group.allCases where group != .withCopies {
      for step in AccuracyStep.steps(of: group, beside: asked.options.accuracy) {
        _ = try climb(step)
      }
    }
    guard let time = plan.times.last, !Interruption.isWanted else { return }
    let program = last.program.program
    let typical = try asked.others()
    let ranked = try products.ranked(
      by: products.noises(
        ProgrammedChip(
          program,
          fidelity: DeviceOptions.ofSearch(asked.options.accuracy.model, on: program.chip)
            .fidelity(on: program.chip, chips: program.chipCount)),
        at: time, typical,
        evaluateAll(graph, typical, shapes: shapes, console: Console(quiet: true))))
    for share in Self.shares {
      let step = AccuracyStep.digital(products.within(share, of: ranked), share: share)
      if try !climb(step) { break }
    }
  }

  /// The table as a person reads it.
  var page: Page {
    func percentage(_ value: Double?) -> String { value.map { fixed(100 * $0, 2) } ?? "-" }
    let times = rows.first?.results.map(\.timeSeconds) ?? []
    let quantity = Quantity(of: rows.flatMap(\.results))
    var table = Table(
      ["technique, in addition to those above<"]
        + times.flatMap { time in
          let after = readable(seconds: time)
          let agreement = Table.Column("agreement with FP32, %", rank: 1)
          return fp32 == nil
            ? [Table.Column("SNR, \(after), dB"), .init(quantity.title, rank: 1)]
            : [Table.Column("top-1, \(after), %"), "±", agreement]
        } + AccuracyCosts.headings)
    for row in rows {
      table.add(
        [row.name]
          + row.results.flatMap { result in
            fp32 == nil
              ? [result.decibels.map { fixed($0, 1) } ?? "-", percentage(result.share)]
              : [
                percentage(result.accuracy),
                percentage(result.high.flatMap { high in result.low.map { (high - $0) / 2 } }),
                percentage(result.agreement),
              ]
          } + row.costs.cells)
    }
    var text = "\n"
    if let fp32 { text += "FP32           \(fixed(100 * fp32, 2)) % of \(samples) samples\n" }
    text += "data           \(printable(data)), \(samples) samples, "
    text += "\(rows.first?.results.first?.seeds ?? 0) chips\n"
    text += "options        \(rows.last?.options ?? "")\n"
    text += "assumes        \(assumptions)\n"
    var page = Page(table)
    page += text
    return page
  }
}

extension Console {
  /// Says what came out with a technique as soon as it is known; the table follows when all are.
  fileprivate func tell(_ name: String, _ results: [EvaluationReport.Row]) {
    if quiet { return }
    let figures = results.map { result in
      let after = readable(seconds: result.timeSeconds)
      if let share = result.share {
        return "\(fixed(100 * share, 2)) % after \(after)"
      }
      return result.decibels.map { "\(fixed($0, 1)) dB after \(after)" } ?? "exact after \(after)"
    }
    report("\(name): \(figures.joined(separator: ", "))")
  }
}
