import Basics
import Compiler
import Program
import Simulator

/// What one chip gave at one time on a data set, in whole numbers, so that parts of an evaluation can be put
/// together in any order.
struct ChipResult: Codable, Hashable {
  /// The time after programming in s, and which of all chips it is.
  var timeSeconds: Double
  var seed: UInt64
  /// The samples whose class is the labelled one, as bits in hexadecimal, four samples a digit.
  var right: String?
  /// How many samples have the labelled class among their five largest.
  var rightOfFive: Int?
  /// How many samples have the class that FP32 finds, of how many.
  var agreeing: Int?
  var samples: Int
  /// How near the outputs are, where they find no class.
  var likeness: Likeness?
  /// The bytes that pass between host and chip in an inference.
  var bytesPerInference: Int
  /// Σ reference² and Σ (output − reference)² over the first output.
  var signal: Double
  var noise: Double
  /// The vectors that crossbars multiplied to calibrate the chip.
  var calibrationMultiplications: Int
  /// The parts of input codes, counts and results that were cut.
  var counts: Clips

  /// How much was cut.
  struct Clips: Codable, Hashable {
    var inputs: Int
    var counts: Int
    var results: Int
  }
}

/// The times and chips of an evaluation, and the part of it that is to be done.
public struct EvaluationPlan: Sendable {
  /// The times after programming, ascending: each draws noise of its own by its place among them.
  public var times: [TimeSpan] = ["0", "1h", "1d", "1y"].compactMap({ TimeSpan($0) }) {
    didSet { times.sort { $0.seconds < $1.seconds } }
  }
  /// The number of chips, and the first of them.
  public var seeds = 10
  public var firstSeed: UInt64 = 0
  /// The times at which chips are calibrated; `nil` for each evaluated time anew.
  public var calibrations: [TimeSpan]?
  /// What corrects drift since the last of these.
  public var following = DriftFollowing.clock
  /// What is corrected then, instead of what the program says.
  public var routine: Probe.Routine?
  /// Half the width of the 95 % interval, as a fraction, at which no more chips are tried.
  public var halfWidth: Double?
  /// Whether the calibration for every time draws read noise of its own, where `calibrations` is `nil`.
  var redraws = true
  /// The part k of n to do, from 1 to n, and n.
  public var shard = (part: 1, of: 1)

  /// Creates the usual plan.
  public init() {}

  /// Throws `Diagnostics` if chips have numbers beyond the largest.
  func requireChips() throws {
    guard firstSeed.addingReportingOverflow(UInt64(max(seeds, 1) - 1)).overflow else { return }
    throw Diagnostics(
      Diagnostic(
        .error,
        "--seed \(firstSeed) is the first of \(seeds) chips, of which the last has no number",
        supported: "chips up to number \(UInt64.max)"))
  }

  /// The chips of this part.
  var chips: [UInt64] {
    (0..<seeds).filter { $0 % shard.of == shard.part - 1 }.map { firstSeed + UInt64($0) }
  }
}

/// Runs a program on many chips at many times.
struct MonteCarlo {
  let program: ValidProgram
  let fidelity: Fidelity
  let limits: Limits
  let plan: EvaluationPlan
  let data: DataSet
  /// What each output should be.
  let expected: ExpectedOutputs
  let console: Console
  /// Whether it ends with what is done when a person asks for the end.
  var stops = false
  /// What chips gave before, which is not done again.
  var known: [ChipResult] = []
  /// Is told of each result that is new.
  var keep: (ChipResult) throws -> Void = { _ in }

  /// What every chip gave at every time; `observe` is told of all outputs of those that are new.
  ///
  /// Throws `Diagnostics` if the program fails.
  func run(observe: ([Tensor]) -> Void = { _ in }) throws -> [ChipResult] {
    let chips = plan.chips
    let first = try ProgrammedChip(program, fidelity: fidelity, limits: limits)
    let finder = Dictionary(
      known.map { (Place(seed: $0.seed, time: $0.timeSeconds), $0) },
      uniquingKeysWith: { first, _ in first })
    func isKnown(_ seed: UInt64, _ time: TimeSpan) -> Bool {
      finder[Place(seed: seed, time: time.seconds)] != nil
    }
    let all = chips.flatMap { seed in plan.times.map { (seed, $0) } }
    var progress = Progress(
      "evaluation: chips and times", total: all.count { !isKnown($0.0, $0.1) }, console: console,
      tellsTimeLeft: true)
    try progress.begin()
    defer { progress.finish() }
    var results: [ChipResult] = []
    var done = 0
    for seed in chips {
      var programmed: ProgrammedChip?
      for (number, time) in plan.times.enumerated() {
        if let result = finder[Place(seed: seed, time: time.seconds)] {
          results.append(result)
          continue
        }
        let chip =
          programmed ?? (seed == fidelity.devices?.seed ? first : first.programmed(seed: seed))
        programmed = chip
        let (run, multiplications) = try chip.simulated(
          at: time, data, calibrations: plan.calibrations, routine: plan.routine,
          following: plan.following, number: plan.redraws ? number : 0
        ) { try progress.update(done, part: $0) }
        observe(run.outputs)
        let result = ChipResult(
          time.seconds, seed, run, data: data, expected: expected,
          multiplications: multiplications)
        results.append(result)
        try keep(result)
        done += 1
        progress.news = news(results)
        try progress.update(done)
        if stops && Interruption.isWanted { return results }
      }
      if let halfWidth = plan.halfWidth, plan.shard.of == 1, seed - plan.firstSeed >= 2,
        plan.times.allSatisfy({ time in
          let shares = results.filter { $0.timeSeconds == time.seconds }.map {
            $0.accuracy(samples: data.samples) ?? 0
          }
          return Interval(shares).halfWidth <= halfWidth
        })
      {
        break
      }
    }
    return results
  }
}

