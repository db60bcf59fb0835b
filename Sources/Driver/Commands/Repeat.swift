import Basics
import Compiler
import Foundation

/// Does the evaluation again whose JSON is in the file at `path`, and compares what comes out; `parser` is that of
/// `evaluate`.
///
/// Ends with `verificationFailed` where a value differs. Throws `Diagnostics` with every fault of the input.
public func runRepeat(
  _ path: String, parser: EvaluationParser, json: Bool, console: Console
) throws -> ExitStatus {
  let record = try EvaluationRecord(path: path)
  var faults = Diagnostics()
  for file in record.provenance.files where PathKind(file.file) == .missing {
    faults.append(
      Diagnostic(
        file: file.file, "there is no such file, and \(path) comes from it",
        help: "repeat the evaluation in the folder in which it was done"))
  }
  try faults.throwIfErrors()
  let words = record.provenance.command + (record.shard.map { ["--shard", $0] } ?? [])
  guard words.first == "evaluate" else {
    throw Diagnostics(
      Diagnostic(file: path, "its command is not evaluate", supported: EvaluationRecord.supported))
  }
  let request = try parser.request(words)
  let again = try request.document(console: console)
  let report = RepeatReport(record, try EvaluationRecord(text: again, file: path), file: path)
  try console.write(report, as: "aimcc.repeat/1", json: json)
  return report.isEqual ? .done : .verificationFailed
}

/// The document of an evaluation or a ladder, as far as it can be repeated and compared.
struct EvaluationRecord {
  var provenance: Provenance
  /// The part of the evaluation that it is of, as `1/4`.
  var shard: String?
  /// All values by their places in the document, such as `results[0].accuracy`, in order.
  var fields: [(name: String, value: String)] = []

  static let supported = "what aimcc evaluate --json, merge --json or sweep has written"

  private struct Form: Decodable {
    var schema: String
    var provenance: Provenance?
    var shard: String?
  }

  /// Reads the file at `path`.
  ///
  /// Throws `Diagnostics` unless it is such a document, with all that it takes to repeat it.
  init(path: String) throws {
    if path != "-" { try requireFile(path, Self.supported) }
    try self.init(text: readText(path), file: path)
  }

  /// Reads `text`; `file` is its name in diagnostics.
  ///
  /// Throws `Diagnostics` unless it is such a document, with all that it takes to repeat it.
  init(text: String, file: String) throws {
    func fault(_ message: String) -> Diagnostics {
      Diagnostics(Diagnostic(file: file, message, supported: Self.supported))
    }
    let data = Data(text.utf8)
    guard let form = try? JSONDecoder().decode(Form.self, from: data),
      [EvaluationFile.evaluation, EvaluationFile.ladder].contains(form.schema),
      let whole = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { throw fault("is no evaluation") }
    guard let provenance = form.provenance else {
      throw fault("does not say what it comes from, so that it cannot be repeated")
    }
    self.provenance = provenance
    shard = form.shard
    for (key, value) in whole.sorted(by: { $0.key < $1.key }) where key != "provenance" {
      add(key, value)
    }
  }

  private mutating func add(_ name: String, _ value: Any) {
    switch value {
    case let object as [String: Any]:
      for (key, value) in object.sorted(by: { $0.key < $1.key }) { add("\(name).\(key)", value) }
    case let list as [Any]:
      for (index, item) in list.enumerated() { add("\(name)[\(index)]", item) }
    default: fields.append((name, "\(value)"))
    }
  }
}

/// What is the same and what is not where an evaluation is done again.
struct RepeatReport: Report {
  /// Something that was, and what is in its place; `nil` for nothing.
  struct Change: Encodable {
    var name: String
    var was: String?
    var now: String?
  }

  var file: String
  /// Whether all values are the same.
  var isEqual: Bool
  /// The number of values.
  var values: Int
  /// The versions of aimcc, where they differ.
  var versions: [Change]
  /// The files with another content, by their digests.
  var files: [Change]
  /// The options of the compilation, where a search has chosen others.
  var options: [Change]
  /// The digests of program, chip, options, device, seeds and data that differ.
  var hashes: [Change]
  /// The values that differ.
  var differences: [Change]

  init(_ first: EvaluationRecord, _ second: EvaluationRecord, file: String) {
    self.file = file
    func change(_ name: String, _ was: String, _ now: String) -> [Change] {
      was == now ? [] : [Change(name: name, was: was, now: now)]
    }
    let (before, after) = (first.provenance, second.provenance)
    versions = change("aimcc", before.version, after.version)
    options = change(
      "options", before.options.joined(separator: " "), after.options.joined(separator: " "))
    files = Self.changes(
      before.files.map { ($0.file, $0.sha256) }, after.files.map { ($0.file, $0.sha256) })
    let all = Self.changes(first.fields, second.fields)
    hashes = all.filter { $0.name.hasPrefix("hashes.") }
    differences = all.filter { !$0.name.hasPrefix("hashes.") }
    values = first.fields.count
    isEqual = differences.isEmpty
  }

  private static func changes(
    _ before: [(name: String, value: String)], _ after: [(name: String, value: String)]
  ) -> [Change] {
    let known = Dictionary(after.map { ($0.name, $0.value) }) { first, _ in first }
    let names = Set(before.map(\.name))
    return before.compactMap { name, value in
      known[name] == value ? nil : Change(name: name, was: value, now: known[name])
    } + after.filter { !names.contains($0.name) }.map { Change(name: $0.name, now: $0.value) }
  }

  /// The most differences that a page shows.
  private static let most = 20

  var page: Page {
    var text = ""
    for (label, changes) in [
      ("version", versions), ("file", files), ("options", options), ("digest", hashes),
      ("value", differences),
    ] {
      let begin = label.padding(toLength: 15, withPad: " ", startingAt: 0)
      for change in changes.prefix(Self.most) {
        text += "\(begin)\(printable(change.name)): \(printable(change.was ?? "nothing")), now "
        text += "\(printable(change.now ?? "nothing"))\n"
      }
      if changes.count > Self.most {
        text += "\(begin)and \(changes.count - Self.most) more (--json)\n"
      }
    }
    var page = Page(text)
    let subject = "\(isEqual ? "EQUAL" : "DIFFERENT") \(printable(file))"
    page.end(
      subject,
      isEqual
        ? "all \(grouped(values)) values are the same"
        : "\(grouped(differences.count)) of \(grouped(values)) values differ")
    return page
  }
}
