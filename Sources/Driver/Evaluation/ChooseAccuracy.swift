import Basics
import IR
import Passes
import Program
import Simulator

/// What an attempt to keep the accuracy of a network on a chip costs, and what it gives.
struct AccuracyAttempt {
  /// What it adds to the attempt before.
  var name: String
  var options: AccuracyOptions
  /// The part of the samples in which simulated chips find the class of FP32, and for networks without
  /// classes the part of the output's power that is no error.
  var agreement: Double
  var crossbars: Int
  /// The bytes between host and chip in an inference.
  var traffic: Int
  /// The time of an inference in ns, and its energy in nJ.
  var latency: Double
  /// The part of the multiply-accumulates that the host does.
  var digitalShare: Double
}

/// Tries what can be done for the accuracy of the model at `path`, the cheapest first, until simulated
/// chips agree with FP32 in `target` of the samples, and returns the options that do; those that come
/// nearest if none does.
///
/// Samples are the typical inputs that calibration does not use, or all if it uses all. Two chips are
/// simulated one day and one year after programming, none of them one that `evaluate` begins with. Every
/// attempt is reported. Throws `Diagnostics` with every fault of the input.
func chooseAccuracy(
  _ path: String, target: Double, options: CompileOptions, console: Console
) throws -> AccuracyOptions {
  var attempts: [AccuracyAttempt] = []
  let quiet = Console(quiet: true)
  func attempt(_ name: String, _ accuracy: AccuracyOptions) throws -> AccuracyAttempt? {
    var options = options
    options.accuracy = accuracy
    var pipeline = Pipeline(options: options, console: quiet)
    do { try pipeline.run(path) } catch let faults as Diagnostics {
      // Copies may not fit the chip; without them, the network is at fault.
      if attempts.isEmpty { throw faults }
      return nil
    }
    guard let graph = pipeline.graph, let program = pipeline.program,
      let schedule = pipeline.schedule
    else { preconditionFailure("a pipeline that is not stopped gives a program") }
    let data = try TypicalData.others(options.calibrate, model: path, graph: graph)
    let (agreement, bytes) = try measuredAgreement(of: program, with: graph, on: data, quiet)
    let partition = schedule.placement.partition
    let digital = partition.digital.reduce(0) { $0 + $1.macs }
    let all = digital + partition.layers.reduce(0) { $0 + $1.macs }
    let attempt = AccuracyAttempt(
      name: name, options: accuracy, agreement: agreement, crossbars: partition.blocks,
      traffic: bytes, latency: schedule.latency,
      digitalShare: all == 0 ? 0 : Double(digital) / Double(all))
    attempts.append(attempt)
    return attempt
  }
  var accuracy = options.accuracy
  let steps: [(String, (inout AccuracyOptions) -> Void)] = [
    ("nothing", { _ in }),
    ("refit on the chip", { $0.routine = .refit }),
    ("inputs centred", { $0.centers = true }),
    ("copies in free columns", { $0.copies = max($0.copies, 1) }),
    (
      "half the conductance range, predistorted for 10 d",
      {
        $0.range = min($0.range, 0.5)
        if $0.predistortion.isEmpty { $0.predistortion = [TimeSpan("10d")].compactMap { $0 } }
      }
    ),
    ("copies in twice the crossbars", { $0.copies = max($0.copies, 2) }),
    ("copies in four times the crossbars", { $0.copies = max($0.copies, 4) }),
  ]
  defer { console.report(accuracyTable(attempts, target: target)) }
  for (name, change) in steps {
    var changed = accuracy
    change(&changed)
    guard let found = try attempt(name, changed) else { break }
    accuracy = changed
    if found.agreement >= target { return changed }
  }
  // The first product meets the user's own data, and is often the most sensitive for its size.
  let ranked = try digitalCandidates(path, options: options, quiet)
  for node in ranked {
    var changed = accuracy
    changed.digital.append(node)
    guard let found = try attempt("\"\(node)\" digital", changed) else { break }
    if found.digitalShare > largestDigitalShare {
      attempts.removeLast()
      break
    }
    accuracy = changed
    if found.agreement >= target { return changed }
  }
  let best = attempts.max { $0.agreement < $1.agreement }
  return best?.options ?? accuracy
}

/// The largest part of the multiply-accumulates that may be left to the host.
private let largestDigitalShare = 0.1

/// The products whose exactness is cheapest: the first and the last one.
private func digitalCandidates(
  _ path: String, options: CompileOptions, _ console: Console
) throws -> [String] {
  var options = options
  options.stopAfter = .partition
  var pipeline = Pipeline(options: options, console: console)
  try pipeline.run(path)
  guard let partition = pipeline.partition else { return [] }
  let nodes = partition.layers.map { partition.graph[$0.node].name }
  return [nodes.first, nodes.count > 1 ? nodes.last : nil].compactMap { $0 }
}

/// The part of the samples in which chips find the class of FP32, and the bytes that pass between host
/// and chip in an inference.
private func measuredAgreement(
  of program: Program, with graph: Graph, on data: DataSet, _ console: Console
) throws -> (agreement: Double, bytes: Int) {
  let reference = try evaluateAll(graph, data, console: console)
  var plan = EvaluationPlan()
  plan.times = ["1d", "1y"].compactMap { TimeSpan($0) }
  plan.seeds = 2
  plan.firstSeed = 1 << 32
  var device = DeviceOptions(.model("hermes-tdp"))
  device.seed = plan.firstSeed
  let results = try MonteCarlo(
    program: program, fidelity: device.fidelity(on: program.chip), plan: plan, data: data,
    reference: reference, console: console
  ).run()
  let shares = results.map { result -> Double in
    if let agreeing = result.agreeing {
      return Double(agreeing) / Double(max(result.samples, 1))
    }
    return result.signal > 0 ? max(1 - result.noise / result.signal, 0) : 0
  }
  return (
    shares.reduce(0, +) / Double(max(shares.count, 1)), results.first?.bytesPerInference ?? 0
  )
}

private func accuracyTable(_ attempts: [AccuracyAttempt], target: Double) -> String {
  var table = Table(
    "what is done, beside what stands above<", "as FP32, %", "crossbars", "bytes", "latency",
    "digital MACs, %")
  for attempt in attempts {
    table.add(
      attempt.name, fixed(100 * attempt.agreement, 2), "\(attempt.crossbars)",
      grouped(attempt.traffic), readable(nanoseconds: attempt.latency),
      fixed(100 * attempt.digitalShare, 2))
  }
  let best = attempts.map(\.agreement).max() ?? 0
  let wanted = fixed(100 * target, 2)
  return table.text
    + (best >= target
      ? "reaches \(wanted) % on inputs that calibration has not used\n"
      : "\(wanted) % is out of reach: at most \(fixed(100 * best, 2)) % on inputs that calibration "
        + "has not used\n")
}
