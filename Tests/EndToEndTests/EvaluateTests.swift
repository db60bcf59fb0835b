import Driver
import Foundation
import TestSupport
import Testing

/// `evaluate` and `merge` as a user meets them.
@Suite struct EvaluateTests {
  private let folder: Folder
  private let model = Repository.sample("digits/model.onnx")
  private let data = Repository.sample("digits/test.npz")
  private let accuracy = ["--center", "--routine", "refit"]

  init() throws { folder = try Folder() }

  /// An interrupt leaves what is done, in the report and in files, but no part that looks whole.
  @Test(arguments: ["--csv", "--part"]) func anInterruptKeepsWhatIsDone(file: String) throws {
    for seconds in [1, 2, 4, 8, 16, 32] {
      let run = try Command(
        shell: """
          timeout --foreground --preserve-status -s INT \(seconds) aimcc evaluate '\(model)' \
          --data '\(data)' --seeds 100000 --times 1d --json \(file) file
          """, in: folder.path)
      #expect(run.status == 130 || run.status == 2, "\(run.status): \(run.messages)")
      // Before the first chip runs there is nothing to keep.
      if run.output.isEmpty { continue }
      let results = try #require(run.json["results"] as? [[String: Any]])
      let chips = try #require(results.first?["seeds"] as? Int)
      #expect(results.count == 1 && (1..<100_000).contains(chips))
      #expect(run.messages.contains("prints what is done"))
      #expect(folder.files == (file == "--csv" ? ["file"] : []))
      return
    }
    Issue.record("no chip was done in 32 s")
  }

  /// What a chip is at a time does not depend on the order in which times are named.
  @Test func timesHaveNoOrder() throws {
    let tables = try ["0,1d,1h", "1d,1h,0"].map { times in
      let file = folder.file("\(times).csv")
      let run = try Command([
        "evaluate", model, "--data", data, "--times", times, "--seeds", "2", "-q", "--csv", file,
      ])
      #expect(run.status == 0, "\(run.messages)")
      return try String(contentsOfFile: file, encoding: .utf8)
        .replacingOccurrences(of: times, with: "").replacingOccurrences(of: file, with: "")
    }
    #expect(tables[0] == tables[1])
    #expect(tables[0].split(separator: "\n").count > 3)
  }

  @Test func partsMakeTheWhole() throws {
    let options =
      ["evaluate", model, "--data", data, "--times", "0,1d", "--seeds", "3", "--json"] + accuracy
    let whole = try Command(
      options + ["--csv", folder.file("a.csv"), "--svg", folder.file("a.svg")])
    #expect(whole.status == 0, "\(whole.messages)")
    for part in 1...2 {
      let run = try Command(
        options + ["--shard", "\(part)/2", "--part", folder.file("\(part).json")])
      #expect(run.status == 0, "\(run.messages)")
    }
    let merged = try Command(
      "merge", folder.file("2.json"), folder.file("1.json"), "--json", "--csv",
      folder.file("b.csv"), "--svg", folder.file("b.svg"))
    #expect(merged.status == 0, "\(merged.messages)")
    #expect(merged.output == whole.output)
    for suffix in ["csv", "svg"] {
      let files = ["a", "b"].map {
        FileManager.default.contents(atPath: folder.file("\($0).\(suffix)"))
      }
      #expect(files[0] != nil && files[0] == files[1])
    }
    let twice = try Command("merge", folder.file("1.json"), folder.file("1.json"))
    #expect(twice.status == 1 && twice.messages.contains("and so is"))
    let none = try Command("merge", model)
    #expect(none.status == 1)

    let results = try #require(whole.json["results"] as? [[String: Any]])
    #expect(results.map { $0["timeSeconds"] as? Double } == [0, 86400])
    let fp32 = try #require(whole.json["fp32"] as? Double)
    for result in results {
      #expect(result["device"] as? String == "hermes-tdp" && result["seeds"] as? Int == 3)
      let (accuracy, low, high) = (
        try #require(result["accuracy"] as? Double), try #require(result["low"] as? Double),
        try #require(result["high"] as? Double)
      )
      #expect(low <= accuracy && accuracy <= high && high <= 1 && low >= 0)
      #expect(accuracy > fp32 - 0.1)
      let agreement = try #require(result["agreement"] as? Double)
      #expect(agreement > 0.85 && agreement <= 1)
    }
    expectAssumptions(whole.json["assumptions"] as? String, "compensation refit at every")
  }

