import Basics
import Compiler
import IR
import Passes
import Program
import Simulator

/// Tries what can be done for the accuracy of `model`, the cheapest first, until simulated
/// chips keep `target` of the accuracy of FP32, and returns the options that do; those that come nearest
/// if none does.
///
/// First comes what is free; then, with more and more of what costs crossbars, traffic or time, products
/// are left to the host, those first whose noise costs most for their multiply-accumulates, at most a
/// tenth of them. What keeps less than was kept without it is not done. Samples
/// are typical inputs that calibration does not use, or all if it uses all. Two chips are simulated one
/// day and one year after programming, none of them one that `evaluate` begins with. Every attempt is
/// reported with what it takes, and so is the accuracy over the digital part, up to a quarter. Throws
/// `Diagnostics` with every fault of the input.
func chooseAccuracy(
  _ model: PreparedModel, target: Double, console: Console
) throws -> AccuracyOptions {
  var search = try AccuracySearch(model, console: console)
  defer { console.clearStatus() }
  let chosen = try search.run(target: target)
  console.report(search.page(chosen, target: target))
  return chosen.options
}

/// What was done for the accuracy of a network, what it costs, and what it gives.
struct AccuracyAttempt {
  /// What it adds to the attempt before.
  var name: String
  var options: AccuracyOptions
  /// The mean over chips and times.
  var kept: Kept
  var costs: AccuracyCosts
  /// Whether less was kept with it than before, so that it is not part of the attempts after it.
  var isTakenBack = false
}

/// The search for the cheapest options that keep the accuracy.
private struct AccuracySearch {
  let model: PreparedModel
  let products: NetworkProducts
  /// Shows how far the search is.
  let console: Console
  private(set) var attempts: [AccuracyAttempt] = []
  /// The accuracy over the digital part with what was chosen.
  private(set) var curve: [AccuracyAttempt] = []
  /// The products, that first whose noise costs most for its size, once they are ranked.
  private var ranked: [String]?
  /// The samples and what FP32 makes of them.
  private var samples: (data: DataSet, reference: [Tensor])?
  /// The program of the last attempt, and that of the best.
  private var program: ValidProgram?
  private var best: ValidProgram?

  /// The parts of the multiply-accumulates that the curve has the accuracy at, and which of them may be
  /// chosen.
  private static let shares = [0, 0.05, 0.1, 0.25]
  private static let largestShare = 0.1

  init(_ model: PreparedModel, console: Console) throws {
    self.model = model
    self.console = console
    products = try NetworkProducts(model)
  }

  /// What the user wants.
  private var options: CompileOptions { model.options }

  mutating func run(target: Double) throws -> AccuracyAttempt {
    guard let first = try attempt("nothing", options.accuracy) else {
      preconditionFailure("the first attempt throws what is wrong")
    }
    if first.kept.accuracy >= target { return try drawingCurve(first) }
    var best = first
    self.best = program
    for group in [AccuracyStep.free] + AccuracyStep.others(beside: options.accuracy) {
      for step in group {
        guard let changed = step.applied(to: best.options), isNew(changed),
          let found = try attempt(step.name, changed)
        else { continue }
        if found.kept.accuracy < best.kept.accuracy {
          attempts[attempts.count - 1].isTakenBack = true
          continue
        }
        best = found
        self.best = program
        if found.kept.accuracy >= target { return try drawingCurve(found) }
      }
      for share in Self.shares.dropFirst() where share <= Self.largestShare {
        if let found = try attempt(best.options, digital: share), found.kept.accuracy >= target {
          return try drawingCurve(found)
        }
      }
    }
    return try drawingCurve(attempts.max { $0.kept.accuracy < $1.kept.accuracy } ?? first)
  }

  /// Measures the accuracy at all shares with the other options of `chosen`, and returns it.
  private mutating func drawingCurve(_ chosen: AccuracyAttempt) throws -> AccuracyAttempt {
    var accuracy = chosen.options
    accuracy.digital = options.accuracy.digital
    for share in Self.shares {
      let nodes = try share == 0 ? [] : digital(share)
      let step = AccuracyStep.digital(nodes, share: share)
      let changed = step.applied(to: accuracy) ?? accuracy
      if let known = attempts.first(where: { $0.options == changed }) {
        curve.append(known)
      } else if let found = try attempt(step.name, changed) {
        attempts.removeLast()
        curve.append(found)
      }
    }
    return chosen
  }

  /// `accuracy` with at most `share` digital; `nil` if that adds nothing, or does not compile.
  private mutating func attempt(
    _ accuracy: AccuracyOptions, digital share: Double
  ) throws -> AccuracyAttempt? {
    let step = AccuracyStep.digital(try digital(share), share: share)
    guard let changed = step.applied(to: accuracy), isNew(changed) else { return nil }
    return try attempt(step.name, changed)
  }

