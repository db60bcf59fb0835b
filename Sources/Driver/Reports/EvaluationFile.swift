import Basics
import Foundation

/// What `evaluate --json`, `merge --json` or `evaluate --ladder --json` has written, read back.
struct EvaluationFile: Codable, Sendable {
  /// What all chips gave at one time.
  struct Row: Codable, Sendable, Measured {
    var device: String
    var timeSeconds: Double
    var seeds: Int
    /// The mean accuracy over chips, from 0 to 1, and its 95 % interval; the same class as the reference.
    var accuracy: Double?
    var low: Double?
    var high: Double?
    var agreement: Double?
    var cosine: Double?
    var rankCorrelation: Double?
    var decibels: Double?
  }

  /// What a row of a ladder takes.
  struct Costs: Codable, Sendable {
    var crossbars: Int
    var bytes: Int
    /// The time and energy of an inference, in ns and nJ.
    var latencyNs: Double?
    var energyNj: Double?
    /// The part of the multiply-accumulates on the host.
    var digitalShare: Double
  }

  /// A technique, in addition to those above it.
  struct Step: Codable, Sendable {
    var name: String
    var options: String
    var costs: Costs
    var results: [Row]
  }

  /// The error of a product by effect; `nil` where the effect changes nothing.
  struct Entry: Codable, Sendable {
    var node: String
    var cause: String
    var decibels: Double?
  }

  var schema: String
  /// What it is called where several are compared: the name of the file without its end.
  var name: String?
  var network: String
  var chip: String
  var data: String
  var samples: Int
  var fp32: Double?
  var ideal: Double?
  var assumptions: String
  var results: [Row]?
  var rows: [Step]?
  var budget: [Entry]?

  static let evaluation = "aimcc.evaluate/1"
  static let ladder = "aimcc.ladder/1"

}

extension EvaluationFile {
  /// The most times, techniques and entries of a file.
  private static let limit = 100_000

  /// Reads the file at `path`.
  ///
  /// Throws `Diagnostics` unless it is what these commands print.
  init(path: String) throws {
    let supported =
      "what aimcc evaluate --json, merge --json or evaluate --ladder --json prints"
    if path != "-" { try requireFile(path, supported) }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    func fault(_ message: String) -> Diagnostics {
      Diagnostics(Diagnostic(file: path, message, supported: supported))
    }
    let text = try readText(path)
    do { self = try decoder.decode(Self.self, from: Data(text.utf8)) } catch {
      throw fault("is no evaluation")
    }
    guard [Self.evaluation, Self.ladder].contains(schema) else {
      throw fault("has the form \"\(printable(schema))\"")
    }
    let rows = (results ?? []) + (self.rows ?? []).flatMap(\.results)
    let isComplete = schema == Self.ladder ? self.rows?.isEmpty == false : results?.isEmpty == false
    guard isComplete, rows.count <= Self.limit, (budget?.count ?? 0) <= Self.limit,
      rows.allSatisfy(\.isSound), [fp32, ideal].allSatisfy({ $0.map(isShare) ?? true }),
      Set((self.rows ?? []).map { $0.results.map(\.timeSeconds) }).count <= 1
    else { throw fault("has numbers that no evaluation gives") }
    let last = path.split(separator: "/").last.map(String.init) ?? path
    name = replacingExtension(last, with: "")
  }
}

extension EvaluationFile.Row {
  /// Whether its numbers are those of an evaluation.
  fileprivate var isSound: Bool {
    timeSeconds.isFinite && timeSeconds >= 0 && seeds >= 0
      && [accuracy, low, high, agreement].allSatisfy { $0.map(isShare) ?? true }
      && [cosine, rankCorrelation].allSatisfy { $0.map { (-1...1).contains($0) } ?? true }
      && (low ?? 0) <= (high ?? 1) && (decibels?.isNaN != true)
  }

  /// The accuracy, or where there are no labels the first figure that there is, in percent, and its interval.
  var percentage: (value: Double, interval: ClosedRange<Double>?)? {
    guard let value = share else { return nil }
    guard accuracy != nil, let low, let high else { return (100 * value, nil) }
    return (100 * value, 100 * low...100 * high)
  }
}

/// Whether `value` is a part of a whole.
private func isShare(_ value: Double) -> Bool { (0...1).contains(value) }