  /// Weights, devices, phases and compensation are told with every accuracy.
  private func expectAssumptions(_ text: String?, _ compensation: String) {
    for part in ["hermes-tdp", "2 devices a polarity", "four-phase", "as trained", compensation] {
      #expect(text?.contains(part) == true, "\(part) in \(text ?? "nothing")")
    }
  }

  /// Neither labels nor images of the evaluation reach the program or the calibration.
  @Test func evaluationDataReachNoChoice() throws {
    let compiled = folder.file("net.aimc")
    let options =
      ["compile", model, "--calibrate", Repository.sample("digits"), "-o", compiled]
      + accuracy
    #expect(try Command(options).status == 0)
    let program = try #require(FileManager.default.contents(atPath: compiled))
    var patches: [Data] = []
    for (number, other) in [data, Repository.sample("digits/test_data_set_0")].enumerated() {
      let patch = folder.file("\(number).aimcal")
      let run = try Command(
        "simulate", compiled, "--data", other, "--device", "hermes-tdp", "--time", "1d",
        "--write-calibration", patch)
      #expect(run.status == 0, "\(run.messages)")
      patches.append(try #require(FileManager.default.contents(atPath: patch)))
    }
    #expect(patches[0] == patches[1])
    #expect(FileManager.default.contents(atPath: compiled) == program)
    let taken = try Command(
      "simulate", compiled, "--data", data, "--device", "hermes-tdp", "--time", "1d",
      "--calibration", folder.file("0.aimcal"), "--json")
    let made = try Command(
      "simulate", compiled, "--data", data, "--device", "hermes-tdp", "--time", "1d", "--json")
    #expect(taken.json["accuracy"] as? Double == made.json["accuracy"] as? Double)
    expectAssumptions(made.json["assumptions"] as? String, "compensation refit at that time")
  }

  /// A chip that is as it should be shows, layer after layer, what the program expects, and is corrected
  /// by next to nothing; a real one is corrected towards that.
  @Test func layersAreCorrectedOneAfterTheOther() throws {
    let compiled = folder.file("layers.aimc")
    let compile = try Command(
      "compile", Repository.sample("residual/model.onnx"), "-o", compiled, "--center", "--copies",
      "1",
      "--row-copies", "--routine", "layers")
    #expect(compile.status == 0, "\(compile.messages)")
    func patch(_ routine: String, _ device: [String]) throws -> [Double] {
      let file = folder.file("\(routine).aimcal")
      let run = try Command(
        [
          "simulate", compiled, "--data", Repository.sample("residual/test.npz"), "--correct",
          routine,
        ]
          + ["--write-calibration", file] + device)
      #expect(run.status == 0, "\(run.messages)")
      let text = try String(contentsOfFile: file, encoding: .utf8)
      return text.split(separator: "\n").filter { $0.hasPrefix("gains") }.flatMap {
        $0.split(separator: " ").dropFirst().compactMap { Double($0) }
      }
    }
    let own = try patch("none", ["--device", "ideal"])
    let ideal = try patch("layers", ["--device", "ideal"])
    #expect(own.count == ideal.count && !own.isEmpty)
    let departures = zip(own, ideal).map { abs($1 / $0 - 1) }
    #expect((departures.max() ?? 1) < 0.02, "\(departures.max() ?? 1)")
    let year = try patch("layers", ["--device", "hermes-tdp", "--time", "1y"])
    #expect(zip(own, year).contains { abs($1 / $0 - 1) > 0.1 })
    let other = folder.file("columns.aimc")
    #expect(
      try Command("compile", model, "-o", other, "--routine", "column").status == 0)
    let refused = try Command(
      "simulate", other, "--data", data, "--device", "hermes-tdp", "--correct", "layers")
    #expect(refused.status == 1 && refused.messages.contains("--routine layers"))
  }

