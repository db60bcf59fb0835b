import Foundation
import TestSupport
import Testing

/// `aimcc load` and the C sample against `aimcc chip`, over sockets.
@Suite struct LoadTests {
  private let folder: Folder
  private static let data = Repository.sample("digits/test.npz")

  init() throws {
    folder = try Folder()
    let run = try Command(
      "compile", Repository.sample("digits/model.onnx"), "-o", folder.file("net.aimc"), "-q",
      "--calibrate", Repository.sample("digits/calibration.npz"), "--routine", "column")
    try #require(run.status == 0, "\(run.messages)")
  }

  private func chip(_ options: [String] = []) throws -> RunningCommand {
    try RunningCommand(
      ["chip", "--listen", "chip.socket"] + options, in: folder, until: "chip.socket")
  }

  private func load(_ options: String..., device: String = "chip.socket") throws -> Command {
    try Command(["load", "net.aimc", "--device", device] + options, in: folder.path)
  }

  @Test(arguments: [
    [], ["--device", "hermes-tdp", "--seed", "3", "--time", "1d"],
    [
      "--device", "hermes-tdp", "--correct", "global", "--calibrate-at", "0", "--without",
      "read-noise", "--pulses",
    ],
  ])
  func inferencesAreThoseOfASimulation(_ options: [String]) throws {
    let chip = try chip(options)
    let loaded = try load("--data", Self.data, "-o", "loaded.npz", "--json")
    #expect(loaded.status == 0, "\(loaded.messages)")
    let simulated = try Command(
      ["simulate", "net.aimc", "--data", Self.data, "-o", "simulated.npz", "--json"] + options,
      in: folder.path)
    #expect(simulated.status == 0, "\(simulated.messages)")
    let files = try ["loaded.npz", "simulated.npz"].map {
      try Data(contentsOf: URL(filePath: folder.file($0)))
    }
    #expect(files[0] == files[1])
    #expect(loaded.json["accuracy"] as? Double == simulated.json["accuracy"] as? Double)
    // What is there is neither sent nor programmed again.
    let again = try load("--json")
    #expect(again.json["bytesWritten"] as? Int == 0)
    let steps = try #require(again.json["steps"] as? [[String: Any]])
    #expect(!steps.isEmpty && steps.allSatisfy { $0["times"] as? Int == 1 })
    let isTold = steps.allSatisfy { ($0["timeNs"] as? Int ?? 0) > 0 }
    #expect(isTold == options.contains("--pulses"))
    withExtendedLifetime(chip) {}
  }

