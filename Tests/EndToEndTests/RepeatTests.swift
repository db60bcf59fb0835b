import Foundation
import TestSupport
import Testing

/// Evaluations that are done again from their JSON.
@Suite struct RepeatTests {
  private let folder: Folder
  private static let network = ModelFolder(made: "network-mlp")

  init() throws {
    folder = try Folder()
    let manager = FileManager.default
    try manager.copyItem(atPath: Self.network.model, toPath: folder.file("model.onnx"))
    try manager.copyItem(
      atPath: Self.network.dataSets[0], toPath: folder.file("test_data_set_0"))
  }

  private static let evaluation = [
    "evaluate", "model.onnx", "--data=test_data_set_0", "--calibrate", "test_data_set_0", "--times",
    "0,1d", "--seeds", "3", "--seed", "2", "--center", "--json",
  ]

  private func evaluate(_ name: String, _ options: [String] = []) throws {
    let run = try Command(Self.evaluation + options, in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    try folder.write(run.output, name)
  }

  private func again(_ name: String, _ options: String...) throws -> Command {
    try Command(["repeat", name] + options, in: folder.path)
  }

  /// The document says what it comes from: what decides it, and no more.
  @Test func documentsSayWhatTheyComeFrom() throws {
    try evaluate("e.json", ["--csv", "e.csv", "--svg=e.svg", "-q", "--resume", "s.json"])
    let data = try Data(contentsOf: URL(filePath: folder.file("e.json")))
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let provenance = try #require(json["provenance"] as? [String: Any])
    #expect(
      provenance["command"] as? [String] == [
        "evaluate", "model.onnx", "--data", "test_data_set_0", "--calibrate", "test_data_set_0",
        "--times", "0,1d", "--seeds", "3", "--seed", "2", "--center",
      ])
    #expect(provenance["options"] as? [String] == ["--routine global", "--center"])
    let version = try Command("--version").text.split(separator: " ")[1]
    #expect(provenance["version"] as? String == version.trimmingCharacters(in: .newlines))
    let files = try #require(provenance["files"] as? [[String: String]])
    #expect(files.compactMap { $0["file"] }.contains("test_data_set_0/input_0.pb"))
    #expect(files[0]["file"] == "model.onnx")
    let sum = try Command(program: "sha256sum", ["model.onnx"], in: folder.path)
    #expect(sum.text.hasPrefix(files[0]["sha256"] ?? "-"))
    let values = try #require(json["values"] as? [[String: Any]])
    #expect(values.compactMap { $0["seed"] as? Int } == [2, 3, 4, 2, 3, 4])
    let rows = try #require(json["results"] as? [[String: Any]])
    let mean = values.prefix(3).compactMap { $0["agreement"] as? Double }.reduce(0, +) / 3
    #expect(abs(mean - (rows[0]["agreement"] as? Double ?? -1)) < 1e-12)
    let costs = try #require(json["costs"] as? [String: Any])
    #expect((costs["crossbars"] as? Int ?? 0) > 0 && (costs["energyNj"] as? Double ?? 0) > 0)
    // A row for all chips at each time, and one for each.
    let lines = try String(contentsOfFile: folder.file("e.csv"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 1 + 2 + 6)
    #expect(lines.dropFirst().allSatisfy { $0.contains("evaluate model.onnx --data") })
  }

  @Test func theSameGivesTheSame() throws {
    try evaluate("e.json")
    let run = try again("e.json")
    #expect(run.status == 0, "\(run.text) \(run.messages)")
    #expect(run.lastLine.hasPrefix("EQUAL e.json: all "))
    let json = try again("e.json", "--json").json
    #expect(json["isEqual"] as? Bool == true && (json["values"] as? Int ?? 0) > 60)
    for key in ["versions", "files", "options", "hashes", "differences"] {
      #expect((json[key] as? [Any])?.isEmpty == true, "\(key)")
    }
  }

  /// Parts, ladders and what parts make can be repeated too.
  @Test func partsAndLaddersAreRepeated() throws {
    try evaluate("part.json", ["--shard", "1/2", "--part", "a"])
    try evaluate("rest.json", ["--shard", "2/2", "--part", "b"])
    let merged = try Command("merge", "a", "b", "--json", in: folder.path)
    try folder.write(merged.output, "merged.json")
    try evaluate("ladder.json", ["--ladder"])
    for name in ["part.json", "merged.json", "ladder.json"] {
      let run = try again(name)
      #expect(run.status == 0, "\(name): \(run.text) \(run.messages)")
    }
  }

  /// What differs is told: values, files, versions.
  @Test func whatDiffersIsTold() throws {
    try evaluate("e.json")
    let text = try String(contentsOfFile: folder.file("e.json"), encoding: .utf8)
    let changed = text.replacing("\"decibels\" : ", with: "\"decibels\" : 1", maxReplacements: 1)
      .replacing("\"version\" : \"", with: "\"version\" : \"0.0.")
    _ = try folder.write(text: changed, "changed.json")
    let run = try again("changed.json")
    #expect(run.status == 2)
    #expect(run.text.contains("version        aimcc: 0.0."), "\(run.text)")
    #expect(run.text.contains("value          results[0].decibels: 1"), "\(run.text)")
    #expect(run.lastLine.hasPrefix("DIFFERENT changed.json: 1 of "))
    // A file with other bytes and the same content changes no value.
    let data = try Data(contentsOf: URL(filePath: folder.file("model.onnx")))
    try (data + Data([0x32, 0x00])).write(to: URL(filePath: folder.file("model.onnx")))
    let same = try again("e.json")
    #expect(same.status == 0 && same.text.contains("file           model.onnx: "), "\(same.text)")
    // Other data do.
    let input = folder.file("test_data_set_0/input_0.pb")
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: input)))
    bytes[bytes.count - 2] ^= 0x40
    try Data(bytes).write(to: URL(filePath: input))
    let other = try again("e.json")
    #expect(other.status == 2 && other.text.contains("test_data_set_0/input_0.pb: "))
    #expect(other.text.contains("digest         hashes.data: "))
    try FileManager.default.removeItem(atPath: input)
    let gone = try again("e.json")
    #expect(gone.status == 1 && gone.output.isEmpty)
    #expect(
      gone.messages.contains("input_0.pb: error: there is no such file, and e.json comes from"))
  }

  @Test(arguments: [
    ("{}", "is no evaluation"), ("", "is no evaluation"),
    ("{\"schema\": \"aimcc.evaluate/1\"}", "does not say what it comes from"),
    (
      """
      {"schema": "aimcc.evaluate/1", "provenance": {"command": ["compile", "model.onnx"],
       "options": [], "version": "1", "files": []}}
      """, "its command is not evaluate"
    ),
    (
      """
      {"schema": "aimcc.evaluate/1", "provenance": {"command": ["evaluate", "a", "--data", "b", "--bad"],
       "options": [], "version": "1", "files": []}}
      """, "error: Unknown option '--bad'"
    ),
  ])
  func filesThatAreNoEvaluations(text: String, message: String) throws {
    _ = try folder.write(text: text, "bad.json")
    let run = try again("bad.json")
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.messages.contains(message), "\(run.messages)")
  }
}
