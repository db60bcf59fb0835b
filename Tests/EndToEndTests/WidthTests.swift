import Foundation
import TestSupport
import Testing

/// What people read fits their terminal.
@Suite struct WidthTests {
  private static let narrow = ["COLUMNS": "80"]
  private static let digits = Repository.sample("digits/model.onnx")
  private static let data = Repository.sample("digits/test.npz")

  /// Every command that prints a report or a table; `P` is a program, `M` a model and `D` data.
  private static let commands: [[String]] = [
    ["compile", "M", "-o", "p.aimc"], ["compile", "M", "--plan"],
    ["compile", "M", "--chips", "2", "--plan"],
    ["check", "P", "M"], ["simulate", "P", "--data", "D", "--units"],
    ["simulate", "P", "--data", "D", "--device", "hermes-tdp", "--time", "1d"],
    ["verify", "M", "--data", "D"],
    ["verify", "M", "--data", "D", "--device", "hermes-tdp", "--time", "1y"],
    ["verify", "M", "--set", "dac.bits=2", "--device", "quantized"],
    ["evaluate", "M", "--data", "D", "--seeds", "2", "--times", "0,1d"],
    ["evaluate", "M", "--data", "D", "--seeds", "1", "--times", "1d", "--ablate"],
    ["compile", "M", "-o", "p.aimc", "--fault-map", "F"],
    ["run", "M", "--data", "D"], ["inspect", "M"], ["inspect", "P"],
    ["report", "P", "-o", "page.html"], ["diff", "P", "O"], ["chips"], ["passes"],
    ["operators"],
  ]

  private static func run(
    _ words: [String], in folder: Folder, _ environment: [String: String]
  ) throws -> Command {
    let names = [
      "M": digits, "P": folder.file("p.aimc"), "D": data, "p.aimc": folder.file("p.aimc"),
      "O": folder.file("o.aimc"), "F": folder.file("faults.yaml"),
    ]
    if words.contains("F") {
      let text =
        "aimcc: faults/1\nchip: hermes\ncores:\n"
        + (0..<64).map { core in
          "  0.\(core):\n    stuck: |\n" + (0..<256).map { "      \($0) 0 + 20\n" }.joined()
        }.joined()
      _ = try folder.write(text: text, "faults.yaml")
    }
    if words.contains("P") {
      _ = try Command(["compile", digits, "-o", folder.file("p.aimc"), "-q"])
    }
    if words.contains("O") {
      _ = try Command([
        "compile", digits, "-o", folder.file("o.aimc"), "-q", "--copies", "4", "--routine", "refit",
        "--chip", "grid-8x8",
      ])
    }
    return try Command(
      words.map { names[$0] ?? $0 }, in: folder.path, environment: environment)
  }

  /// Words that are longer than a line, such as paths, stay whole, so that they can be copied.
  private static func isTooLong(_ line: Substring) -> Bool {
    line.count > 80 && line.split(separator: " ").allSatisfy { $0.count <= 60 }
  }

  @Test(arguments: commands) func linesFitTheTerminal(words: [String]) throws {
    let run = try Self.run(words, in: Folder(), Self.narrow)
    #expect(run.status == 0 || run.status == 2, "\(run.messages)")
    let long = run.text.split(separator: "\n").filter(Self.isTooLong)
    #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    #expect(!run.text.isEmpty)
  }

  /// Those that need files which other commands write.
  @Test func linesOfLaterCommandsFit() throws {
    let folder = try Folder()
    let evaluation = [
      "evaluate", Self.digits, "--data", Self.data, "--seeds", "2", "--times", "0,1d", "-q",
    ]
    for shard in ["1", "2"] {
      try expectFit(evaluation + ["--shard", "\(shard)/2", "--part", "\(shard).part"], in: folder)
    }
    try expectFit(["merge", "1.part", "2.part"], in: folder)
    let known = try Command(evaluation + ["--json"], in: folder.path)
    try folder.write(known.output, "e.json")
    try expectFit(["repeat", "e.json"], in: folder)
    try folder.write(
      text: """
        aimcc: sweep/1
        models:
          digits: {model: \(Self.digits), data: \(Self.data)}
        options:
          routine: [~, refit]
        times: [0, 1d]
        seeds: 1
        """, "sweep.yaml")
    for words in [["--list"], ["-q"], ["--collect"]] {
      try expectFit(["sweep", "sweep.yaml", "-o", "results"] + words, in: folder)
    }
  }

