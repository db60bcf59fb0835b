import Basics
import Foundation

/// All that chips gave on a data set, from which reports follow; also what a part of an evaluation hands on.
struct Evaluation: Codable {
  var network: String
  var chip: String
  var chips: Int
  var device: String
  var data: String
  /// The number of samples.
  var samples: Int
  /// What chips are compared with: `FP32`, the network as it is, or `ideal`, the program itself where
  /// nothing is known of the network.
  var referenceName: String
  /// The samples that this classifies rightly, as bits in hexadecimal; `nil` without labels.
  var reference: String?
  /// What the figures assume.
  var assumptions: String
  /// The number of chips of all parts, and the first of them.
  var seeds: Int
  var firstSeed: UInt64
  /// The times after programming, in s.
  var times: [Double]
  /// What all parts share.
  var hashes: EvaluationHashes
  /// What it takes to do it again; `nil` where no command asked for it.
  var provenance: Provenance?
  /// What the program takes of a chip.
  var costs: ProgramCosts?
  var results: [ChipResult]
}

/// The accuracy of a network on chips over time, as `evaluate` prints it.
struct EvaluationReport: Report {
  /// What all chips gave at one time.
  struct Row: Encodable, Measured {
    var device: String
    var timeSeconds: Double
    /// The number of chips.
    var seeds: Int
    /// The mean accuracy over chips; `nil` without labels. Its 95 % interval; `nil` for one chip too.
    var accuracy: Double?
    var low: Double?
    var high: Double?
    /// The accuracy within the five largest.
    var accuracyOfFive: Double?
    /// The part of the samples in which the class is that of the reference.
    var agreement: Double?
    /// The means of what there is in place of it where outputs are no classes (`Likeness`).
    var cosine: Double?
    var sameNeighbour: Double?
    var rankCorrelation: Double?
    /// The mean of the reference's accuracy less the chip's, and its 95 % interval over chips and samples,
    /// which takes two of each.
    var loss: Double?
    var lossLow: Double?
    var lossHigh: Double?
    /// The signal-to-noise ratio of the first output, in dB.
    var decibels: Double?
    /// The vectors that crossbars multiplied to calibrate one chip.
    var calibrationMultiplications: Int
    /// What was cut in a sample: input codes, counts of either polarity, and results.
    var inputsClipped: Double
    var countsClipped: Double
    var resultsClipped: Double
  }

  /// What one chip gave at one time.
  struct Value: Codable, Hashable {
    /// Which of all chips it is, and the time after programming.
    var seed: UInt64
    var timeSeconds: Double
    /// As of a row.
    var accuracy: Double?
    var accuracyOfFive: Double?
    var agreement: Double?
    var cosine: Double?
    var sameNeighbour: Double?
    var rankCorrelation: Double?
    var decibels: Double?
    var calibrationMultiplications: Int
    var inputsClipped: Double
    var countsClipped: Double
    var resultsClipped: Double
  }

  var network: String
  var chip: String
  var chips: Int
  var data: String
  var samples: Int
  /// The accuracy of FP32, or of the program itself on an ideal chip if nothing is known of its network; `nil`
  /// without labels.
  var fp32: Double?
  var ideal: Double?
  var assumptions: String
  var hashes: EvaluationHashes
  /// The part of the evaluation that it is of, as `1/4`; `nil` if it is of the whole.
  var shard: String?
  var results: [Row]
  /// What every chip gave at every time, by the time and then by the number of the chip.
  var values: [Value]
  var provenance: Provenance?
  var costs: ProgramCosts?
  /// The error of every product by effect, if it was asked for.
  var budget: [ErrorBudget.Entry]?

  /// The reference that is the network as it is, and the one that is the program itself.
  static let (network, program) = ("FP32", "ideal")
  /// What chips are compared with, and its accuracy.
  private(set) var referenceName = Self.network
  var referenceAccuracy: Double? { fp32 ?? ideal }

  private enum CodingKeys: String, CodingKey {
    case network, chip, chips, data, samples, fp32, ideal, assumptions, hashes, shard, results,
      values, provenance, costs, budget
  }