  /// What the causes of errors add up to is about the error of all of them, circuits and predistorted
  /// targets included, and all of them are there.
  @Test func errorBudgetsAddUp() throws {
    let circuit = [
      "gain-spread=0.02", "uncalibrated-gain-spread=0.2", "offset-spread=1", "output-noise=0.00025",
      "white-noise=0.01", "non-linearity=0.02", "wire-resistance=0.3", "stuck-at-zero=0.001",
    ]
    let options =
      ["evaluate", model, "--data", data, "--ablate", "--times", "1d", "--seeds", "1", "--json"]
      + circuit.flatMap { ["--set", "circuit.\($0)"] } + accuracy + ["--predistort", "1d"]
    func budget(_ more: [String]) throws -> (causes: Set<String>, power: [String: Double]) {
      let run = try Command(options + more)
      #expect(run.status == 0, "\(run.messages)")
      #expect(
        (run.json["assumptions"] as? String)?.contains("before that in gains by 20.00 %")

          == !more.contains("adc-calibration"))
      let entries = try #require(run.json["budget"] as? [[String: Any]])
      var power: [String: Double] = [:]
      for entry in entries {
        guard let cause = entry["cause"] as? String else { continue }
        let decibels = entry["decibels"] as? Double
        power[cause, default: 0] += decibels.map { pow(10, -$0 / 10) } ?? 0
      }
      return (Set(entries.compactMap { $0["cause"] as? String }), power)
    }
    let (causes, power) = try budget([])
    #expect(
      causes == [
        "dac", "adc", "precision", "programming", "drift", "read-noise", "cell-faults",
        "adc-spread", "output-noise", "white-noise", "ir-drop", "non-linearity", "sum", "all",
      ])
    let (sum, all) = (try #require(power["sum"]), try #require(power["all"]))
    #expect(sum / all > 0.6 && sum / all < 1.7, "\(power)")
    let spread = try #require(power["adc-spread"])
    // A refit would take most of it back.
    let plain = try #require(budget(["--correct", "none"]).power["adc-spread"])
    let raw = try #require(
      budget(["--correct", "none", "--without", "adc-calibration"]).power["adc-spread"])
    #expect(spread < plain && raw > 10 * plain, "\(raw) \(plain) \(spread)")
  }

  /// The search says what it tried, takes what keeps most, and gives the program that its options give.
  @Test func accuracyIsSearched() throws {
    let (searched, asked) = (folder.file("searched.aimc"), folder.file("asked.aimc"))
    let options = ["compile", model, "--calibrate", Repository.sample("digits"), "-q"]
    let search = try Command(options + ["-o", searched, "--accuracy", "80%"])
    #expect(search.status == 0, "\(search.messages)")
    #expect(search.messages.contains("Pareto front"))
    #expect(search.messages.contains("target 80.00 %"))
    expectAssumptions(search.messages, "compensation as every row says")
    let chosen = try #require(
      search.messages.split(separator: "\n").first { $0.hasPrefix("chosen ") })
    let words = chosen.split(separator: " ").dropFirst().map(String.init)
    let run = try Command(options + ["-o", asked] + (words == ["nothing"] ? [] : words))
    #expect(run.status == 0, "\(run.messages)")
    let programs = [searched, asked].map { FileManager.default.contents(atPath: $0) }
    #expect(programs[0] != nil && programs[0] == programs[1])
  }

  /// Without typical inputs, the first part of the data gives the ranges and is not evaluated.
  @Test func aPartGivesTheRanges() throws {
    let alone = folder.file("alone.onnx")
    try FileManager.default.copyItem(atPath: model, toPath: alone)
    let options =
      ["--times", "1d", "--seeds", "1", "--json"]
      + ["adc-spread", "output-noise", "ir-drop", "cell-faults"].flatMap { ["--without", $0] }
    let run = try Command(["evaluate", alone, "--data", data] + options)
    #expect(run.status == 0, "\(run.messages)")
    #expect(!run.messages.contains("random inputs"))
    #expect(run.json["samples"] as? Int == 360 - 64)
    expectAssumptions(run.json["assumptions"] as? String, "compensation global at every")
    expectAssumptions(
      run.json["assumptions"] as? String,
      "ranges from the first 64 of 360 inferences of \(data), which are not evaluated")
    let results = try #require(run.json["results"] as? [[String: Any]])
    #expect(try #require(results[0]["decibels"] as? Double) > 10)

    // The same as where these inputs are given.
    let (first, rest) = (folder.file("first.npz"), folder.file("rest.npz"))
    let arrays = try readNPZ(path: data)
    try writeNPZ(arrays.filter { $0.name == "x" }.map { $0.part(0..<64) }, to: first)
    try writeNPZ(arrays.map { $0.part(64..<360) }, to: rest)
    let given = try Command(
      ["evaluate", alone, "--data", rest, "--calibrate", first] + options)
    func rows(_ run: Command) throws -> [NSDictionary] {
      try #require(run.json["results"] as? [[String: Any]]).map { NSDictionary(dictionary: $0) }
    }
    #expect(try rows(given) == rows(run), "\(given.messages)")

    let one = folder.file("one.npz")
    try writeNPZ(arrays.map { $0.part(0..<1) }, to: one)
    let refused = try Command("evaluate", alone, "--data", one)
    #expect(
      refused.status == 1 && refused.messages.contains("give typical inputs with --calibrate"))
    let both = try Command(
      "evaluate", alone, "--data", one, "--calibrate", one, "--times", "0", "--seeds", "1")
    #expect(
      both.status == 0 && both.messages.contains("is evaluated and also used for calibration"))
  }

  /// Drift is compensated as the chip does it, unless something else is asked for.
  @Test func driftIsCompensated() throws {
    let options = ["evaluate", model, "--data", data, "--times", "1y", "--seeds", "1", "--json"]
    let usual = try Command(options)
    let given = try Command(options + ["--routine", "global"])
    for key in ["results", "values", "hashes"] {
      #expect(try usual.jsonText(of: key) == given.jsonText(of: key), "\(key)")
    }
    let none = try Command(options + ["--routine", "none"])
    expectAssumptions(none.json["assumptions"] as? String, "compensation none")
    func decibels(_ run: Command) throws -> Double {
      let results = try #require(run.json["results"] as? [[String: Any]])
      return try #require(results[0]["decibels"] as? Double)
    }
    #expect(try decibels(usual) > decibels(none) + 1)
    let column = try Command(options + ["--correct", "column"])
    expectAssumptions(column.json["assumptions"] as? String, "compensation column at every")
    let program = folder.file("net.aimc")
    #expect(try Command("compile", model, "-o", program).status == 0)
    let without = try Command(["evaluate", program] + options.dropFirst(2))
    #expect(without.status == 0 && without.messages.contains("nothing corrects their drift"))
  }

  /// One chip shows no spread of chips.
  @Test func oneChipHasNoInterval() throws {
    let csv = folder.file("one.csv")
    let options = ["evaluate", model, "--data", data, "--times", "1d", "--seeds", "1"]
    let run = try Command(options + ["--json", "--csv", csv])
    let result = try #require((run.json["results"] as? [[String: Any]])?.first)
    #expect(result["accuracy"] != nil && result["loss"] != nil)
    for name in ["low", "high", "lossLow", "lossHigh"] { #expect(result[name] == nil) }
    let text = try Command(options).text
    #expect(!text.contains(" to ") && !text.contains("interval") && text.contains("top-1, %"))
    let cells = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")[1].split(
      separator: ",", omittingEmptySubsequences: false)
    #expect(!cells[3].isEmpty && cells[4].isEmpty && cells[5].isEmpty)
  }

  /// What is evaluated has no say in what the search takes, nor in what it finds.
  @Test func evaluationDataReachNoSearch() throws {
    let searches = try [data, Repository.sample("digits/test_data_set_0")].map { data in
      let run = try Command(
        "evaluate", model, "--data", data, "--calibrate", Repository.sample("digits"), "--accuracy",
        "80%",
        "--times", "1d", "--seeds", "1", "-q")
      #expect(run.status == 0, "\(run.messages)")
      return run.messages
    }
    #expect(searches[0] == searches[1] && searches[0].contains("chosen "))
  }

  @Test func everyTechniqueHasARow() throws {
    // With the convolutions on crossbars, copies would take most of a minute.
    let ladder = try Command(
      "evaluate", model, "--data", data, "--calibrate", Repository.sample("digits"), "--ladder",
      "--digital", "conv1", "--digital", "conv2", "--times", "1d", "--seeds", "1", "--json", "-q")
    #expect(ladder.status == 0, "\(ladder.messages)")
    #expect(ladder.json["schema"] as? String == "aimcc.ladder/1")
    let rows = try #require(ladder.json["rows"] as? [[String: Any]])
    let names = rows.compactMap { $0["name"] as? String }
    #expect(names.starts(with: ["what the options say", "drift compensation"]))
    #expect(names.contains("inputs centred") && names.contains("copies in free columns"))
    expectAssumptions(ladder.json["assumptions"] as? String, "compensation as each row says")
    let fp32 = try #require(ladder.json["fp32"] as? Double)
    let accuracies = rows.compactMap {
      ($0["results"] as? [[String: Any]])?.first?["accuracy"] as? Double
    }
    #expect(accuracies.count == rows.count)
    #expect(try #require(accuracies.last) > fp32 - 0.02)
    let crossbars = rows.compactMap { ($0["costs"] as? [String: Any])?["crossbars"] as? Int }
    #expect(try #require(crossbars.max()) > crossbars[0])
    let refused = try Command(
      "evaluate", model, "--data", data, "--ladder", "--ablate", "--seeds", "1")
    #expect(refused.status == 64)
  }
}

extension NamedTensor {
  /// The part of the array whose first index lies in `range`.
  fileprivate func part(_ range: Range<Int>) -> NamedTensor {
    NamedTensor(name: name, tensor: tensor.rows(range))
  }
}
