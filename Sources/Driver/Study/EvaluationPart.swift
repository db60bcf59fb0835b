import Basics
import Compiler
import Foundation
import IR
import Program

/// What the parts of one evaluation share, as SHA-256 digests: parts that differ in one of them are not put
/// together.
struct EvaluationHashes: Codable, Hashable {
  /// The bytes of the tile program.
  var program: String
  /// The chip file.
  var chip: String
  /// The times, when and how chips are calibrated, and what counts as FP32.
  var options: String
  /// The device model and what is left out of it.
  var device: String
  /// The first chip and the number of chips.
  var seeds: String
  /// The inputs and the labels.
  var data: String

  /// The names of what differs in `other`.
  func differences(from other: EvaluationHashes) -> [String] {
    let pairs = [
      ("program", program, other.program), ("chip", chip, other.chip),
      ("options", options, other.options), ("device", device, other.device),
      ("seeds", seeds, other.seeds), ("data", data, other.data),
    ]
    return pairs.filter { $0.1 != $0.2 }.map(\.0)
  }
}

extension EvaluationHashes {
  /// The hashes of an evaluation of `program`, the bytes of which are `bytes`; `reference` says what FP32
  /// is computed from.
  init(
    _ program: ValidProgram, _ bytes: Bytes, _ device: DeviceOptions, _ plan: EvaluationPlan,
    _ data: DataSet, reference: String
  ) {
    self.program = SHA256.digest(bytes)
    chip = SHA256.digest(program.chip.yaml)
    let calibrations = plan.calibrations.map { "\($0.map(\.seconds))" } ?? "every time"
    options = SHA256.digest(
      """
      times \(plan.times.map(\.seconds))
      routine \(plan.routine.map { "\($0)" } ?? "of the program") at \(calibrations), since then by \(plan.following)
      half width \(plan.halfWidth.map { "\($0)" } ?? "any")
      reference of the \(reference)
      """)
    let pulses =
      (device.programsByPulses ? " by pulses" : "")
      + (device.programsByGradient ? " and errors of MVMs" : "")
    let faults = device.faultMap.map { " with \($0.text)" } ?? ""
    self.device = SHA256.digest(
      "\(device.device.name)\(pulses) without \(device.without.sorted())\(faults)")
    seeds = SHA256.digest("\(plan.seeds) from \(plan.firstSeed)")
    var digest = SHA256()
    for input in data.inputs {
      digest.add("\(input.type) \(input.shape)\n")
      input.bytes.withUnsafeBytes { digest.add($0) }
    }
    digest.add("labels \(data.labels.map { "\($0)" } ?? "none")")
    self.data = digest.text
  }
}

/// The part `part` of `of`, from 1 on, of an evaluation, as it is handed on to `merge`.
struct EvaluationPart: Codable {
  /// The name and version of the form.
  static let schema = "aimcc.evaluation-part/4"

  var evaluation: Evaluation
  var part: Int
  var of: Int

  private enum Keys: String, CodingKey { case schema, part, of, checksum }

  /// What is wrong with a file that may be a part.
  struct Fault: Error {
    var message: String
  }

  init(_ evaluation: Evaluation, shard: (part: Int, of: Int)) {
    self.evaluation = evaluation
    (part, of) = shard
  }

