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
/// First comes what is free. Then copies are divided among the layers, and products left to the host, at most a tenth
/// of the multiply-accumulates, so that the noise falls most for what is paid (`CopyAllocation`): half the noise, a
/// quarter, an eighth, until that is enough, and then what lies between. Last comes a calibration layer by layer.
/// What keeps less than was kept without it is not done. Samples
/// are typical inputs that calibration does not use, or all if it uses all. Two chips are simulated one
/// day and one year after programming, none of them one that `evaluate` begins with. Every attempt is
/// reported with what it takes, and so are those that no other beats. Throws
/// `Diagnostics` with every fault of the input.
func chooseAccuracy(
  _ model: PreparedModel, target: Double, console: Console
) throws -> AccuracyOptions {
  var search = try AccuracySearch(model, target: target, console: console)
  defer { console.clearStatus() }
  let chosen = try search.run()
  console.report(search.page(chosen))
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
  /// The part of FP32's accuracy that is wanted.
  let target: Double
  /// Shows how far the search is.
  let console: Console
  private(set) var attempts: [AccuracyAttempt] = []
  /// The samples and what FP32 makes of them.
  private var samples: (data: DataSet, reference: ExpectedOutputs)?
  /// The program of the last attempt, and that of the best.
  private var program: ValidProgram?
  private var best: ValidProgram?

  /// The parts of the multiply-accumulates that products on the host may have.
  private static let shares = [0.05, 0.1]
  /// The most steps between a division that is not enough and one that is.
  private static let bisections = 3

  init(_ model: PreparedModel, target: Double, console: Console) throws {
    (self.model, self.target, self.console) = (model, target, console)
    products = try NetworkProducts(model)
  }

  /// What the user wants.
  private var options: CompileOptions { model.options }

  private func reaches(_ attempt: AccuracyAttempt) -> Bool { attempt.kept.accuracy >= target }

  mutating func run() throws -> AccuracyAttempt {
    guard let first = try attempt("nothing", options.accuracy) else {
      preconditionFailure("the first attempt throws what is wrong")
    }
    best = program
    let free = try climbed(first, by: .free)
    if reaches(free) { return free }
    let divided = try dividingCopies(from: free)
    if reaches(divided) { return divided }
    let calibrated = try climbed(divided, by: .calibration)
    if reaches(calibrated) { return calibrated }
    return attempts.max { $0.kept.accuracy < $1.kept.accuracy } ?? first
  }

  /// `start` with all steps of `group` that keep no less, or with as many as are enough.
  private mutating func climbed(
    _ start: AccuracyAttempt, by group: Trial.Group
  ) throws -> AccuracyAttempt {
    var best = start
    for step in AccuracyStep.steps(of: group, beside: options.accuracy) where !reaches(best) {
      guard let changed = step.applied(to: best.options), known(changed) == nil,
        let found = try attempt(step.name, changed)
      else { continue }
      if found.kept.accuracy < best.kept.accuracy {
        attempts[attempts.count - 1].isTakenBack = true
        continue
      }
      best = found
      self.best = program
    }
    return best
  }

  /// The cheapest division of copies among layers that is enough, in addition to `start`, whose program was the last;
  /// the one that keeps most if none is.
  private mutating func dividingCopies(from start: AccuracyAttempt) throws -> AccuracyAttempt {
    guard options.accuracy.copies == 0, !options.accuracy.copiesRows else { return start }
    let noises = try noises()
    let ranked = products.ranked(by: noises)
    var hosts: [(nodes: [String], share: Double)] = [([], 0)]
    for share in Self.shares {
      let nodes = products.within(share, of: ranked)
      if nodes.count > hosts[hosts.count - 1].nodes.count { hosts.append((nodes, share)) }
    }
    let allocation = CopyAllocation(
      try model.cut(), noises: noises, hosts: hosts, for: options.mapping.objective)
    let whole = noises.values.reduce(0, +)
    guard allocation.points.count > 1, whole > 0 else { return start }
    return try walk(allocation, of: whole, beside: start.options) ?? start
  }

  /// The cheapest point of `allocation` that is enough, by halving the noise, which is `whole` without copies, and
  /// then by bisection; the one that keeps most if none is, and `nil` if none compiles.
  ///
  /// Where half the noise keeps no more, what is left is none that copies average out: then comes what gains
  /// beside them.
  private mutating func walk(
    _ allocation: CopyAllocation, of whole: Double, beside start: AccuracyOptions
  ) throws -> AccuracyAttempt? {
    var accuracy = start
    var (low, high, beforeBest) = (-1, -1, -1)
    var best: AccuracyAttempt?
    var isClimbed = false
    while high < 0, low < allocation.points.count - 1 {
      let wanted = low < 0 ? whole / 2 : allocation.points[low].noise / 2
      let next = max(allocation.first(below: wanted), low + 1)
      let found = try attempt(allocation.points[next], of: whole, beside: accuracy)
      if let found, found.kept.accuracy > best?.kept.accuracy ?? 0 {
        (best, self.best) = (found, program)
        if reaches(found) { high = next } else { (beforeBest, low) = (low, next) }
        if high >= 0 || next < allocation.points.count - 1 { continue }
      } else if isClimbed {
        low = next
        continue
      }
      guard !isClimbed, let before = best else { break }
      isClimbed = true
      let climbed = try climbed(before, by: .withCopies)
      (best, accuracy) = (climbed, climbed.options)
      if reaches(climbed) { (low, high) = (beforeBest, low) }
    }
    guard high >= 0 else { return best }
    for _ in 0..<Self.bisections where high - low > 1 {
      let below = low < 0 ? whole : allocation.points[low].noise
      let middle = allocation.first(below: (below * allocation.points[high].noise).squareRoot())
      let next = min(max(middle, low + 1), high - 1)
      let found = try attempt(allocation.points[next], of: whole, beside: accuracy)
      if let found, reaches(found) { (high, best) = (next, found) } else { low = next }
    }
    return best
  }

  /// What is kept with the copies of `point`, beside what else `accuracy` says; `nil` if that does not compile.
  private mutating func attempt(
    _ point: CopyAllocation.Point, of whole: Double, beside accuracy: AccuracyOptions
  ) throws -> AccuracyAttempt? {
    var changed = accuracy
    // The last that names a layer holds: what the user asked for.
    changed.givenCopies = point.copies + options.accuracy.givenCopies
    changed.digital = options.accuracy.digital
    let step = AccuracyStep.digital(point.digital, share: point.share)
    changed = step.applied(to: changed) ?? changed
    if let known = known(changed) { return known }
    let ratio = whole / point.noise
    let part = point.noise > 0 ? "1/\(fixed(ratio, ratio < 10 ? 1 : 0))" : "no"
    return try attempt(
      "copies by layer for \(part) of the noise" + (point.digital.isEmpty ? "" : ", \(step.name)"),
      changed)
  }

  private func known(_ accuracy: AccuracyOptions) -> AccuracyAttempt? {
    attempts.first { $0.options == accuracy }
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
      expected: reference, console: Console(quiet: true)
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

  private func read() throws -> (DataSet, ExpectedOutputs) {
    let data = try model.others()
    let reference = try evaluateAll(
      model.graph, data, shapes: model.outputShapes, console: Console(quiet: true))
    return (data, ExpectedOutputs(reference, of: data))
  }

  /// The power that the noise of each product of the best program adds to the output.
  private func noises() throws -> [String: Double] {
    guard let best, let (data, reference) = samples, let time = Self.plan.times.last else {
      return [:]
    }
    try console.status("accuracy: the noise of every product")
    return try products.noises(
      ProgrammedChip(best, fidelity: device(best)), at: time, data, reference.tensors)
  }

  /// The attempts that no other beats in accuracy, crossbars, latency and energy at once, the cheapest first.
  private var front: [AccuracyAttempt] {
    attempts.filter { one in !attempts.contains { $0.beats(one) } }
      .sorted { ($0.costs.energyNj ?? 0) < ($1.costs.energyNj ?? 0) }
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

  func page(_ chosen: AccuracyAttempt) -> Page {
    let measure = samples?.reference.measure ?? .classes
    let headings = measure.headings + AccuracyCosts.headings
    func table(_ title: Table.Column, _ attempts: [AccuracyAttempt]) -> Table {
      var table = Table([title] + headings)
      for attempt in attempts {
        let kept = [attempt.kept.accuracy, attempt.kept.agreement].prefix(measure.headings.count)
          .map { fixed(100 * $0, 2) }
        let ending = attempt.isTakenBack ? ", taken back" : ""
        table.add([attempt.name + ending] + kept + attempt.costs.cells)
      }
      return table
    }
    var page = Page(table("technique, in addition to those above<", attempts))
    page += "\n"
    page.add(table("Pareto front<", front))
    page += "\n"
    let wanted = fixed(100 * target, 2)
    let found = fixed(100 * chosen.kept.accuracy, 2)
    page += "chosen         \(chosen.options.text)\n"
    page += reaches(chosen) ? "reached        " : "not reached    "
    page += "\(found) % \(measure.whatIsKept), target \(wanted) %"
    page += ", on inputs that calibration has not used, one day and one year after programming"
    if measure == .classes { page += ", estimated by FP32's own probabilities" }
    page += "\n" + assumptions
    return page
  }
}

extension OutputMeasure {
  /// The columns of what is kept.
  fileprivate var headings: [Table.Column] {
    switch self {
    case .classes: ["accuracy kept, %", .init("agreement with FP32, %", rank: 1)]
    case .embeddings: ["cosine to FP32, %", .init("same neighbour, %", rank: 1)]
    case .values: ["power without error, %"]
    }
  }

  /// What a share that is kept is of.
  fileprivate var whatIsKept: String {
    switch self {
    case .classes: "of the accuracy of FP32"
    case .embeddings: "as the mean cosine to FP32"
    case .values: "of the power of the first output is no error"
    }
  }
}

extension AccuracyAttempt {
  /// Whether it keeps and costs no less good than `other` in every respect, and better in one.
  fileprivate func beats(_ other: AccuracyAttempt) -> Bool {
    func figures(_ attempt: AccuracyAttempt) -> [Double] {
      [
        -attempt.kept.accuracy, Double(attempt.costs.crossbars), attempt.costs.latencyNs ?? 0,
        attempt.costs.energyNj ?? 0, Double(attempt.costs.calibrationMultiplications),
      ]
    }
    let (own, others) = (figures(self), figures(other))
    return own != others && zip(own, others).allSatisfy { $0 <= $1 }
  }
}
