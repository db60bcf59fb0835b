import Foundation
import TestSupport
import Testing

/// Grids of evaluations: what they are made of, and that nothing depends on who does them.
@Suite struct SweepTests {
  private let folder: Folder
  private static let network = ModelFolder(made: "network-mlp")

  private static let sweep = """
    aimcc: sweep/1
    models:
      mlp: {model: model.onnx, data: test_data_set_0, calibrate: test_data_set_0}
    set:
      adc.bits: [6, 8]
    devices: [hermes-tdp, quantized]
    options:
      routine: [~, refit]
    times: [0, 1d]
    seeds: 3
    seeds-per-run: 2
    except:
      - {device: quantized, routine: refit}
    """

  init() throws {
    folder = try Folder()
    let manager = FileManager.default
    try manager.copyItem(atPath: Self.network.model, toPath: folder.file("model.onnx"))
    try manager.copyItem(
      atPath: Self.network.dataSets[0], toPath: folder.file("test_data_set_0"))
    _ = try folder.write(text: Self.sweep, "sweep.yaml")
  }

  private func run(_ words: String..., folder place: String? = nil, columns: Int? = nil) throws
    -> Command
  {
    try Command(
      ["sweep"] + words, in: place ?? folder.path,
      environment: columns.map { ["COLUMNS": "\($0)"] } ?? [:])
  }

  /// The results of runs in a folder, by the names of their files.
  private func results(_ name: String) throws -> [String: Data] {
    let path = folder.file(name)
    var files: [String: Data] = [:]
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    for file in try FileManager.default.contentsOfDirectory(atPath: path)
    where file.hasSuffix(".json") {
      files[file] = FileManager.default.contents(atPath: "\(path)/\(file)")
    }
    return files
  }

  /// The commands of all runs, by their names.
  private func list(_ file: String = "sweep.yaml") throws -> [(run: String, words: [String])] {
    let run = try run(file, "--list", "--json")
    try #require(run.status == 0, "\(run.messages)")
    return try #require(run.json["runs"] as? [[String: Any]]).map {
      (try #require($0["run"] as? String), try #require($0["command"] as? [String]))
    }
  }

