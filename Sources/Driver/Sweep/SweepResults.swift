import Basics
import Foundation

/// What a run of a sweep gave: those fields of the document of `evaluate` that are put together.
struct SweepResult: Decodable {
  var schema: String
  var network: String
  var chip: String
  var device: String
  var samples: Int
  var fp32: Double?
  var ideal: Double?
  var values: [EvaluationReport.Value]
  var costs: ProgramCosts?

  private enum Keys: String, CodingKey {
    case schema, network, chip, samples, fp32, ideal, values, costs, results
  }
  private struct Row: Decodable { var device: String }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    schema = try container.decode(String.self, forKey: .schema)
    network = try container.decode(String.self, forKey: .network)
    chip = try container.decode(String.self, forKey: .chip)
    samples = try container.decode(Int.self, forKey: .samples)
    fp32 = try container.decodeIfPresent(Double.self, forKey: .fp32)
    ideal = try container.decodeIfPresent(Double.self, forKey: .ideal)
    values = try container.decode([EvaluationReport.Value].self, forKey: .values)
    costs = try container.decodeIfPresent(ProgramCosts.self, forKey: .costs)
    device = try container.decode([Row].self, forKey: .results).first?.device ?? ""
  }

  /// Reads the file at `path`.
  ///
  /// Throws `Diagnostics` if it is not what a run has written.
  init(path: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let read = try? decoder.decode(Self.self, from: Data(readText(path).utf8))
    guard let read, read.schema == EvaluationFile.evaluation,
      read.values.allSatisfy({ value in
        [value.accuracy, value.accuracyOfFive, value.agreement].allSatisfy {
          $0.map { (0...1).contains($0) } ?? true
        } && value.isLikenessSound && value.timeSeconds.isFinite && value.timeSeconds >= 0
      })
    else {
      throw Diagnostics(
        Diagnostic(
          file: path, "is no result of a run", supported: "files that aimcc sweep writes",
          help: "remove it, and do the run again"))
    }
    self = read
  }
}

/// What the chips of a point of the grid gave at one time.
struct SweepRow: Encodable, Measured {
  var timeSeconds: Double
  /// The number of chips.
  var seeds: Int
  /// As of `EvaluationReport.Row`.
  var accuracy: Double?
  var low: Double?
  var high: Double?
  var agreement: Double?
  var cosine: Double?
  var sameNeighbour: Double?
  var rankCorrelation: Double?
  var decibels: Double?

  /// Puts together what chips gave at one time, in the order of their numbers.
  init(_ chips: [EvaluationReport.Value]) {
    timeSeconds = chips[0].timeSeconds
    seeds = chips.count
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap { $0 }
      return known.count == values.count ? known.reduce(0, +) / Double(known.count) : nil
    }
    let shares = chips.compactMap(\.accuracy)
    if shares.count == chips.count {
      let interval = Interval(shares)
      accuracy = interval.mean
      if shares.count > 1 {
        low = max(interval.mean - interval.halfWidth, 0)
        high = min(interval.mean + interval.halfWidth, 1)
      }
    }
    agreement = mean(chips.map(\.agreement))
    cosine = mean(chips.map(\.cosine))
    sameNeighbour = mean(chips.map(\.sameNeighbour))
    rankCorrelation = mean(chips.map(\.rankCorrelation))
    decibels = mean(chips.map(\.decibels))
  }
}

/// What the runs of a point of the grid gave, as far as they are done.
struct SweepOutcome: Encodable {
  /// The value on each axis.
  struct Setting: Encodable {
    var axis: String
    var value: String
  }

  var settings: [Setting]
  var network: String
  var chip: String
  var device: String
  var samples: Int
  var fp32: Double?
  var ideal: Double?
  var results: [SweepRow]
  /// What every chip gave at every time.
  var values: [EvaluationReport.Value]
  var costs: ProgramCosts?
  /// The runs that are done, and how many there are.
  var runs: [String]
  var runsOfPoint: Int
  /// Whether no other point is as good in all of accuracy, energy, latency and crossbars, and better in one.
  var isBest = false

  /// The last time.
  var last: SweepRow? { results.last }
}

extension SweepOutcome {
  /// What `runs` gave; `nil` if none of them is done.
  init?(_ settings: [Setting], _ runs: [(run: SweepRun, result: SweepResult?)]) {
    let done = runs.compactMap { entry in entry.result.map { (entry.run.id, $0) } }
    guard let first = done.first?.1 else { return nil }
    self.settings = settings
    (network, chip, device) = (first.network, first.chip, first.device)
    (samples, fp32, ideal, costs) = (first.samples, first.fp32, first.ideal, first.costs)
    values = done.flatMap(\.1.values).sorted {
      ($0.timeSeconds, $0.seed) < ($1.timeSeconds, $1.seed)
    }
    let times = Dictionary(grouping: values, by: \.timeSeconds)
    results = times.sorted { $0.key < $1.key }.map { SweepRow($0.value) }
    self.runs = done.map(\.0)
    runsOfPoint = runs.count
  }

  /// What it takes, and what it lacks to be perfect: the less, the better. `nil` where a figure is not known.
  fileprivate var burdens: [Double]? {
    guard let share = last?.share, let costs, let energy = costs.energyNj,
      let latency = costs.latencyNs
    else { return nil }
    return [1 - share, energy, latency, Double(costs.crossbars)]
  }

  /// Marks those of `outcomes` of each network and its samples that no other beats.
  static func marked(_ outcomes: [SweepOutcome]) -> [SweepOutcome] {
    let burdens = outcomes.map(\.burdens)
    return outcomes.indices.map { index in
      var outcome = outcomes[index]
      guard let own = burdens[index] else { return outcome }
      outcome.isBest = !outcomes.indices.contains { other in
        guard outcomes[other].network == outcome.network,
          outcomes[other].samples == outcome.samples,
          let theirs = burdens[other]
        else { return false }
        return zip(theirs, own).allSatisfy { $0 <= $1 } && theirs != own
      }
      return outcome
    }
  }
}