  /// The report on `evaluation`, or on the part `shard` of it, with the error of every product, if that is known.
  init(
    _ evaluation: Evaluation, budget: [ErrorBudget.Entry]? = nil,
    shard: (part: Int, of: Int) = (1, 1)
  ) {
    self.budget = budget
    if shard.of > 1 { self.shard = "\(shard.part)/\(shard.of)" }
    (provenance, costs) = (evaluation.provenance, evaluation.costs)
    values = Value.all(evaluation.results, samples: evaluation.samples)
    network = evaluation.network
    chip = evaluation.chip
    chips = evaluation.chips
    data = evaluation.data
    samples = evaluation.samples
    assumptions = evaluation.assumptions
    hashes = evaluation.hashes
    let count = evaluation.samples
    let reference = evaluation.reference.map { bits(of: $0, count: count) }
    let known = reference.map { Double($0.count { $0 }) / Double(max(count, 1)) }
    referenceName = evaluation.referenceName
    if referenceName == Self.network { fp32 = known } else { ideal = known }
    let chips = Dictionary(grouping: evaluation.results, by: \.timeSeconds)
    results = chips.sorted { $0.key < $1.key }.map { _, chips in
      Row(
        chips.sorted { $0.seed < $1.seed }, device: evaluation.device, samples: count,
        reference: reference)
    }
  }

  /// The report as a person reads it.
  var page: Page {
    var text = "\n"
    if let accuracy = referenceAccuracy {
      let name = referenceName.padding(toLength: 15, withPad: " ", startingAt: 0)
      text += "\(name)\(fixed(100 * accuracy, 2)) % of \(samples) samples\n"
    }
    text += "data           \(printable(data)), \(samples) samples\n"
    if let shard {
      text += "part           \(shard) of the chips; aimcc merge puts parts together\n"
    }
    let multiplications = results.map(\.calibrationMultiplications).max() ?? 0
    if multiplications > 0 {
      text += "calibration    \(grouped(multiplications)) MVMs per chip each time\n"
    }
    let clipped = [
      results.map(\.inputsClipped), results.map(\.countsClipped), results.map(\.resultsClipped),
    ]
    .map { significant($0.max() ?? 0) }
    text +=
      "clipped        inputs \(clipped[0]), counts \(clipped[1]), results \(clipped[2]) per sample at most\n"
    text += "assumes        \(printable(assumptions))\n"
    var page = Page(table)
    page += text
    return page
  }

  /// What chips gave at every time, with a column for every figure that there is of one.
  private var table: Table {
    func percentage(_ value: Double?) -> String? { value.map { fixed(100 * $0, 2) } }
    func range(_ low: Double?, _ high: Double?) -> String? {
      guard let low, let high else { return nil }
      return "\(fixed(100 * low, 2)) to \(fixed(100 * high, 2))"
    }
    let columns: [(column: Table.Column, cell: (Row) -> String?)] = [
      ("after", { readable(seconds: $0.timeSeconds) }), ("chips", { "\($0.seeds)" }),
      ("top-1, %", { percentage($0.accuracy) }),
      ("95 % interval<", { range($0.low, $0.high) }),
      (.init("top-5, %", rank: 2), { percentage($0.accuracyOfFive) }),
      (.init("agreement with \(referenceName), %"), { percentage($0.agreement) }),
      (.init("cosine to \(referenceName)"), { $0.cosine.map { fixed($0, 4) } }),
      ("same neighbour, %", { percentage($0.sameNeighbour) }),
      ("rank correlation", { $0.rankCorrelation.map { fixed($0, 4) } }),
      (.init("below \(referenceName), points"), { percentage($0.loss) }),
      (.init("95 % interval<", rank: 1), { range($0.lossLow, $0.lossHigh) }),
      ("SNR, dB", { $0.decibels.map { fixed($0, 1) } }),
    ]
    let shown = columns.filter { entry in results.contains { entry.cell($0) != nil } }
    var table = Table(shown.map(\.column))
    for row in results { table.add(shown.map { $0.cell(row) ?? "-" }) }
    return table
  }
}