  /// The first axis varies slowest; chips that are alike take one run.
  @Test func theGridHasAFixedOrder() throws {
    let runs = try list()
    #expect(runs.count == 10 && Set(runs.map(\.run)).count == 10)
    let texts = runs.map { $0.words.dropFirst(7).joined(separator: " ") }
    #expect(
      texts.prefix(5) == [
        "--set adc.bits=6 --device hermes-tdp --times 0,1d --seeds 2 --seed 0",
        "--set adc.bits=6 --device hermes-tdp --times 0,1d --seeds 1 --seed 2",
        "--set adc.bits=6 --device hermes-tdp --routine refit --times 0,1d --seeds 2 --seed 0",
        "--set adc.bits=6 --device hermes-tdp --routine refit --times 0,1d --seeds 1 --seed 2",
        "--set adc.bits=6 --device quantized --times 0,1d --seeds 1",
      ], "\(texts)")
    // A run is called by what it is: other runs, and another order of the axes, change no name.
    _ = try folder.write(
      text: Self.sweep.replacing("[6, 8]", with: "[4, 8, 6]"), "more.yaml")
    let more = try list("more.yaml")
    #expect(more.count == 15 && Set(runs.map(\.run)).isSubset(of: more.map(\.run)))
    // What it reads is part of what it is.
    let data = try Data(contentsOf: URL(filePath: folder.file("model.onnx")))
    try (data + Data([0x32, 0x00])).write(to: URL(filePath: folder.file("model.onnx")))
    #expect(Set(try list().map(\.run)).isDisjoint(with: runs.map(\.run)))
  }

  /// A run is what `evaluate` prints with its options; whoever does the runs, wherever and in whatever order, and of
  /// whatever subset, the bytes are the same.
  @Test func resultsDependOnNothing() throws {
    let whole = try run("sweep.yaml", "-o", "a", "--jobs", "2", "--csv", "a.csv", "--svg", "a.svg")
    #expect(whole.status == 0, "\(whole.messages)")
    let first = try results("a")
    let runs = try list()
    #expect(Set(first.keys) == Set(runs.map { "\($0.run).json" }))
    let alone = try Command(runs[2].words.dropFirst() + ["--json"], in: folder.path)
    #expect(alone.status == 0 && alone.output == first["\(runs[2].run).json"])
    // Parts of the runs, one after the other from another folder.
    for number in [7, 2] {
      let path = folder.file("sweep.yaml")
      let one = try run(
        path, "--output", folder.file("b"), "--run", "\(number)", folder: "/tmp")
      #expect(one.status == 0 && one.text.isEmpty, "\(one.messages)")
    }
    #expect(try results("b").count == 2)
    #expect(try run("sweep.yaml", "-o", "b", "--collect", "-q").text.contains("2 of 10 done"))
    #expect(try run("sweep.yaml", "-o", "b", "--run", "2/2").status == 0)
    #expect(try results("b").count == 6)
    let times = try results("b").keys.map {
      try FileManager.default.attributesOfItem(atPath: folder.file("b/\($0)"))[.modificationDate]
        as? Date
    }
    let rest = try run("sweep.yaml", "-o", "b", "--csv", "b.csv", "--svg", "b.svg")
    #expect(rest.status == 0 && rest.output == whole.output, "\(rest.messages)")
    let after = try results("b").keys.map {
      try FileManager.default.attributesOfItem(atPath: folder.file("b/\($0)"))[.modificationDate]
        as? Date
    }
    #expect(Set(times).isSubset(of: after), "nothing is done twice")
    #expect(try results("b") == first)
    // Tables go to the folder that the command is called from.
    let other = try Folder()
    let collected = try run(
      folder.file("sweep.yaml"), "-o", folder.file("b"), "--csv", "b.csv", "--collect", "-q",
      folder: other.path)
    #expect(collected.status == 0, "\(collected.messages)")
    let elsewhere = FileManager.default.contents(atPath: other.file("b.csv"))
    #expect(elsewhere == FileManager.default.contents(atPath: folder.file("b.csv")))
    for suffix in ["csv", "svg"] {
      let files = ["a", "b"].map {
        FileManager.default.contents(atPath: folder.file("\($0).\(suffix)"))
      }
      #expect(files[0] != nil && files[0] == files[1])
    }
  }

  /// Chips of several runs make one row, as if they had been evaluated at once.
  @Test func chipsOfSeveralRunsArePutTogether() throws {
    let run = try run("sweep.yaml", "-o", "a", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let points = try #require(run.json["points"] as? [[String: Any]])
    #expect(points.count == 6)
    let once = try Command(
      "evaluate", "model.onnx", "--data", "test_data_set_0", "--calibrate", "test_data_set_0",
      "--set", "adc.bits=6", "--device", "hermes-tdp", "--routine", "refit", "--times", "0,1d",
      "--seeds", "3", "--json", in: folder.path)
    let rows = try #require(points[1]["results"] as? [[String: Any]])
    let expected = try #require(once.json["results"] as? [[String: Any]])
    #expect(rows.count == 2 && expected.count == 2)
    for (row, other) in zip(rows, expected) {
      #expect(row["seeds"] as? Int == 3)
      for key in ["timeSeconds", "agreement", "accuracy", "decibels", "low", "high"] {
        #expect(row[key] as? Double == other[key] as? Double, "\(key)")
      }
    }
    let values = try #require(points[1]["values"] as? [[String: Any]])
    #expect(values.compactMap { $0["seed"] as? Int } == [0, 1, 2, 0, 1, 2])
    #expect(points.contains { $0["isBest"] as? Bool == true })
  }

  /// A run that fails, or is killed, costs itself alone, and is done when the sweep is run again.
  @Test func aRunThatFailsCostsItselfAlone() throws {
    _ = try folder.write(
      text: Self.sweep.replacing(
        "  mlp:", with: "  none: {model: model.onnx, data: list}\n  mlp:"), "two.yaml")
    _ = try folder.write(text: "", "list")
    let run = try run("two.yaml", "-o", "a", "--json")
    #expect(run.status == 1)
    let failures = try #require(run.json["failures"] as? [[String: Any]])
    #expect(failures.count == 10 && run.json["runsDone"] as? Int == 10)
    #expect((failures[0]["error"] as? String)?.contains("list: error: ") == true)
    #expect(try self.run("two.yaml", "--list", "-o", "a").text.contains("(failed)"))
    let table = try self.run("two.yaml", "-o", "a", "--collect").text
    #expect(table.contains("10 of 20 done, 10 failed; 6 of 12 points\n"), "\(table)")
    #expect(table.contains("failed         runs 1-10: list: error: "), "\(table)")
    // The data are there now: the failed runs alone are left, under new names.
    try FileManager.default.removeItem(atPath: folder.file("list"))
    try FileManager.default.copyItem(
      atPath: folder.file("test_data_set_0"), toPath: folder.file("list"))
    let again = try self.run("two.yaml", "-o", "a", "--json")
    #expect(again.status == 0 && again.json["runsDone"] as? Int == 20, "\(again.messages)")
    #expect((again.json["failures"] as? [Any])?.isEmpty == true)
  }

  /// A process that a signal ends leaves no result, no claim and no file behind.
  @Test func aKilledRunIsDoneAgain() throws {
    var ends: Set<Int32> = []
    for seconds in [0.01, 0.03, 0.1, 0.3] {
      let line = "timeout -s KILL \(seconds) aimcc sweep sweep.yaml -o a --run 1"
      ends.insert(try Command(shell: line, in: folder.path).status)
      #expect(try results("a").count <= 1)
    }
    #expect(ends.contains(137) && ends.isSubset(of: [0, 137]), "\(ends)")
    #expect(try run("sweep.yaml", "-o", "a", "--run", "1").status == 0)
    #expect(try results("a").count == 1)
  }

  /// One process at a time has a run.
  @Test func aRunIsNotDoneTwiceAtOnce() throws {
    let line = """
      yes 1 | head -3 | xargs -n 1 -P 3 aimcc sweep sweep.yaml -o a --run 2>log
      """
    #expect(try Command(shell: line, in: folder.path).status == 0)
    #expect(try results("a").count == 1)
    let log = try String(contentsOfFile: folder.file("log"), encoding: .utf8)
    #expect(!log.contains("error"), "\(log)")
  }

  /// All faults of a file are told with their lines, before any run.
  @Test func faultsOfTheFileAreToldAtOnce() throws {
    _ = try folder.write(
      text: """
        aimcc: sweep/1
        models:
          a: {model: model.onnx, data: nothere.npz, calibrat: x}
          b: {model: model.onnx}
        sets: 3
        set:
          adc.bits: [6, 8, 6]
        options:
          routin: [~, refit]
          copies: [0, x]
          smooth: [2]
          predistort: [[1d, 2d]]
        times: [0, 1day]
        seeds: 0
        """, "bad.yaml")
    let run = try run("bad.yaml", "-o", "a")
    #expect(run.status == 1 && run.output.isEmpty && !folder.files.contains("a"))
    for message in [
      ":3:32: error: there is no such file or folder: nothere.npz",
      ":3:45: error: unknown key \"calibrat\"\n  help: did you mean calibrate?",
      ":4:3: error: the model b lacks data", ":5:1: error: unknown key \"sets\"",
      ":7:20: error: adc.bits has the value 6 twice", ":9:3: error: unknown option \"routin\"",
      ":10:15: error: The value 'x' is invalid for '--copies <N>'",
      ":11:12: error: smooth is true or false, not 2",
      ":12:16: error: predistort must be a value, not a list",
      ":13:12: error: 1day is no time", ":14:8: error: seeds must be a whole number from 1",
    ] {
      #expect(run.messages.contains("bad.yaml\(message)"), "\(message)\n\(run.messages)")
    }
  }

  /// What evaluations are told elsewhere in a sweep, and what is about where they go.
  private static let notVaried: Set<String> = [
    "data", "device", "times", "seeds", "seed", "chip", "set", "calibrate", "dim", "input-shape",
    "csv", "svg", "json", "wide", "quiet", "ablate", "ladder", "shard", "part", "resume", "timing",
    "verify-each", "help", "version",
  ]

  /// Every option of `evaluate` may be varied, but for those.
  @Test func optionsAreThoseOfEvaluate() throws {
    let dump = try Command("--experimental-dump-help").json
    let root = try #require(dump["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    let evaluate = try #require(commands.first { $0["commandName"] as? String == "evaluate" })
    let options = (evaluate["arguments"] as? [[String: Any]] ?? []).compactMap { argument in
      (argument["preferredName"] as? [String: Any])?["name"] as? String
    }.filter { !Self.notVaried.contains($0) }
    #expect(options.count > 20)
    let lines = (options + ["shard"]).map { "  \($0): ~\n" }.joined()
    _ = try folder.write(
      text:
        "aimcc: sweep/1\nmodels:\n  a: {model: model.onnx, data: test_data_set_0}\noptions:\n\(lines)",
      "all.yaml")
    let run = try run("all.yaml", "--list")
    #expect(run.messages.ranges(of: "unknown option").count == 1, "\(run.messages)")
    #expect(run.messages.contains("unknown option \"shard\""))
  }

  /// So are chips that cannot be, devices that they have not, and options without effect.
  @Test func faultsOfTheRunsAreToldAtOnce() throws {
    _ = try folder.write(
      text: """
        aimcc: sweep/1
        models:
          a: {model: model.onnx, data: test_data_set_0}
        chips: [hermes, nochip]
        set:
          adc.bits: [6, 80]
          adc.bit: [3]
        devices: [hermes-tdp, quantized, pcmm]
        options:
          routine: [~, refit]
          gradient: [true, false]
          residual: true
        """, "bad.yaml")
    let run = try run("bad.yaml", "--list")
    #expect(run.status == 1 && run.output.isEmpty)
    for message in [
      ":4:17: error: there is no chip \"nochip\"",
      ":7:13: error: setting \"adc.bit=3\": unknown key",
      ":10:16: error: run ", ":11:14: error: run 1: --gradient: devices are not programmed pulse",
      ":12:13: error: run 1: --residual: it takes the last of several copies",
    ] {
      #expect(run.messages.contains("bad.yaml\(message)"), "\(message)\n\(run.messages)")
    }
    #expect(run.messages.ranges(of: "--residual: ").count == 1, "\(run.messages)")
    let device = Self.sweep.replacing("quantized]", with: "pcmm]")
      .replacing("device: quantized", with: "device: pcmm")
    _ = try folder.write(text: device, "device.yaml")
    let other = try self.run("device.yaml", "--list")
    #expect(
      other.messages.contains("device.yaml:6:23: error: the chip hermes has no device model"),
      "\(other.messages)")
  }

  @Test(arguments: [
    ("aimcc: sweep/2", "is no sweep of this form"), ("", "is empty"),
    ("aimcc: sweep/1", "names no models"), ("a: &x 1\nb: *x", "anchors and aliases"),
    (
      sweep.replacing("[6, 8]", with: "[\((1...200).map(String.init).joined(separator: ", "))]")
        .replacing("seeds-per-run: 2", with: "seeds-per-run: 1")
        .replacing("seeds: 3", with: "seeds: 90000"), "is a grid of more than 100000 runs"
    ),
    (
      sweep.replacing("{device: quantized, routine: refit}", with: "{adc.bits: [6, 8]}"),
      "except leaves no run"
    ),
    (sweep.replacing("routine: refit}", with: "rutine: refit}"), "unknown axis \"rutine\""),
    (sweep.replacing("routine: refit}", with: "routine: global}"), "routine has no value global"),
  ])
  func filesThatAreNoSweeps(text: String, message: String) throws {
    _ = try folder.write(text: text, "bad.yaml")
    let run = try run("bad.yaml", "--list")
    #expect(run.status == 1 && run.messages.contains(message), "\(run.messages)")
  }

  /// Scripts hold the runs that are left, and do them.
  @Test func scriptsDoWhatIsLeft() throws {
    #expect(try run("sweep.yaml", "-o", "a", "--run", "3").status == 0)
    let slurm = try run("sweep.yaml", "-o", "a", "--script", "slurm")
    #expect(slurm.text.contains("\n#SBATCH --array=1-2,4-10\n"))
    #expect(slurm.text.contains("#SBATCH --job-name=sweep\n"))
    let lsf = try run("sweep.yaml", "-o", "a", "--script", "lsf")
    #expect(lsf.text.contains("\n#BSUB -J \"sweep[1-2,4-10]\"\n"))
    let parallel = try run("sweep.yaml", "-o", "a", "--script", "parallel")
    #expect(parallel.text.contains("<<END\n1\n2\n4\n5\n6\n7\n8\n9\n10\nEND\n"))
    for (script, variable) in [(slurm, "SLURM_ARRAY_TASK_ID"), (lsf, "LSB_JOBINDEX")] {
      let number = script.text == slurm.text ? 4 : 5
      _ = try folder.write(text: script.text, "job.sh")
      let job = try Command(shell: "\(variable)=\(number) sh job.sh", in: folder.path)
      #expect(job.status == 0, "\(job.messages)")
    }
    #expect(try results("a").count == 3)
    #expect(try run("sweep.yaml", "-o", "a").status == 0)
    let none = try run("sweep.yaml", "-o", "a", "--script", "slurm")
    #expect(none.status == 1 && none.messages.contains("nothing to submit"))
  }

  @Test func tablesFitTheTerminal() throws {
    #expect(try run("sweep.yaml", "-o", "a").status == 0)
    for words in [["--list"], []] {
      let run = try Command(
        ["sweep", "sweep.yaml", "-o", "a"] + words, in: folder.path,
        environment: ["COLUMNS": "80"])
      let long = run.text.split(separator: "\n").filter { $0.count > 80 }
      #expect(run.status == 0 && long.isEmpty, "\(long)")
    }
    let wide = try run("sweep.yaml", "-o", "a", "--wide", columns: 80)
    #expect(wide.text.contains("SNR, dB") && wide.text.contains("energy"))
    let other = try run(
      "sweep.yaml", "-o", "a", "--svg", "a.svg", "--over", "crossbars", "--collect")
    #expect(other.status == 0)
    let svg = try String(contentsOfFile: folder.file("a.svg"), encoding: .utf8)
    #expect(svg.contains("for crossbars") && svg.contains("points are not beaten by others"))
  }

  @Test(arguments: [
    ["--list", "--collect"], [], ["-o", "a", "--run", "0"], ["-o", "a", "--script", "pbs"],
    ["-o", "a", "--jobs", "0"], ["-o", "a", "--list", "--jobs", "2"],
    ["-o", "a", "--run", "1", "--json"], ["-o", "a", "--over", "energy"],
    ["-o", "a", "--script", "slurm", "--csv", "x"],
  ])
  func wrongUsage(words: [String]) throws {
    let run = try Command(["sweep", "sweep.yaml"] + words, in: folder.path)
    #expect(run.status == 64 && run.output.isEmpty, "\(run.messages)")
  }

  /// Damaged results are named, and not counted.
  @Test func damagedResultsAreNamed() throws {
    #expect(try run("sweep.yaml", "-o", "a").status == 0)
    let name = try #require(results("a").keys.sorted().first)
    _ = try folder.write(text: "{}", "a/\(name)")
    let run = try run("sweep.yaml", "-o", "a", "--collect")
    #expect(run.status == 1 && run.output.isEmpty && run.messages.contains(name))
    #expect(run.messages.contains("is no result of a run"))
  }
}