extension MonteCarlo {
  /// How accurate chips are at the last time that some have been seen at; empty without labels.
  private func news(_ results: [ChipResult]) -> String {
    guard let time = results.last?.timeSeconds else { return "" }
    let shares = results.filter { $0.timeSeconds == time }.compactMap {
      $0.accuracy(samples: data.samples)
    }
    if shares.isEmpty { return "" }
    let mean = shares.reduce(0, +) / Double(shares.count)
    return "\(fixed(100 * mean, 2)) % right after \(readable(seconds: time))"
  }

  private struct Place: Hashable {
    var seed: UInt64
    var time: Double
  }
}

extension DataSet {
  /// The number of labelled samples; that of inferences if there are none.
  var samples: Int { labels?.count ?? count }
}

extension ChipResult {
  fileprivate init(
    _ time: Double, _ seed: UInt64, _ run: SimulationRun, data: DataSet, expected: ExpectedOutputs,
    multiplications: Int
  ) {
    timeSeconds = time
    self.seed = seed
    calibrationMultiplications = multiplications
    counts = Clips(
      inputs: run.counts.crossbarInputsClipped, counts: run.counts.columnCountsClipped,
      results: run.counts.resultsClipped)
    samples = data.samples
    bytesPerInference = (run.counts.bytesToChip + run.counts.bytesFromChip) / max(data.count, 1)
    (signal, noise) = (0, 0)
    if let output = run.outputs.first, case .success(let actual) = output.exactly(as: .f64),
      case .success(let wanted) = expected.tensors[0].exactly(as: .f64)
    {
      for (a, b) in zip(actual.elements(of: Double.self), wanted.elements(of: Double.self)) {
        signal += b * b
        noise += (a - b) * (a - b)
      }
    }
    likeness = expected.likeness(of: run.outputs)
    guard expected.measure == .classes else { return }
    for (output, tensor) in zip(run.outputs, expected.tensors) {
      guard let found = Classification(output), let wanted = Classification(tensor) else {
        continue
      }
      samples = wanted.classes.count
      agreeing = zip(found.classes, wanted.classes).count { $0 == $1 }
      if let labels = data.labels, labels.count == found.classes.count {
        right = hexadecimal(zip(found.classes, labels).map { $0 == $1 })
        rightOfFive = Classification.rightOfFive(output, labels)
      }
      return
    }
  }

  /// The part of `samples` whose class is right.
  func accuracy(samples: Int) -> Double? {
    right.map { Double(bits(of: $0, count: samples).count { $0 }) / Double(max(samples, 1)) }
  }
}

/// Truth values as hexadecimal digits, the first in the highest bit of the first digit.
func hexadecimal(_ bits: [Bool]) -> String {
  stride(from: 0, to: bits.count, by: 4).map { start in
    var digit = 0
    for i in start..<start + 4 { digit = 2 * digit + (i < bits.count && bits[i] ? 1 : 0) }
    return String(digit, radix: 16)
  }.joined()
}

/// The first `count` truth values that hexadecimal digits stand for.
func bits(of text: String, count: Int) -> [Bool] {
  let bits = text.flatMap { character -> [Bool] in
    let digit = character.hexDigitValue ?? 0
    return (0..<4).map { digit >> (3 - $0) & 1 == 1 }
  }
  return Array(bits.prefix(count))
}

/// A mean and how sure it is.
struct Interval {
  /// The mean.
  var mean: Double
  /// Half the width of the interval that holds the mean of all chips with a probability of 95 %; infinite
  /// for fewer than two values.
  var halfWidth: Double

  /// The interval of Student's distribution.
  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / count
    self.mean = mean
    guard values.count > 1 else {
      halfWidth = .infinity
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    halfWidth = Self.quantile(values.count - 1) * (squares / (count - 1) / count).squareRoot()
  }

  /// The 97.5 % quantile of Student's distribution of so many degrees of freedom.
  static func quantile(_ freedom: Int) -> Double {
    let table = [
      12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
      2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
      2.052, 2.048, 2.045, 2.042,
    ]
    if freedom <= table.count { return table[max(freedom, 1) - 1] }
    // The series in 1/n around that of the normal distribution.
    return 1.95996 + 2.37227 / Double(freedom) + 2.8225 / Double(freedom * freedom)
  }
}
