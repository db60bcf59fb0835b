import Basics
import Driver
import Foundation
import TestSupport
import Testing

/// Runs the commands that the documents show.
@Suite struct DocumentCommandTests {
  /// A page, and the commands in it.
  struct Page: CustomTestStringConvertible, Sendable {
    let path: String
    let commands: [String]

    var testDescription: String { path }
  }

  /// Beginnings of commands that are not run, each with the reason.
  private static let excluded: [(command: String, reason: String)] = [
    ("aimcc chip --listen", "serves until a signal ends it; LoadTests has such a device"),
    ("aimcc load ", "needs a device that listens; LoadTests has one"),
    ("aimcc self-test", "needs a device that listens; FaultyHardwareTests has one"),
    ("aimcc compile --fault-map", "is an option alone; FaultyHardwareTests has files of faults"),
    ("aimcc compile mnist8.onnx", "takes data that are not in this repository"),
    ("aimcc evaluate net.aimc --data test.npz --seeds 1 --seed N", "N is a number"),
    (
      "aimcc compile resnet8-cifar10/model.onnx",
      "takes 15 to 30 minutes, or data that are not in this repository"
    ),
    ("aimcc evaluate samples/NAME", "NAME is one of the samples"),
  ]

  /// Commands without arguments; others without any name a command and run nothing.
  private static let whole = ["aimcc chips", "aimcc passes", "aimcc operators"]

  private static let pages: [Page] = {
    let folders = ["Specs", "Sources/Commands/Topics", "samples", "Sources/AIMCC/AIMCC.docc"]
    let names =
      ["README.md", "CONTRIBUTING.md"]
      + folders.flatMap { folder in
        let found = try? FileManager.default.contentsOfDirectory(atPath: Repository.path(folder))
        return (found ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" }
      }
    return names.map { name in
      let text = (try? String(contentsOfFile: Repository.path(name), encoding: .utf8)) ?? ""
      return Page(path: name, commands: commands(in: text))
    }
  }()

  /// The commands in the order of the text: lines of code, and what stands in it as code.
  private static func commands(in text: String) -> [String] {
    var found: [String] = []
    let joined = text.replacing(#/\\\n\s*/#, with: " ")
    var isCode = false
    for line in joined.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isCode.toggle()
      } else if let code = line.wholeMatch(of: #/(?:    )?(aimcc .*)/#),
        isCode || line.hasPrefix("    ")
      {
        found.append(String(code.1))
      }
    }
    for code in joined.matches(of: #/`(aimcc [^`]*)`/#) {
      found.append(String(code.1).replacing("\n", with: " "))
    }
    return found.map { $0.replacing(#/\s+#.*/#, with: "").trimmingCharacters(in: .whitespaces) }
      .reduce(into: []) { list, command in if !list.contains(command) { list.append(command) } }
      .filter(isRunnable)
  }

  private static func isRunnable(_ command: String) -> Bool {
    let words = command.split(separator: " ")
    // Words in capitals stand for something.
    let isSchematic =
      command.contains("…") || command.contains("[")
      || words.contains { $0.wholeMatch(of: #/[A-Z]{3,}[A-Z.]*.*/#) != nil }
    if isSchematic || excluded.contains(where: { command.hasPrefix($0.command) }) { return false }
    return words.count > 2 || whole.contains(command)
  }

  /// What commands in documents call the digits sample and its data, fewer of these.
  private func makeFiles(in folder: Folder) throws {
    let digits = Repository.sample("digits")
    let sample = folder.file("samples/digits")
    try FileManager.default.createDirectory(atPath: sample, withIntermediateDirectories: true)
    let (few, typical) = ("\(sample)/test.npz", "\(sample)/calibration.npz")
    func write(_ count: Int, of source: String, to path: String) throws {
      try writeNPZ(
        readNPZ(path: source).map { array in
          NamedTensor(name: array.name, tensor: array.tensor.rows(0..<count))
        }, to: path)
    }
    try write(24, of: "\(digits)/test.npz", to: few)
    try write(24, of: "\(digits)/calibration.npz", to: typical)
    try FileManager.default.copyItem(
      atPath: "\(digits)/model.onnx", toPath: "\(sample)/model.onnx")
    for (source, names) in [
      ("\(sample)/model.onnx", ["model.onnx", "net.onnx"]), (few, ["test.npz"]),
      (typical, ["calibration.npz", "typical.npz"]),
    ] {
      for name in names {
        try FileManager.default.copyItem(atPath: source, toPath: folder.file(name))
      }
    }
    try writeAtomically(
      "extends: hermes\nname: mine\nsummary: mine\n", to: folder.file("mine.yaml"))
    try writeAtomically(
      """
      aimcc: sweep/1
      models:
        digits: {model: model.onnx, data: test.npz}
      options:
        copies: [0, 1]
      times: 0
      seeds: 1

      """, to: folder.file("sweep.yaml"))
    let evaluated = try Command(
      "evaluate", "model.onnx", "--data", "test.npz", "--seeds", "1", "--times", "0", "--json",
      in: folder.path)
    try writeAtomically(evaluated.text, to: folder.file("e.json"))
    for name in ["model", "net"] {
      let made = try Command("compile", "\(name).onnx", "-q", in: folder.path)
      try #require(made.status == 0, "\(made.messages)")
    }
  }

  @Test func thereAreCommands() {
    #expect(Self.pages.reduce(0) { $0 + $1.commands.count } > 40)
    for name in ["README.md", "Specs/tutorial.md", "Sources/Commands/Topics/dumps.md"] {
      #expect(Self.pages.first { $0.path == name }?.commands.count ?? 0 > 4, "\(name)")
    }
  }

  /// In the order of the page, so that what one writes others read.
  @Test(arguments: pages.filter { !$0.commands.isEmpty }) func commandsRun(_ page: Page) throws {
    let folder = try Folder()
    try makeFiles(in: folder)
    for command in page.commands {
      // Fewer chips show as well whether it runs.
      let isLong = command.hasPrefix("aimcc evaluate") && !command.contains("--seeds")
      let line =
        isLong ? command.replacing("aimcc evaluate", with: "aimcc evaluate --seeds 2") : command
      let run = try Command(shell: line, in: folder.path)
      #expect(run.status == 0, "\(command): \(run.messages)")
    }
  }
}