  private func isNew(_ accuracy: AccuracyOptions) -> Bool {
    !attempts.contains { $0.options == accuracy }
  }

  /// The products to be left to the host where at most `share` may be.
  private mutating func digital(_ share: Double) throws -> [String] {
    let known = try ranked ?? rank()
    ranked = known
    return products.within(share, of: known)
  }

  /// Compiles with `accuracy` and measures what is kept; `nil` if it does not compile although the first
  /// attempt did, as where copies do not fit the chip, or if that changes nothing.
  private mutating func attempt(
    _ name: String, _ accuracy: AccuracyOptions
  ) throws -> AccuracyAttempt? {
    try console.status("accuracy: \(name)")
    let compiled: CompiledModel
    do { compiled = try model.attempted(accuracy) } catch let faults as Diagnostics {
      if attempts.isEmpty { throw faults }
      return nil
    }
    let program = compiled.program.program
    if program == best { return nil }
    self.program = program
    let (data, reference) = try samples ?? read()
    samples = (data, reference)
    var kept: [Kept] = []
    let results = try MonteCarlo(
      program: program, fidelity: device(program), limits: .none, plan: Self.plan, data: data,
      reference: reference, console: Console(quiet: true)
    ).run { kept.append(Kept($0, reference)) }
    var mean = kept[0]
    mean.agreement = kept.reduce(0) { $0 + $1.agreement } / Double(kept.count)
    mean.accuracy = kept.reduce(0) { $0 + $1.accuracy } / Double(kept.count)
    let attempt = AccuracyAttempt(
      name: name, options: accuracy, kept: mean,
      costs: try compiled.costs(
        of: products, bytes: results.last?.bytesPerInference ?? 0,
        calibrationMultiplications: results.map(\.calibrationMultiplications).max() ?? 0))
    attempts.append(attempt)
    return attempt
  }

  private func read() throws -> (DataSet, [Tensor]) {
    let data = try model.others()
    let reference = try evaluateAll(
      model.graph, data, shapes: model.outputShapes, console: Console(quiet: true))
    return (data, reference)
  }

  /// The products on crossbars in the order of what their noise alone makes of the output, for their
  /// multiply-accumulates.
  private func rank() throws -> [String] {
    guard let program, let (data, reference) = samples, let time = Self.plan.times.last else {
      return []
    }
    try console.status("accuracy: the noise of every product")
    return try products.ranked(
      ProgrammedChip(program, fidelity: device(program)), at: time, data, reference)
  }

  /// The chips and times of every attempt.
  private static let plan = {
    var plan = EvaluationPlan()
    plan.times = ["1d", "1y"].compactMap { TimeSpan($0) }
    (plan.seeds, plan.firstSeed) = (2, DeviceOptions.seedOfSearch)
    plan.redraws = false
    return plan
  }()

  private func device(_ program: ValidProgram) throws -> Fidelity {
    try DeviceOptions.ofSearch(options.accuracy.model, on: program.chip).fidelity(
      on: program.chip, chips: program.chipCount)
  }

  /// What all figures assume.
  private var assumptions: String {
    guard let program,
      let device = try? DeviceOptions.ofSearch(options.accuracy.model, on: program.chip)
    else { return "" }
    let text = device.assumptions(
      of: EvaluationPlan(), program, routine: "as every row says")
    return "assumes        \(text)\n"
  }

  func page(_ chosen: AccuracyAttempt, target: Double) -> Page {
    let headings: [Table.Column] =
      ["accuracy kept, %", .init("agreement with FP32, %", rank: 1)] + AccuracyCosts.headings
    func cells(_ attempt: AccuracyAttempt) -> [String] {
      let kept = [attempt.kept.accuracy, attempt.kept.agreement]
      return kept.map { fixed(100 * $0, 2) } + attempt.costs.cells
    }
    var table = Table(["technique, in addition to those above<"] + headings)
    for attempt in attempts {
      let ending = attempt.isTakenBack ? ", taken back" : ""
      table.add([attempt.name + ending] + cells(attempt))
    }
    var page = Page(table)
    page += "\n"
    var shares = Table(["digital at most, %"] + headings)
    for (share, attempt) in zip(Self.shares, curve) {
      shares.add([fixed(100 * share, 0)] + cells(attempt))
    }
    page.add(shares)
    page += "\n"
    let wanted = fixed(100 * target, 2)
    let found = fixed(100 * chosen.kept.accuracy, 2)
    page += "chosen         \(chosen.options.text)\n"
    page += chosen.kept.accuracy >= target ? "reached        " : "not reached    "
    page += "\(found) % of the accuracy of FP32, target \(wanted) %"
    page += ", on inputs that calibration has not used, one day and one year after programming, "
    page += "estimated by FP32's own probabilities\n" + assumptions
    return page
  }
}
