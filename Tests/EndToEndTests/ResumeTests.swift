import Foundation
import TestSupport
import Testing

/// Evaluations that go on where others ended.
@Suite struct ResumeTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    let model = Repository.sample("digits/model.onnx")
    let run = try Command(
      "compile", model, "--routine", "column", "-o", folder.file("net.aimc"), "-q")
    try #require(run.status == 0, "\(run.messages)")
  }

  private let data = Repository.sample("digits/test.npz")

  private func evaluate(_ options: String...) throws -> Command {
    try Command(
      ["evaluate", "net.aimc", "--data", data, "--times", "0,1y", "--json", "-q"] + options,
      in: folder.path)
  }

  /// More chips go on from fewer, in another range too, to the results of all at once.
  @Test func chipsAreNotDoneAgain() throws {
    let whole = try evaluate("--seeds", "5")
    #expect(whole.status == 0, "\(whole.messages)")
    #expect(try evaluate("--seeds", "2", "--resume", "s.json").status == 0)
    #expect(try evaluate("--seeds", "1", "--seed", "4", "--resume", "s.json").status == 0)
    let rest = try evaluate("--seeds", "5", "--resume", "s.json")
    #expect(rest.status == 0 && rest.output == whole.output, "\(rest.messages)")
    let text = try String(contentsOfFile: folder.file("s.json"), encoding: .utf8)
    #expect(text.ranges(of: "\"seed\"").count == 10, "five chips at two times")
  }

  @Test func otherStatesAreRefused() throws {
    #expect(try evaluate("--seeds", "1", "--resume", "s.json").status == 0)
    let times = try Command(
      "evaluate", "net.aimc", "--data", data, "--times", "1d", "--seeds", "1", "--resume", "s.json",
      in: folder.path)
    #expect(times.status == 1)
    #expect(
      times.messages.contains("s.json: error: is of another evaluation, which differs in options"),
      "\(times.messages)")
    let device = try evaluate("--seeds", "1", "--device", "pcm", "--resume", "s.json")
    #expect(device.status == 1 && device.messages.contains("differs in device"))
    let text = try String(contentsOfFile: folder.file("s.json"), encoding: .utf8)
    let number = try #require(text.firstMatch(of: /"noise" : ([0-9.]+)/))
    try text.replacing(number.1, with: "1.5").write(
      toFile: folder.file("s.json"), atomically: true, encoding: .utf8)
    let damaged = try evaluate("--seeds", "1", "--resume", "s.json")
    #expect(damaged.status == 1 && damaged.output.isEmpty)
    #expect(
      damaged.messages.contains("s.json: error: is damaged, or is not the state of an evaluation"))
    let input = try evaluate("--seeds", "1", "--resume", "net.aimc")
    #expect(input.status == 1 && input.messages.contains("is both input and output"))
  }

  /// What is kept of a ladder is kept by program.
  @Test func laddersGoOn() throws {
    let small = Repository.model("network-mlp")
    let words = [
      "evaluate", "\(small)/model.onnx", "--data", small, "--calibrate", small, "--ladder",
      "--json",
      "--times", "1d", "--seeds",
    ]
    let whole = try Command(words + ["2"], in: folder.path)
    #expect(whole.status == 0, "\(whole.messages)")
    let rows = try #require(whole.json["rows"] as? [[String: Any]])
    #expect(try Command(words + ["1", "--resume", "l.json"], in: folder.path).status == 0)
    let rest = try Command(words + ["2", "--resume", "l.json"], in: folder.path)
    #expect(rest.output == whole.output)
    // Rows are told as they come.
    for row in rows {
      let name = try #require(row["name"] as? String)
      #expect(whole.messages.contains("\n\(name): ") || whole.messages.hasPrefix("\(name): "))
    }
  }
}
