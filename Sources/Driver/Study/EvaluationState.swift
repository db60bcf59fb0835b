import Basics
import Foundation

/// What an evaluation has done so far, kept in a file from which it goes on.
///
/// A file holds what chips gave with one or, in a ladder, several programs; all else that results depend on is the
/// same for all of them.
final class EvaluationState {
  /// The name and version of the form.
  static let schema = "aimcc.evaluation-state/2"

  /// What is in the file.
  private struct Content: Codable {
    var chip: String
    var options: String
    var device: String
    var data: String
    var samples: Int
    var runs: [Run]
  }

  /// What chips gave with a program, by its digest.
  private struct Run: Codable {
    var program: String
    var results: [ChipResult]
  }

  private struct Form: Decodable {
    var schema: String
    var checksum: String
  }

  private struct Sealed: Encodable {
    var content: Content
    var checksum: String?

    private enum Keys: String, CodingKey { case checksum }

    func encode(to encoder: any Encoder) throws {
      try content.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      try container.encodeIfPresent(checksum, forKey: .checksum)
    }
  }

  private let path: String
  private var content: Content?
  private var written = ContinuousClock.now

  /// The least time between two writings of the file.
  private static let pause = Duration.seconds(1)

  /// Reads the file at `path`, if there is one.
  ///
  /// Throws `Diagnostics` if it is no such file, or is damaged.
  init(path: String) throws {
    self.path = path
    guard PathKind(path) != .missing else { return }
    let text = try readText(path)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let data = Data(text.utf8)
    guard let form = try? decoder.decode(Form.self, from: data), form.schema == Self.schema,
      let read = try? decoder.decode(Content.self, from: data),
      form.checksum == (try? Self.checksum(of: read)),
      read.runs.flatMap(\.results).allSatisfy({ $0.isSound(samples: read.samples) })
    else {
      throw Diagnostics(
        Diagnostic(
          file: path, "is damaged, or is not the state of an evaluation",
          supported: "a file that this aimcc evaluate --resume has written",
          help: "give another name to begin anew"))
    }
    content = read
  }

  /// What chips gave so far with the program of `hashes`, over `samples`.
  ///
  /// Throws `Diagnostics` if the file is of another evaluation, by the names of what differs.
  func results(of hashes: EvaluationHashes, samples: Int) throws -> [ChipResult] {
    guard let content else {
      content = Content(
        chip: hashes.chip, options: hashes.options, device: hashes.device, data: hashes.data,
        samples: samples, runs: [])
      return []
    }
    let pairs = [
      ("chip", content.chip, hashes.chip), ("options", content.options, hashes.options),
      ("device", content.device, hashes.device), ("data", content.data, hashes.data),
    ]
    let differences = pairs.filter { $0.1 != $0.2 }.map(\.0)
    guard differences.isEmpty, content.samples == samples else {
      throw Diagnostics(
        Diagnostic(
          file: path,
          "is of another evaluation, which differs in "
            + (differences.isEmpty ? "samples" : differences.joined(separator: ", ")),
          help: "give the options that it began with, or another name to begin anew"))
    }
    return content.runs.first { $0.program == hashes.program }?.results ?? []
  }

  /// Keeps what a chip gave with the program of `hashes`; the file is written about once a second.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func keep(_ result: ChipResult, of hashes: EvaluationHashes) throws {
    guard content != nil else { preconditionFailure("results are asked for before") }
    let program = hashes.program
    if content?.runs.contains(where: { $0.program == program }) != true {
      content?.runs.append(Run(program: program, results: []))
    }
    let index = content?.runs.firstIndex { $0.program == program } ?? 0
    content?.runs[index].results.append(result)
    if ContinuousClock.now - written > Self.pause { try write() }
  }

  /// Writes the file.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func write() throws {
    guard let content else { return }
    let sealed = Sealed(content: content, checksum: try Self.checksum(of: content))
    try writeAtomically(Document(schema: Self.schema, content: sealed).text(), to: path)
    written = .now
  }

  private static func checksum(of content: Content) throws -> String {
    SHA256.digest(try Document(schema: schema, content: Sealed(content: content)).text())
  }
}

extension ChipResult {
  /// Whether its counts are possible, where the data have so many samples.
  func isSound(samples whole: Int) -> Bool {
    let all = [
      bytesPerInference, calibrationMultiplications, counts.inputs, counts.counts, counts.results,
    ]
    return (0...1 << 40).contains(samples) && all.allSatisfy { $0 >= 0 }
      && (0...samples).contains(agreeing ?? 0) && (0...whole).contains(rightOfFive ?? 0)
      && right.map { isBits($0, of: whole) } != false && likeness?.isSound != false && !(signal < 0)
      && !(noise < 0)
  }
}

/// Whether `text` holds so many truth values in hexadecimal.
func isBits(_ text: String, of count: Int) -> Bool {
  text.utf8.count == (count + 3) / 4 && text.allSatisfy(\.isHexDigit)
}

extension MonteCarlo {
  /// Begins with what `state` holds of the program of `hashes`, and keeps there what is new.
  ///
  /// Throws `Diagnostics` if it is of another evaluation.
  mutating func resume(from state: EvaluationState?, _ hashes: EvaluationHashes) throws {
    guard let state else { return }
    known = try state.results(of: hashes, samples: data.samples)
    keep = { try state.keep($0, of: hashes) }
  }
}