  @Test func linesAboutADeviceFit() throws {
    let folder = try Folder()
    let compiled = try Command(
      "compile", Self.digits, "-o", "p.aimc", "--routine", "refit", "-q", in: folder.path)
    #expect(compiled.status == 0, "\(compiled.messages)")
    let device = try RunningCommand(
      ["chip", "--listen", "chip.socket", "--device", "hermes-tdp"], in: folder,
      until: "chip.socket")
    for words in [["load", "p.aimc", "--data", Self.data], ["recalibrate"], ["self-test"]] {
      try expectFit(words + ["--device", "chip.socket"], in: folder)
    }
    withExtendedLifetime(device) {}
  }

  private func expectFit(_ words: [String], in folder: Folder) throws {
    let run = try Command(words, in: folder.path, environment: Self.narrow)
    #expect(run.status == 0 && !run.text.isEmpty, "\(words): \(run.messages)")
    let long = run.text.split(separator: "\n").filter(Self.isTooLong)
    #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
  }

  /// A wider terminal shows more, and `--wide` shows everything.
  @Test func wideShowsAllColumns() throws {
    let folder = try Folder()
    func heading(_ words: [String], _ environment: [String: String]) throws -> String {
      try Self.run(["compile", "M", "--plan"] + words, in: folder, environment).text
    }
    let narrow = try heading([], Self.narrow)
    #expect(narrow.contains("not shown: ") && narrow.contains("(--wide)"))
    #expect(!narrow.contains("byte-hops"))
    for wide in [try heading(["--wide"], Self.narrow), try heading(["--wide"], [:])] {
      #expect(!wide.contains("not shown: "))
      #expect(wide.contains("cells used, %  interval, MVMs  MACs, analog  MACs, digital\n"))
      #expect(wide.contains("\nbyte-hops "))
    }
    #expect(!(try heading([], ["COLUMNS": "300"])).contains("not shown: "))
  }

  @Test func wideWithoutATableIsRefused() throws {
    let folder = try Folder()
    for words in [
      ["compile", "M", "--json", "--wide"], ["compile", "M", "--emit", "fuse", "--wide"],
      ["inspect", "P", "--asm", "--wide"], ["chips", "hermes", "--wide"],
      ["operators", "--markdown", "--wide"], ["run", "--batch", "l", "--wide"],
    ] {
      let run = try Self.run(words, in: folder, Self.narrow)
      #expect(run.status == 64, "\(words)")
      #expect(run.messages.contains("--wide"), "\(words)")
    }
  }

  /// The last line tells the verdict, however long its reason is.
  @Test func theLastLineIsTheVerdict() throws {
    let folder = try Folder()
    let run = try Self.run(
      ["verify", "M", "--set", "dac.bits=2", "--device", "quantized"], in: folder, Self.narrow)
    #expect(run.status == 2)
    #expect(run.lastLine.hasPrefix("FAIL digits on 1 × hermes"))
    #expect(
      run.text.contains("\nverdict        output \"logits\" of quantized departs from reference"))
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func aReportFitsAScreen() throws {
    let folder = try Folder()
    let model = "\(Repository.shared)/models/resnet8-cifar10/model.onnx"
    let run = try Command(
      ["compile", model, "-o", "resnet8.aimc"], in: folder.path, environment: Self.narrow)
    #expect(run.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 25)
    #expect(run.text.hasPrefix("fits           64 of 64 crossbars"))
    #expect(run.text.contains("\nbottleneck     "))
  }
}