  @Test func theReportSaysWhatWasLoaded() throws {
    let chip = try chip(["--quiet"])
    let first = try load("--data", Self.data, "--check", "--rtol", "1e9", "--atol", "1e9")
    #expect(
      first.status == 1 && first.messages.contains("no expected outputs"), "\(first.messages)")
    let run = try load()
    #expect(run.text.contains(#/loaded         digits on hermes: [\d,]+ bytes, 0 were there/#))
    #expect(run.text.contains(#/programmed     \d+ steps, 0 more than once; /#))
    // Cells that are programmed at once tell nothing of pulses.
    #expect(!run.text.contains("took"))
    #expect(try load("-q").text.contains(/: ([\d,]+) bytes, \1 were there/))
    chip.end()
    // A chip that has ended leaves no socket.
    #expect(!folder.files.contains("chip.socket"))
    let late = try load()
    #expect(late.status == 1 && late.messages.contains("no device listens here"))
  }

  /// More than 99 % of the cells converge, in the time and with the energy that `compile` tells.
  @Test func pulsesConvergeAsCompileExpects() throws {
    let compiled = try Command(
      "compile", Repository.sample("digits/model.onnx"), "-o", folder.file("net.aimc"), "-q",
      "--calibrate", Repository.sample("digits/calibration.npz"), "--json")
    let expected = try #require(compiled.json["programming"] as? [String: Any])
    #expect(expected["device"] as? String == "hermes-tdp")
    let chip = try chip(["--device", "hermes-tdp", "--pulses"])
    let steps = try #require(try load("--json").json["steps"] as? [[String: Any]])
    let text = try load().text
    withExtendedLifetime(chip) {}
    func values(_ key: String) -> [Double] { steps.map { Double($0[key] as? Int ?? 0) } }
    #expect(values("converged").reduce(0, +) > 0.99 * values("cells").reduce(0, +))
    func isNear(_ value: Double, _ key: String) -> Bool {
      (value / (expected[key] as? Double ?? 0) - 1).magnitude < 0.05
    }
    #expect(isNear(values("timeNs").reduce(0, +), "allCoresNs"))
    #expect(isNear(values("timeNs").max() ?? 0, "longestCoreNs"))
    #expect(isNear(values("energyPj").reduce(0, +) / 1e3, "energyNj"))
    #expect(isNear(values("pulses").reduce(0, +), "pulses"))
    let told = try #require(
      text.firstMatch(
        of: /took +(.*) for the core that takes longest, (.*) for all .* in ([\d,]+) pulses/))
    let units = ["ns": 1.0, "µs": 1e3, "ms": 1e6, "s": 1e9]
    func nanoseconds(_ text: Substring) -> Double {
      let words = text.split(separator: " ")
      return (Double(words[0]) ?? 0) * (units[String(words[1])] ?? 0)
    }
    #expect(isNear(nanoseconds(told.1), "longestCoreNs"), "\(text)")
    #expect(isNear(nanoseconds(told.2), "allCoresNs"), "\(text)")
    #expect(told.3.replacing(",", with: "") == "\(Int(values("pulses").reduce(0, +)))", "\(text)")
  }

  /// Where every cell can converge, more than 99 % of those of each core do.
  @Test func cellsOfEveryCoreConverge() throws {
    let chip = try chip(["--device", "hermes-tdp", "--pulses", "--without", "cell-faults"])
    let steps = try #require(try load("--json").json["steps"] as? [[String: Any]])
    withExtendedLifetime(chip) {}
    #expect(steps.count > 10)
    for step in steps {
      let cells = try #require(step["cells"] as? Int)
      #expect(try Double(#require(step["converged"] as? Int)) > 0.99 * Double(cells))
    }
  }

  @Test func loopbackPortsAreTakenWhenAskedFor() throws {
    let port = "tcp:\(20000 + Int(getpid()) % 20000)"
    let chip = try RunningCommand(
      ["chip", "--listen", port], in: folder, until: "net.aimc")
    var run = try load(device: port)
    // Nothing says when a port is listened at.
    for _ in 0..<100 where run.status != 0 {
      Thread.sleep(forTimeInterval: 0.1)
      run = try load(device: port)
    }
    #expect(run.status == 0, "\(run.messages)")
    withExtendedLifetime(chip) {}
  }

  @Test func addressesThatCannotBeAreRefused() throws {
    let taken = try Command("chip", "--listen", "net.aimc", in: folder.path)
    #expect(taken.status == 1 && taken.messages.contains("is no socket"))
    #expect(folder.files.contains("net.aimc"))
    let chip = try chip()
    let second = try Command("chip", "--listen", "chip.socket", in: folder.path)
    #expect(second.status == 1 && second.messages.contains("another device listens here"))
    withExtendedLifetime(chip) {}
    for address in ["tcp:0", "tcp:70000", "tcp:example.org:80", String(repeating: "x", count: 200)]
    {
      let run = try load(device: address)
      #expect(run.status == 1 && run.messages.contains("supported:"), "\(run.messages)")
    }
    #expect(try load("--check").status == 64)
    #expect(try load("-o", "x").status == 64)
    #expect(try Command("chip", "--listen", "x", "--seed", "1").status == 64)
    #expect(try Command("chip", "--listen", "x", "--pulses").status == 64)
  }

  @Test func aProgramThatTheDeviceCannotRunIsRefused() throws {
    let chip = try chip(["--max-memory", "1KiB"])
    let run = try load()
    #expect(run.status == 1)
    #expect(run.messages.contains("not a program that the device can run"), "\(run.messages)")
    withExtendedLifetime(chip) {}
  }

  /// Every option of a chip changes what inferences give, or what the device refuses.
  @Test func everyOptionOfAChipHasAnEffect() throws {
    func results(_ options: [String]) throws -> (status: Int32, outputs: Data?) {
      let chip = try chip(options)
      defer { chip.end() }
      let run = try load("--data", Repository.sample("digits/test_data_set_0"), "-o", "out.npz")
      let outputs = FileManager.default.contents(atPath: folder.file("out.npz"))
      try? FileManager.default.removeItem(atPath: folder.file("out.npz"))
      return (run.status, outputs)
    }
    let base = ["--device", "hermes-tdp", "--time", "1y"]
    let usual = try results(base)
    #expect(usual.status == 0 && usual.outputs != nil)
    #expect(try results(base + ["-q"]) == usual)
    for option in [
      ["--device", "ideal"], ["--time", "1d"], ["--seed", "7"], ["--without", "programming"],
      ["--pulses"], ["--correct", "refit"], ["--calibrate-at", "0"],
      ["--calibrate-at", "0", "--between", "none"],
    ] {
      let given = option == ["--device", "ideal"] ? option : base + option
      let changed = try results(given)
      #expect(changed.status == 0 && changed.outputs != usual.outputs, "\(option)")
    }
    for option in [["--max-memory", "1KiB"], ["--max-instructions", "1"]] {
      #expect(try results(base + option).status == 1, "\(option)")
    }
  }

  @Test func theSampleInCClassifiesADigit() throws {
    let sample = Repository.sample("c/classify.c")
    let text = try String(contentsOfFile: sample, encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 101)
    let sources = ["AIMCLoader.c", "AIMCLink.c"].map { Repository.path("Sources/AIMCLoader/\($0)") }
    let chip = try chip(["--device", "hermes-tdp"])
    for options in [[], ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]] {
      let built = try Command(
        program: "cc",
        [
          "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I",
          Repository.path("Sources/AIMCLoader/include"),
        ] + options + [sample] + sources + ["-o", folder.file("classify")])
      try #require(built.status == 0, "\(built.messages)")
      let run = try Command(shell: "./classify net.aimc chip.socket", in: folder.path)
      #expect(run.status == 0, "\(run.messages)")
      #expect(run.text.hasSuffix("this is a 3\n"))
      #expect(run.text.contains("step 1 of ") == options.isEmpty)
    }
    withExtendedLifetime(chip) {}
    let usage = try Command(shell: "./classify", in: folder.path)
    #expect(usage.status == 64)
  }
}
