import Foundation
import TestSupport
import Testing

/// What Specs/cli.md says of commands, options, exit codes and files.
@Suite struct CommandLineTests {
  static let commands = [
    "compile", "check", "simulate", "verify", "evaluate", "merge", "repeat", "sweep", "run",
    "inspect", "report",
    "plot", "diff", "load", "chip", "opt", "chips", "passes", "operators",
  ]

  let folder: Folder
  let page: String

  init() throws {
    folder = try Folder()
    page = try String(contentsOfFile: Repository.path("Specs/cli.md"), encoding: .utf8)
  }

  @Test(arguments: commands) func pageNamesEveryOption(command: String) throws {
    let help = try Command(command, "--help")
    #expect(help.status == 0)
    let options = help.text.matches(of: /(?m)^  (?:(-\w), )?(--[a-z-]+)/)
    #expect(options.count >= 3)
    for option in options {
      #expect(page.contains("`\(option.2)"), "\(command) \(option.2)")
      if let short = option.1 { #expect(page.contains("`\(short)"), "\(command) \(short)") }
    }
  }

  @Test func helpNamesEveryCommand() throws {
    let help = try Command("--help").text
    for command in Self.commands {
      #expect(help.contains("  \(command) "))
      #expect(page.contains("`aimcc \(command)"))
    }
  }

  @Test func versionAndCompletions() throws {
    #expect(try Command("--version").text.wholeMatch(of: /aimcc \d+\.\d+\.\d+\n/) != nil)
    for shell in ["bash", "zsh", "fish"] {
      let script = try Command("--generate-completion-script", shell)
      #expect(script.status == 0 && script.text.contains("compile"))
    }
  }

  @Test(arguments: [
    ["frobnicate"], ["compile"], ["compile", "a", "--chips", "0"], ["compile", "a", "--emit", "x"],
    ["compile", "a", "--range", "0.009"],
    ["compile", "a", "--dim", "N"], ["compile", "a", "--print-after", "x"],
    ["compile", "a", "--json", "--emit", "asm"], ["simulate", "a"],
    ["simulate", "a", "--data", "b", "--time", "1x"], ["run", "a", "--data", "b", "--rtol", "-1"],
    ["opt", "a", "--passes", "x"], ["inspect", "a", "--asm", "--json"], ["chips", "--set", "a=b"],
    ["report"], ["diff", "a"], ["plot", "a"], ["plot", "a", "-o", "b.jpg"],
    ["plot", "a", "-o", "b.svg", "--kind", "x"],
    ["load", "a"], ["chip"], ["load", "a", "--device", "b", "--check"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let run = try Command(arguments)
    #expect(run.status == 64)
    #expect(run.output.isEmpty && run.messages.contains("Usage:"))
  }

  @Test(arguments: [
    (["compile", "none.onnx"], "none.onnx: error: there is no such file"),
    (["compile", "."], ".: error: is a folder"),
    (["simulate", "none.aimc", "--data", "x"], "none.aimc: error: there is no such file"),
    (["inspect", "none"], "none: error: there is no such file"),
    (["load", "none.aimc", "--device", "x"], "none.aimc: error: there is no such file"),
    (["chip", "--listen", "tcp:0"], "names no port"),
    (["opt", "none.aim"], "none.aim: error: there is no such file"),
    (["chips", "none"], "there is no chip \"none\""),
    (
      ["run", Repository.sample("digits/model.onnx"), "--data", "none"],
      "none: error: there is no such"
    ),
    (
      ["compile", Repository.sample("digits/model.onnx"), "-o", "no/x"], "folder no does not exist"
    ),
    (["compile", Repository.sample("digits/model.onnx"), "-o", "."], ".: error: is a folder"),
    (["compile", Repository.sample("digits/model.onnx"), "--dim", "M=1"], "no input has an open"),
    (
      ["compile", Repository.sample("residual/model.onnx"), "--plan", "--dim", "N=99999999999999"],
      "is too large: f32[99999999999999, 1, 8, 8]"
    ),
    (
      [
        "evaluate", Repository.sample("digits/model.onnx"), "--data",
        Repository.sample("digits/test.npz"), "--seed", "18446744073709551615", "--seeds", "2",
      ], "the last has no number"
    ),
    (["compile", Repository.sample("digits/model.onnx"), "--chip", "tiny"], "--chips auto"),
    (["compile", Repository.sample("digits/model.onnx"), "--set", "cores=1"], "cores"),
    (
      ["verify", Repository.sample("digits/model.onnx"), "--device", "x", "--without", "y"],
      "has no device model \"x\""
    ),
    (
      ["verify", Repository.sample("digits/model.onnx"), "--device", "pcm", "--without", "y"],
      "there is no effect \"y\""
    ),
  ])
  func faultyInput(arguments: [String], message: String) throws {
    let run = try Command(arguments, in: folder.path)
    #expect(run.status == 1)
    #expect(run.messages.contains(message), "\(run.messages)")
    #expect(run.output.isEmpty && folder.files.isEmpty)
  }

  @Test func anInputIsNotOverwritten() throws {
    let model = folder.file("m.onnx")
    try FileManager.default.copyItem(atPath: Repository.sample("digits/model.onnx"), toPath: model)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: model)
    for output in [model, folder.file("link"), "./m.onnx"] {
      let run = try Command("compile", model, "-o", output, in: folder.path)
      #expect(run.status == 1 && run.messages.contains("is both input and output"))
    }
    #expect(
      FileManager.default.contentsEqual(
        atPath: model, andPath: Repository.sample("digits/model.onnx")))
  }

  @Test func aFullDiskIsAFault() throws {
    let run = try Command("passes", outputFile: "/dev/full")
    #expect(run.status == 1 && run.messages.contains("cannot be written"))
  }

  @Test func programGoesBesideNothingElse() throws {
    let model = Repository.sample("digits/model.onnx")
    #expect(try Command("compile", model, in: folder.path).status == 0)
    #expect(folder.files == ["model.aimc"])
    #expect(
      try Command("compile", model, "--stop-after", "place", in: folder.path).output.isEmpty)
    #expect(folder.files == ["model.aimc"])
    let piped = try Command("compile", model, "-o", "-", in: folder.path)
    #expect(piped.output == FileManager.default.contents(atPath: folder.file("model.aimc")))
  }

