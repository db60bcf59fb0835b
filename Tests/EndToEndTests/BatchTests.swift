import Foundation
import TestSupport
import Testing

/// `--batch`, as Specs/cli.md has it.
@Suite struct BatchTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  /// Runs `command` over a list of `lines`, the fields of each.
  private func run(_ command: String, _ lines: [[String]]) throws -> Command {
    let list = folder.file("list")
    try lines.map { $0.joined(separator: "\t") + "\n" }.joined()
      .write(toFile: list, atomically: true, encoding: .utf8)
    return try Command(command, "--batch", list, "-q")
  }

  @Test(arguments: ["run", "verify"]) func everyCaseIsReported(command: String) throws {
    let (model, data) = (Repository.sample("digits/model.onnx"), Repository.sample("digits"))
    let batch = try run(
      command, [[model, data], [model, data, "0", "0"], ["none.onnx", data], [model, "none"]])
    #expect(batch.status == 2)
    let lines = try batch.text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(
      lines.map { $0["status"] as? String } == [
        "started", "passed", "started", "failed", "started", "refused", "started", "refused",
      ])
    #expect(lines.map { $0["model"] as? String }[4...5] == ["none.onnx", "none.onnx"])
    #expect(lines.allSatisfy { $0["schema"] as? String == "aimcc.batch/1" })
    #expect((lines[3]["mismatch"] as? String)?.contains("logits") == true)
    let faults = lines[5]["diagnostics"] as? [[String: Any]]
    #expect(faults?.first?["message"] as? String == "there is no such file")
    let page = try String(contentsOfFile: Repository.path("Specs/cli.md"), encoding: .utf8)
    for key in lines.flatMap(\.keys) { #expect(page.contains("`\(key)`"), "\(key)") }
  }

  @Test(arguments: [["model"], ["model", "data", "1"], ["model", "data", "1", "-1"]])
  func linesThatAreNoCases(fields: [String]) throws {
    let batch = try run("run", [fields])
    #expect(batch.status == 1 && batch.output.isEmpty)
    #expect(batch.messages.contains("list:1:1: error: is not a case of a batch"))
  }

  @Test(arguments: [
    ["run", "--batch", "a", "model", "--data", "b"], ["run", "--batch", "a", "-o", "b"],
    ["verify", "--batch", "a", "model"], ["run"], ["verify"], ["run", "model"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let run = try Command(arguments)
    #expect(run.status == 64 && run.messages.contains("Usage:"))
  }
}