  /// Reads the part in the text of a file.
  ///
  /// Throws a `Fault` if it is none, or is not as it was written.
  init(text: String) throws(Fault) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let data = Data(text.utf8)
    guard let form = try? decoder.decode(Form.self, from: data) else {
      throw Fault(message: "is not a part of an evaluation")
    }
    guard form.schema == Self.schema else {
      throw Fault(message: "is a part in the form \(quoted(form.schema)), which is not read here")
    }
    guard let read = try? decoder.decode(EvaluationPart.self, from: data) else {
      throw Fault(message: "is a damaged part of an evaluation: its fields are not those of one")
    }
    self = read
    guard let checksum = try? checksum(), form.checksum == checksum else {
      throw Fault(message: "is a damaged part of an evaluation: its checksum is of something else")
    }
    if let fault { throw Fault(message: "is a damaged part of an evaluation: \(fault)") }
  }

  private struct Form: Decodable {
    var schema: String
    var checksum: String?
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    evaluation = try Evaluation(from: decoder)
    part = try container.decode(Int.self, forKey: .part)
    of = try container.decode(Int.self, forKey: .of)
  }

  func encode(to encoder: any Encoder) throws {
    try encode(to: encoder, checksum: checksum())
  }

  private func encode(to encoder: any Encoder, checksum: String?) throws {
    try evaluation.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(part, forKey: .part)
    try container.encode(of, forKey: .of)
    try container.encodeIfPresent(checksum, forKey: .checksum)
  }

  /// The digest of all fields but itself.
  private func checksum() throws -> String {
    struct Content: Encodable {
      var part: EvaluationPart
      func encode(to encoder: any Encoder) throws { try part.encode(to: encoder, checksum: nil) }
    }
    return SHA256.digest(
      try Document(schema: Self.schema, content: Content(part: self)).text())
  }

  /// What no evaluation has written; `nil` if all is well.
  private var fault: String? {
    let whole = evaluation
    guard (1...100_000).contains(whole.seeds), part >= 1, of >= part, of <= 100_000,
      whole.samples >= 1, whole.samples <= 1 << 40,
      whole.chips >= 1, !whole.times.isEmpty, whole.times.allSatisfy({ (0...1e12).contains($0) }),
      Set(whole.times).count == whole.times.count
    else { return "its numbers of parts, chips or samples are impossible" }
    if let reference = whole.reference, !isBits(reference, of: whole.samples) {
      return "its \"reference\" is not of \(whole.samples) samples"
    }
    let last = whole.firstSeed.addingReportingOverflow(UInt64(whole.seeds - 1))
    guard !last.overflow else { return "its seeds go beyond 2⁶⁴" }
    let chips = (0..<whole.seeds).filter { $0 % of == part - 1 }.map {
      whole.firstSeed + UInt64($0)
    }
    // What the numbers ask for is made only where the file holds as much.
    guard whole.results.count == chips.count * whole.times.count,
      Set(whole.results.map { Place(seed: $0.seed, time: $0.timeSeconds) })
        == Set(chips.flatMap { seed in whole.times.map { Place(seed: seed, time: $0) } })
    else { return "it does not hold each of its chips at each time once" }
    for result in whole.results where !result.isSound(samples: whole.samples) {
      return "its counts of chip \(result.seed) after \(result.timeSeconds) s are impossible"
    }
    return nil
  }

  private struct Place: Hashable {
    var seed: UInt64
    var time: Double
  }
}

extension Evaluation {
  /// The parts put together; each goes by the name of its file.
  ///
  /// Throws `Diagnostics` if they are not of one evaluation, or not each of its parts once.
  init(merging parts: [(file: String, part: EvaluationPart)]) throws {
    guard let first = parts.first else { preconditionFailure("there is a part") }
    var faults = Diagnostics()
    var files: [Int: String] = [:]
    for (file, part) in parts {
      let differences =
        part.evaluation.hashes.differences(from: first.part.evaluation.hashes)
        + (part.of == first.part.of ? [] : ["number of parts"])
        + (part.evaluation.reference == first.part.evaluation.reference ? [] : ["results of FP32"])
      if !differences.isEmpty {
        faults.append(
          Diagnostic(
            file: file,
            "is of another evaluation than \(first.file): they differ in "
              + differences.joined(separator: ", "),
            supported: "parts of one evaluation, written by one version of aimcc"))
      } else if let other = files[part.part] {
        faults.append(
          Diagnostic(file: file, "is part \(part.part) of \(part.of), and so is \(other)"))
      } else {
        files[part.part] = file
      }
    }
    let missing = (1...first.part.of).filter { files[$0] == nil }
    if !missing.isEmpty && !faults.hasErrors {
      let listed = missing.prefix(10).map(String.init).joined(separator: ", ")
      faults.append(
        Diagnostic(
          file: first.file,
          "is one of \(first.part.of) parts, of which \(missing.count) are missing: "
            + listed + (missing.count > 10 ? ", …" : "")))
    }
    try faults.throwIfErrors()
    self = first.part.evaluation
    results = parts.flatMap(\.part.evaluation.results)
      .sorted { ($0.timeSeconds, $0.seed) < ($1.timeSeconds, $1.seed) }
  }
}