extension EvaluationReport.Row {
  init(_ chips: [ChipResult], device: String, samples: Int, reference: [Bool]?) {
    self.device = device
    timeSeconds = chips[0].timeSeconds
    seeds = chips.count
    calibrationMultiplications = chips.map(\.calibrationMultiplications).max() ?? 0
    let count = Double(max(samples, 1))
    let inferences = count * Double(chips.count)
    inputsClipped = chips.reduce(0.0) { $0 + Double($1.counts.inputs) } / inferences
    countsClipped = chips.reduce(0.0) { $0 + Double($1.counts.counts) } / inferences
    resultsClipped = chips.reduce(0.0) { $0 + Double($1.counts.results) } / inferences
    let right = chips.compactMap { $0.right.map { bits(of: $0, count: samples) } }
    if right.count == chips.count {
      let interval = Interval(right.map { Double($0.count { $0 }) / count })
      accuracy = interval.mean
      if right.count > 1 {
        low = max(interval.mean - interval.halfWidth, 0)
        high = min(interval.mean + interval.halfWidth, 1)
      }
      if let reference { compare(right, with: reference, samples: count) }
    }
    let five = chips.compactMap(\.rightOfFive)
    if five.count == chips.count {
      accuracyOfFive = five.reduce(0) { $0 + Double($1) } / count / Double(chips.count)
    }
    let agreeing = chips.compactMap(\.agreeing)
    if agreeing.count == chips.count {
      let all = Double(max(chips[0].samples, 1))
      agreement = agreeing.reduce(0) { $0 + Double($1) } / all / Double(chips.count)
    }
    func mean(_ value: (ChipResult) -> Double?) -> Double? {
      let values = chips.compactMap(value)
      return values.count == chips.count ? values.reduce(0, +) / Double(chips.count) : nil
    }
    decibels = mean(\.decibels)
    cosine = mean(\.likeness?.cosine)
    sameNeighbour = mean(\.likeness?.sameNeighbour)
    rankCorrelation = mean(\.likeness?.rankCorrelation)
  }

  /// Chips and samples are both drawn: the variances of their means add up.
  private mutating func compare(_ right: [[Bool]], with reference: [Bool], samples: Double) {
    let chips = Double(right.count)
    var losses = reference.map { $0 ? chips : 0 }
    for chip in right {
      for (index, isRight) in chip.enumerated() where isRight { losses[index] -= 1 }
    }
    let overSamples = Interval(losses.map { $0 / chips })
    let share = Double(reference.count { $0 }) / samples
    let overChips = Interval(right.map { share - Double($0.count { $0 }) / samples })
    let width =
      (overSamples.halfWidth * overSamples.halfWidth
      + overChips.halfWidth * overChips.halfWidth).squareRoot()
    loss = overSamples.mean
    guard width.isFinite else { return }
    lossLow = max(overSamples.mean - width, -1)
    lossHigh = min(overSamples.mean + width, 1)
  }
}

extension EvaluationReport.Value {
  /// What chips gave, by the time and then by the number of the chip, over data of so many samples.
  static func all(_ results: [ChipResult], samples: Int) -> [Self] {
    results.sorted { ($0.timeSeconds, $0.seed) < ($1.timeSeconds, $1.seed) }
      .map { Self($0, samples: samples) }
  }

  /// Whether the figures of outputs that find no class are possible.
  var isLikenessSound: Bool {
    Likeness(cosine: cosine, sameNeighbour: sameNeighbour, rankCorrelation: rankCorrelation).isSound
  }

  private init(_ chip: ChipResult, samples: Int) {
    let count = Double(max(samples, 1))
    (seed, timeSeconds) = (chip.seed, chip.timeSeconds)
    accuracy = chip.accuracy(samples: samples)
    accuracyOfFive = chip.rightOfFive.map { Double($0) / count }
    agreement = chip.agreeing.map { Double($0) / Double(max(chip.samples, 1)) }
    cosine = chip.likeness?.cosine
    sameNeighbour = chip.likeness?.sameNeighbour
    rankCorrelation = chip.likeness?.rankCorrelation
    decibels = chip.decibels
    calibrationMultiplications = chip.calibrationMultiplications
    inputsClipped = Double(chip.counts.inputs) / count
    countsClipped = Double(chip.counts.counts) / count
    resultsClipped = Double(chip.counts.results) / count
  }
}

extension ChipResult {
  /// The signal-to-noise ratio of the first output in dB; `nil` where there is no error, or no signal.
  fileprivate var decibels: Double? {
    noise > 0 && signal > 0 ? 10 * log10(signal / noise) : nil
  }
}

/// A time in s in the unit that suits it.
func readable(seconds value: Double) -> String {
  let units: [(name: String, seconds: Double)] = [
    ("y", 365 * 86400), ("d", 86400), ("h", 3600), ("min", 60),
  ]
  for unit in units where value >= unit.seconds {
    let number = value / unit.seconds
    return (number == number.rounded() ? fixed(number, 0) : significant(number)) + " " + unit.name
  }
  return "\(value == value.rounded() ? fixed(value, 0) : significant(value)) s"
}
