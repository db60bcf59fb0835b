import Chip
import Compiler
import Driver
import Foundation
import TestSupport
import Testing

/// Every option of every command has an effect, or is refused with the reason.
@Suite struct OptionTests {
  private static let model = Repository.sample("digits/model.onnx")
  private static let data = Repository.sample("digits/test.npz")
  private static let typical = "typical.npz"

  private static let mobile = modelPath("network-mobile")
  private static let mobileData = Repository.model("network-mobile")
  private static let (small, smallData) = (
    modelPath("network-mlp"), Repository.model("network-mlp")
  )
  private static let expected = Repository.sample("digits/test_data_set_0")
  private static let exact = ["--check", "--rtol", "0", "--atol", "0"]
  private static let scarce = ["--chip", "./scarce.yaml"]
  private static let loaded = [
    "load", "net.aimc", "--device", "chip.socket", "--data", expected,
  ]

  private static func modelPath(_ name: String) -> String {
    Repository.model("\(name)/model.onnx")
  }

  /// The commands and their options, as the program tells them.
  private static func options() throws -> [(command: String, option: String, takesValue: Bool)] {
    let dump = try Command("--experimental-dump-help").json
    let root = try #require(dump["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    return commands.flatMap { command -> [(String, String, Bool)] in
      let name = command["commandName"] as? String ?? ""
      let arguments = command["arguments"] as? [[String: Any]] ?? []
      return arguments.compactMap { argument in
        guard let kind = argument["kind"] as? String, kind != "positional",
          let option = (argument["preferredName"] as? [String: Any])?["name"] as? String
        else { return nil }
        return (name, option, kind == "option")
      }
    }.filter { $0.0 != "help" && !["help", "version"].contains($0.1) }
  }

  /// What each command is run with.
  private static let bases: [String: [String]] = [
    "compile": ["compile", model, "-o", "out.aimc"],
    "check": ["check", "net.aimc", model],
    "simulate": ["simulate", "net.aimc", "--data", "few.npz", "--device", "hermes-tdp"],
    "verify": ["verify", model, "--data", "few.npz", "--device", "hermes-tdp"],
    "evaluate": [
      "evaluate", model, "--data", "few.npz", "--seeds", "2", "--times", "1d", "--calibrate",
      typical,
    ],
    "merge": ["merge", "part.json"], "repeat": ["repeat", "small.json"],
    "sweep": ["sweep", "sweep.yaml", "-o", "results"], "run": ["run", model, "--data", "few.npz"],
    "load": ["load", "net.aimc", "--device", "chip.socket", "--data", "few.npz"],
    "recalibrate": ["recalibrate", "--device", "chip.socket"],
    "self-test": ["self-test", "--device", "chip.socket"],
    "export": ["export", "net.aimc"],
    "import": ["import", "net.aimc", "targets.csv", "-o", "imported.aimc"],
    "inspect": ["inspect", model], "report": ["report", "net.aimc"],
    "plot": ["plot", "e.json", "-o", "e.svg"],
    "diff": ["diff", "net.aimc", "copied.aimc"],
    "opt": ["opt", "graph.aim", "--passes", "partition"],
    "chips": ["chips", "hermes"], "passes": ["passes"], "operators": ["operators"],
  ]

  /// A value for each option that takes one and shows no effect with that of `value(for:)`.
  private static let values: [String: String] = [
    "output": "other", "chip": "flat-256", "set": "crossbar.rows=64", "chips": "2",
    "optimize": "area", "packing": "always", "digital": "dense", "analog": "gate/down",
    "pin": "conv1=5", "search-time": "1.5", "calibrate": "few.npz", "dim": "N=2",
    "input-shape": "image=2x1x8x8", "accuracy": "10%", "copies": "1", "outliers": "50%",
    "copies-of": "dense=2", "input-range": "99%",
    "weight-range": "mse", "line-limit": "block", "range": "0.5", "model": "pcm",
    "routine": "column", "seed": "7", "emit": "graph", "print-after": "fold", "stop-after": "fold",
    "data": "unused.npz", "calibration": "other.aimcal", "write-calibration": "new.aimcal",
    "device": "ideal", "time": "1y", "without": "programming", "correct": "refit",
    "calibrate-at": "0", "between": "none", "rtol": "100", "atol": "100", "batch": "list",
    "times": "1y", "seeds": "3",
    "half-width": "40", "shard": "1/2", "part": "new.json", "csv": "new.csv", "svg": "new.svg",
    "max-memory": "1KiB", "max-instructions": "1", "dump-all": "dump", "passes": "fold",
    "trace": "new.json", "evaluation": "e.json", "kind": "budget", "fault-map": "faults.yaml",
    "faults": "stuck=5%", "tile-map": "map.json", "g-max": "20",
    "dump-dir": "dumps", "core": "0", "weights": "w.npy", "section": ".aimc.chip",
    "resume": "state.json", "over": "crossbars", "script": "slurm", "run": "1",
  ]

  /// A value for `option`: one that the table of options takes, unless another shows more.
  private static func value(for option: String) -> String? {
    if let value = values[option] { return value }
    guard let row = CompileOption.named(option) else { return nil }
    return (row.choices.reversed() + ["1", "1d", "name"]).first { word in
      var values = OptionValues()
      return row.read(word, &values) && values != OptionValues()
    }
  }

  /// What some options need beside the base, or, where it begins with the name of the command, instead of it.
  private static let needs: [String: [String]] = [
    "compile plan": ["compile", model],
    "compile residual": ["--copies", "4"], "verify residual": ["--copies", "4"],
    "evaluate residual": ["--copies", "4"],
    "compile model": ["--predistort", "1d"], "verify model": ["--predistort", "1d"],
    "evaluate model": ["--predistort", "1d"],
    "compile line-limit": ["--set", "crossbar.line-current-limit=5"],
    "verify line-limit": ["--set", "crossbar.line-current-limit=5"],
    "evaluate line-limit": ["--set", "crossbar.line-current-limit=5"],
    "compile analog": ["compile", mobile, "-o", "out.aimc", "--optimize", "energy"],
    "verify analog": ["verify", mobile, "--optimize", "energy"],
    "evaluate analog": [
      "evaluate", mobile, "--data", mobileData, "--calibrate", mobileData, "--optimize", "energy",
    ],
    "opt analog": ["opt", "mobile.aim", "--passes", "partition", "--optimize", "energy"],
    "compile seed": scarce,
    "compile search-time": scarce,
    "verify search-time": scarce,
    "evaluate search-time": scarce,
    "opt seed": ["--passes", "partition,place"] + scarce,
    "opt search-time": ["--passes", "partition,replicate,place"] + scarce,
    "opt pin": ["--passes", "partition,place"],
    "check calibrate": ["check", "centered.aimc", model, "--center"],
    "check digital": ["check", "centered.aimc", model, "--center"],
    "check fault-map": ["check", "faulty.aimc", model, "--copies", "4"],
    "check residual": ["check", "copied.aimc", model, "--copies", "4"],
    "simulate calibrate-at": ["--time", "1y"], "verify correct": ["--routine", "column"],
    "verify calibrate-at": ["--routine", "column", "--time", "1y"],
    "simulate gradient": ["--pulses"], "verify gradient": ["--pulses"],
    "evaluate gradient": ["--pulses"],
    "simulate between": ["--time", "1y", "--calibrate-at", "0"],
    "verify between": ["--routine", "column", "--time", "1y", "--calibrate-at", "0"],
    "evaluate between": ["--calibrate-at", "0"],
    "simulate check": ["simulate", "net.aimc", "--data", expected],
    "simulate rtol": ["simulate", "net.aimc", "--data", expected] + exact,
    "simulate atol": ["simulate", "net.aimc", "--data", expected] + exact,
    "load check": loaded, "load rtol": loaded + exact, "load atol": loaded + exact,
    "run check": ["run", model, "--data", expected],
    "run rtol": ["run", model, "--data", expected] + exact,
    "run atol": ["run", model, "--data", expected] + exact,
    "evaluate ladder": ["evaluate", small, "--data", smallData, "--calibrate", smallData],
    "evaluate half-width": ["--seeds", "5"], "inspect asm": ["inspect", "net.aimc"],
    "inspect core": ["inspect", "net.aimc"], "inspect section": ["inspect", "net.aimc"],
    "inspect weights": ["inspect", "net.aimc", "--core", "0"],
    "inspect output": ["inspect", "net.aimc", "--asm"],
    "run batch": ["run"], "verify batch": ["verify"],
    "sweep over": ["--svg", "new.svg"], "sweep output": ["sweep", "sweep.yaml", "--list"],
  ]

  /// Options whose effect is seen on a terminal, in the progress that these commands show there, or where a model
  /// gives something to note, where the places of blocks change nothing that an evaluation tells, and where devices
  /// would be older for all options after it (FaultyHardwareTests).
  private static let unseen: Set<String> = [
    "simulate quiet", "load quiet", "check quiet", "opt quiet", "evaluate packing", "evaluate pin",
    "load time", "recalibrate time", "recalibrate quiet", "self-test quiet",
    "repeat quiet", "sweep quiet", "sweep jobs",
  ]

  /// What a command gives: its status, what it prints, and the files that it writes.
  private struct Outcome: Equatable {
    var status: Int32
    var output: String
    var messages: String
    var files: [String: Data?] = [:]
    var seconds = 0.0

    static func == (a: Outcome, b: Outcome) -> Bool {
      (a.status, a.output, a.messages) == (b.status, b.output, b.messages) && a.files == b.files
    }
  }

  private let folder: Folder
  private let inputs: Set<String>

  init() throws {
    folder = try Folder(copying: Self.prepared.get())
    inputs = Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path))
  }

  /// What the commands find in their folder.
  private static let prepared = Result { try prepare() }

  private static func prepare() throws -> Folder {
    let folder = try Folder.shared()
    func run(_ arguments: String...) throws {
      let run = try Command(arguments, in: folder.path)
      try #require(run.status == 0, "\(arguments): \(run.messages)")
    }
    let arrays = try readNPZ(path: data).map { array in
      NamedTensor(name: array.name, tensor: array.tensor.rows(0..<12))
    }
    try writeNPZ(arrays, to: folder.file("few.npz"))
    let images = try readNPZ(path: Repository.sample("digits/calibration.npz")).map { array in
      NamedTensor(name: array.name, tensor: array.tensor.rows(0..<24))
    }
    try writeNPZ(images, to: folder.file(typical))
    let unused = NamedTensor(name: "unused", tensor: arrays[0].tensor)
    try writeNPZ(arrays + [unused], to: folder.file("unused.npz"))
    try run("compile", model, "-o", "net.aimc", "--routine", "column")
    try run("compile", model, "-o", "centered.aimc", "--center")
    try run("compile", model, "-o", "copied.aimc", "--copies", "4")
    try run("compile", model, "--emit", "legalize", "-o", "graph.aim")
    try run("compile", mobile, "--emit", "legalize", "-o", "mobile.aim")
    try run(
      "simulate", "net.aimc", "--data", "few.npz", "--device", "hermes-tdp", "--time", "1y",
      "--write-calibration", "other.aimcal")
    try run(
      "evaluate", "net.aimc", "--data", "few.npz", "--seeds", "1", "--times", "0", "--part",
      "part.json")
    try FaultMap(
      try #require(FaultRates("stuck=3%,dead-cores=2,dead-columns=1%")), on: Chip.named("hermes"),
      chips: 1
    ).text.write(toFile: folder.file("faults.yaml"), atomically: true, encoding: .utf8)
    try run(
      "compile", model, "-o", "faulty.aimc", "--copies", "4", "--fault-map", "faults.yaml", "-q")
    try run(
      "compile", model, "--optimize", "area", "--emit", "tile-map", "-o", "map.json", "-q")
    try run("export", "net.aimc", "-o", "targets.csv")
    let evaluated = try Command(
      "evaluate", model, "--data", "few.npz", "--seeds", "1", "--times", "1d", "--ablate",
      "--json", in: folder.path)
    try folder.write(evaluated.output, "e.json")
    let small = try Command(
      "evaluate", Self.small, "--data", smallData, "--seeds", "1", "--times", "0", "--json")
    try folder.write(small.output, "small.json")
    _ = try folder.write(
      text: """
        aimcc: sweep/1
        models:
          small: {model: \(Self.small), data: \(smallData)}
        options:
          copies: [0, 1]
        times: 0
        seeds: 1
        """, "sweep.yaml")
    try "\(model)\t\(expected)\n".write(
      toFile: folder.file("list"), atomically: true, encoding: .utf8)
    try ScarceChip.write(into: folder)
    return folder
  }

  private func isInput(_ path: String) -> Bool {
    inputs.contains(path) || path == "chip.socket"
  }

  /// Runs the command, in lines of at most `columns` if that is given, and takes away what it has written.
  private func outcome(_ arguments: [String], columns: Int? = nil) throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    let run = try Command(
      arguments, in: folder.path, environment: columns.map { ["COLUMNS": "\($0)"] } ?? [:],
      verifiesEach: false)
    let time = (clock.now - start).components
    // Times of the run itself differ from run to run.
    let lines = run.text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      !line.contains("\"seconds\" : ") && !line.contains("\"milliseconds\" : ")
        && !(line.contains("inferences") && line.contains(" in "))
    }
    var outcome = Outcome(
      status: run.status, output: lines.joined(separator: "\n"), messages: run.messages,
      seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18)
    let manager = FileManager.default
    for path in try manager.subpathsOfDirectory(atPath: folder.path) where !isInput(path) {
      outcome.files[path] = .some(manager.contents(atPath: folder.file(path)))
    }
    for path in try manager.contentsOfDirectory(atPath: folder.path) where !isInput(path) {
      try manager.removeItem(atPath: folder.file(path))
    }
    return outcome
  }

  @Test(arguments: bases.keys.sorted())
  func everyOptionHasAnEffectOrIsRefused(command: String) throws {
    let all = try Self.options()
    // A chip runs until a signal ends it: LoadTests.
    #expect(Set(all.map(\.command)) == Set(Self.bases.keys).union(["chip"]))
    let devices = ["load": [], "recalibrate": ["--device", "hermes-tdp"], "self-test": []]
    let chip = try devices[command].map {
      try RunningCommand(
        ["chip", "--listen", "chip.socket"] + $0, in: folder, until: "chip.socket")
    }
    defer { chip?.end() }
    if chip != nil {
      let run = try Command("load", "net.aimc", "--device", "chip.socket", in: folder.path)
      try #require(run.status == 0, "\(run.messages)")
    }
    var known: [[String]: Outcome] = [:]
    let own = all.filter { $0.command == command }
    for (_, option, takesValue) in own where !Self.unseen.contains("\(command) \(option)") {
      let usual = try #require(Self.bases[command])
      let needed = Self.needs["\(command) \(option)"] ?? []
      let base = needed.first == command ? needed : usual + needed
      var added = ["--\(option)"]
      if takesValue {
        added.append(try #require(Self.value(for: option), "a value for --\(option)"))
      }
      let before: Outcome
      // What is not shown in narrow lines, --wide shows.
      let columns = option == "wide" ? 40 : nil
      if columns != nil {
        before = try outcome(base, columns: columns)
      } else if let outcome = known[base] {
        before = outcome
      } else {
        before = try outcome(base)
        #expect(try outcome(base) == before, "\(base) twice")
        known[base] = before
      }
      let after = try outcome(base + added, columns: columns)
      let isRefused =
        [1, 64].contains(after.status) && before.status == 0 && after.messages.contains(option)
      let hasEffect = [0, 2].contains(after.status) && after != before
      let takesTime = option == "search-time" && after.seconds > max(1.4, before.seconds + 0.7)
      #expect(
        isRefused || hasEffect || takesTime,
        "\(base + added): \(after.status) \(after.messages.prefix(300))")
    }
  }

  /// Options that have no effect beside others are refused by name.
  @Test(arguments: [
    ["simulate", "net.aimc", "--data", "few.npz", "--time", "1d"],
    ["simulate", "net.aimc", "--data", "few.npz", "--seed", "3"],
    ["simulate", "net.aimc", "--data", "few.npz", "--calibrate-at", "0"],
    ["evaluate", "net.aimc", "--data", "few.npz", "--between", "gain"],
    ["simulate", "net.aimc", "--data", "few.npz", "--without", "dac", "--device", "ideal"],
    ["simulate", "net.aimc", "--data", "few.npz", "--units", "--json"],
    ["verify", model, "--seed", "3"], ["verify", model, "--routine", "refit"],
    ["verify", model, "--device", "hermes-tdp", "--correct", "refit"],
    ["run", "--batch", "list", "--json"], ["run", model, "--data", "few.npz", "--rtol", "1"],
    ["compile", model, "--plan", "--calibrate", "few.npz"],
    ["compile", model, "--plan", "--center"], ["compile", model, "--model", "pcm"],
    ["compile", model, "--plan", "--routine", "refit"],
    ["compile", model, "--emit", "fold", "--copies", "2"],
    ["compile", model, "--stop-after", "fold", "--output", "x"],
    ["compile", model, "--stop-after", "partition", "--pin", "conv1=3"],
    ["opt", "graph.aim", "--passes", "fold", "--optimize", "area"],
    ["opt", "graph.aim", "--timing"],
    ["inspect", "net.aimc", "--chip", "tiny"], ["inspect", "net.aimc", "--dim", "N=2"],
    ["evaluate", "net.aimc", "--data", "few.npz", "--copies", "1"],
    ["evaluate", "net.aimc", "--data", "few.npz", "--chip", "tiny"],
    ["evaluate", "net.aimc", "--data", "few.npz", "--accuracy", "99%"],
    ["evaluate", model, "--data", "few.npz", "--device", "quantized", "--seed", "4"],
    ["evaluate", model, "--data", "few.npz", "--ladder", "--correct", "refit"],
    ["simulate", "net.aimc", "--data", "few.npz", "--faults", "stuck=1%"],
    ["simulate", "net.aimc", "--data", "few.npz", "--device", "hermes-tdp", "--gradient"],
    ["evaluate", "net.aimc", "--data", "few.npz", "--fault-map", "faults.yaml"],
    ["sweep", "sweep.yaml", "-o", "results", "--over", "latency"],
    ["sweep", "sweep.yaml", "-o", "results", "--collect", "--jobs", "2"],
    ["evaluate", "net.aimc", "--data", "few.npz", "--tile-map", "map.json"],
    ["compile", model, "--stop-after", "fold", "--fault-map", "faults.yaml"],
  ])
  func optionsThatNeedOthers(arguments: [String]) throws {
    let run = try Command(arguments, in: folder.path)
    let option = try #require(arguments.dropFirst().last { $0.hasPrefix("--") })
    let isNamed = arguments.contains { $0.hasPrefix("--") && run.messages.contains("\($0): ") }
    #expect(run.status == 64 && isNamed && run.output.isEmpty, "\(option): \(run.messages)")
  }

  /// What only the program or the data show is refused when they are read.
  @Test(arguments: [
    (["simulate", "plain.aimc", "--data", "few.npz", "--correct", "refit"], "--routine"),
    (
      ["simulate", "plain.aimc", "--data", "few.npz", "--device", "pcm", "--calibrate-at", "0"],
      "--calibrate-at has no effect"
    ),
    (["evaluate", "plain.aimc", "--data", "few.npz", "--correct", "refit"], "--routine"),
    (["evaluate", "plain.aimc", "--data", "plain.npz", "--half-width", "1"], "holds no labels"),
    (
      ["simulate", "plain.aimc", "--data", "few.npz", "--without", "drift"],
      "has no effect \"drift\" to leave out"
    ),
  ])
  func whatThereIsNothingFor(arguments: [String], message: String) throws {
    #expect(try Command("compile", Self.model, "-o", folder.file("plain.aimc")).status == 0)
    let images = try #require(try readNPZ(path: Self.data).first { $0.name == "x" })
    try writeNPZ(
      [NamedTensor(name: "x", tensor: images.tensor.rows(0..<8))], to: folder.file("plain.npz"))
    let run = try Command(arguments, in: folder.path)
    #expect(run.status == 1 && run.messages.contains(message), "\(run.messages)")
  }
}