  @Test(arguments: [
    "graph", "fold", "fuse", "concatenate", "legalize", "partition", "replicate", "place",
  ])
  func stageTextCanBeReadBack(stage: String) throws {
    let text = folder.file("stage.aim")
    let model = Repository.sample("residual/model.onnx")
    #expect(try Command("compile", model, "--emit", stage, "-o", text).status == 0)
    let again = try Command("opt", text)
    #expect(again.status == 0, "\(again.messages)")
    #expect(again.text == (try String(contentsOfFile: text, encoding: .utf8)))
  }

  @Test(arguments: ["partition", "replicate", "place", "schedule"])
  func stageTextCompilesToTheSameBytes(stage: String) throws {
    let model = Repository.sample("residual/model.onnx")
    let data = Repository.sample("residual")
    let graph = folder.file("graph.aim")
    #expect(try Command("compile", model, "--emit", "legalize", "-o", graph).status == 0)
    let text = folder.file("stage.aim")
    let emit = ["--calibrate", data, "--emit", stage, "-o", text]
    #expect(try Command(["compile", graph] + emit).status == 0)
    var programs: [Data?] = []
    for input in [graph, text] {
      let program = folder.file("net.aimc")
      let run = try Command("compile", input, "--calibrate", data, "-o", program)
      #expect(run.status == 0, "\(run.messages)")
      programs.append(FileManager.default.contents(atPath: program))
    }
    #expect(programs[0] != nil && programs[0] == programs[1])
  }

  @Test func passesOverTextGiveWhatCompileGives() throws {
    let text = folder.file("graph.aim")
    let model = Repository.sample("residual/model.onnx")
    #expect(try Command("compile", model, "--emit", "graph", "-o", text).status == 0)
    let placed = try Command(
      "opt", text, "--passes",
      "fold,fuse,concatenate,legalize,calibrate,partition,replicate,quantize,place", "--calibrate",
      Repository.sample("residual/calibration.npz"))
    #expect(placed.status == 0, "\(placed.messages)")
    #expect(try Command("compile", model, "--emit", "place").text == placed.text)
    let wrong = try Command("opt", text, "--passes", "place")
    #expect(wrong.status == 1 && wrong.messages.contains("needs a partition"))
  }

