import Foundation
import TestSupport
import Testing

/// Names that would drive a terminal, or make text look like another, are escaped wherever they go.
@Suite struct TerminalTests {
  private let folder: Folder
  private static let hostile = [
    "\u{9B}31m", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}", "\u{2066}", "\u{1B}[2J", "\u{7F}",
    "\u{200F}", "\u{E0041}",
  ]

  init() throws { folder = try Folder() }

  /// What may not be seen on a terminal.
  private func hidden(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter {
      switch $0.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: $0 != "\n"
      default: false
      }
    }
  }

  private func expectPlain(_ arguments: [String], status: Int32) throws -> Command {
    let run = try Command(arguments, in: folder.path)
    #expect(run.status == status, "\(arguments): \(run.messages)")
    #expect(hidden(run.text).isEmpty && hidden(run.messages).isEmpty, "\(arguments)")
    return run
  }

  /// A text of a graph can hold any name, and all commands take it.
  @Test(arguments: hostile) func namesOfANetwork(name: String) throws {
    let text = try Command("compile", Repository.sample("digits/model.onnx"), "--emit", "graph")
      .text
    let escape = name.unicodeScalars.map { "\\u{\(String($0.value, radix: 16))}" }.joined()
    let changed = text.replacing(/"(digits|conv1|logits|image|dense)"/) {
      "\"\(escape)\($0.output.1)\""
    }
    #expect(changed != text)
    let (model, program) = ("\(name).aim", "\(name).aimc")
    try changed.write(toFile: folder.file(model), atomically: true, encoding: .utf8)
    let stored = try Command(
      ["compile", Repository.sample("digits/model.onnx"), "--emit", "graph", "-o", "w.aim"],
      in: folder.path)
    #expect(stored.status == 0)
    try FileManager.default.moveItem(
      atPath: folder.file("w.aim.weights"), toPath: folder.file("\(model).weights"))
    let data = ["--data", Repository.sample("digits/test_data_set_0")]
    _ = try expectPlain(["compile", model, "-o", program], status: 0)
    _ = try expectPlain(["compile", model, "-o", program, "--json"], status: 0)
    _ = try expectPlain(["compile", model, "--emit", "place"], status: 0)
    _ = try expectPlain(["opt", model, "--passes", "fold,fuse"], status: 0)
    _ = try expectPlain(["verify", model] + data, status: 0)
    _ = try expectPlain(["run", model] + data, status: 0)
    let inspected = try expectPlain(["inspect", model, "--json"], status: 0)
    // JSON means the same.
    let nodes = try #require(inspected.json["nodes"] as? [[String: Any]])
    #expect(nodes.contains { ($0["name"] as? String)?.hasPrefix(name) == true })
    for options in [[], ["--json"], ["--asm"]] {
      _ = try expectPlain(["inspect", program] + options, status: 0)
    }
    _ = try expectPlain(["simulate", program, "--units"] + data, status: 0)
    let part = "\(name).part"
    _ = try expectPlain(
      ["evaluate", program, "--times", "0", "--seeds", "2", "--part", part, "--csv", "/dev/stdout"]
        + data, status: 0)
    _ = try expectPlain(["merge", part], status: 0)
    _ = try expectPlain(["merge", part, "--json"], status: 0)
  }

  @Test(arguments: hostile) func namesOnTheCommandLine(name: String) throws {
    try name.write(toFile: folder.file("\(name).yaml"), atomically: true, encoding: .utf8)
    for arguments in [
      ["inspect", name], ["chips", name], ["chips", "\(name).yaml"], ["merge", "\(name).yaml"],
      ["compile", Repository.sample("digits/model.onnx"), "--dim", "\(name)=1"],
      ["verify", Repository.sample("digits/model.onnx"), "--device", name],
      ["run", Repository.sample("digits/model.onnx"), "--data", "\(name).yaml"],
    ] { _ = try expectPlain(arguments, status: 1) }
    for arguments in [[name], ["inspect", "--\(name)"], ["opt", "a", "--passes", name]] {
      _ = try expectPlain(arguments, status: 64)
    }
  }
}