  /// What passes have found of a network does not hold for another one.
  @Test(arguments: ["fold", "smooth", "separate", "center", "copy", "widen"])
  func passesOverNetworksComeFirst(pass: String) throws {
    let (graph, text) = (folder.file("graph.aim"), folder.file("calibrated.aim"))
    let data = ["--calibrate", Repository.sample("digits/test_data_set_0")]
    let model = Repository.sample("digits/model.onnx")
    #expect(try Command(["compile", model, "--emit", "calibrate", "-o", text] + data).status == 0)
    #expect(try Command("compile", model, "--emit", "legalize", "-o", graph).status == 0)
    for (given, passes, found) in [
      (text, pass, "calibration"), (graph, "calibrate,\(pass)", "calibration"),
      (graph, "partition,\(pass)", "partition"),
    ] {
      let readsData = ["calibrate", "smooth", "separate", "center"].contains { passes.contains($0) }
      let run = try Command(["opt", given, "--passes", passes] + (readsData ? data : []))
      #expect(run.status == 1 && run.output.isEmpty)
      let message = "pass \(pass) changes the network, of which there is a \(found) already"
      #expect(run.messages.contains(message), "\(run.messages)")
    }
  }

  @Test func everyPassCanBePrinted() throws {
    let run = try Command(
      "compile", Repository.sample("digits/model.onnx"), "-o", folder.file("a"), "--print-after",
      "all",
      "--timing", "--verify-each", "-q", "--smooth", "--outliers", "1%", "--center", "--copies",
      "1", "--widen")
    #expect(run.status == 0)
    let passes = try Command("passes", "--json").json["passes"] as? [[String: Any]] ?? []
    #expect(passes.count >= 10)
    for pass in passes {
      let name = try #require(pass["name"] as? String)
      #expect(run.messages.contains("// after \(name)\n"))
      #expect(run.messages.contains("\n\(name) "))
    }
  }

  @Test(arguments: [
    ["chips", "--json"], ["passes", "--json"], ["operators", "--json"],
    ["compile", Repository.sample("residual/model.onnx"), "-o", "a", "--json"],
    ["verify", Repository.sample("residual/model.onnx"), "--json"],
    ["inspect", Repository.sample("residual/model.onnx"), "--json"],
    [
      "run", Repository.sample("residual/model.onnx"), "--data",
      Repository.sample("residual/test.npz"),
      "--json",
    ],
    ["inspect", "PROGRAM", "--json"],
    ["simulate", "PROGRAM", "--data", Repository.sample("residual/test.npz"), "--json"],
    [
      "evaluate", "PROGRAM", "--data", Repository.sample("residual/test.npz"), "--json", "--times",
      "1d",
      "--seeds", "2",
    ],
    [
      "simulate", "PROGRAM", "--data", Repository.sample("residual/test.npz"), "--json", "--device",
      "hermes-tdp", "--time", "1d", "--seed", "7", "--without", "drift",
    ],
  ])
  func pageNamesEveryFieldOfJSON(arguments: [String]) throws {
    let program = folder.file("p.aimc")
    if arguments.contains("PROGRAM") {
      let run = try Command("compile", Repository.sample("residual/model.onnx"), "-o", program)
      #expect(run.status == 0)
    }
    let run = try Command(
      arguments.map { $0 == "PROGRAM" ? program : $0 }, in: folder.path)
    #expect(run.status == 0)
    let document = run.json
    let schema = try #require(document["schema"] as? String)
    #expect(schema.wholeMatch(of: /aimcc\.[a-z.]+\/1/) != nil)
    #expect(page.contains("`\(schema)`"))
    for key in keys(document) { #expect(page.contains("`\(key)`"), "\(schema) \(key)") }
  }

  /// The keys of all objects, but of those that are maps from names.
  private func keys(_ value: Any) -> Set<String> {
    switch value {
    case let object as [String: Any]:
      object.reduce(into: []) { found, entry in
        found.insert(entry.key)
        if entry.key != "operators" || entry.value is [Any] {
          found.formUnion(keys(entry.value))
        }
      }
    case let list as [Any]: list.reduce(into: []) { $0.formUnion(keys($1)) }
    default: []
    }
  }

  @Test func pageOfOperatorsIsTheProgramsOwn() throws {
    let page = try Command("operators", "--markdown").text
    #expect(
      page == (try String(contentsOfFile: Repository.path("Specs/operators.md"), encoding: .utf8)))
  }
}
