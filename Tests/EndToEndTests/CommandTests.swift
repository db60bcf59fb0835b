import Foundation
import TestSupport
import Testing

/// The command line on real files, as a user meets it.
@Suite struct CommandTests {
  private static let samples = ["digits", "residual"].map(Repository.sample)
  private static let real = [
    "mnist8", "resnet8-cifar10", "mobilenetv1-vww", "autoencoder-ad",
  ].map { "\(Repository.shared)/models/\($0)" }

  @Test(arguments: samples) func samplesVerify(folder: String) throws {
    try expectIdeal(folder)
  }

  @Test(
    .enabled(if: Repository.hasSharedModels, "../shared/models is not there"), arguments: real)
  func realNetworksVerify(folder: String) throws {
    try expectIdeal(folder)
  }

  private func expectIdeal(_ folder: String) throws {
    let command = try Command(["verify", "\(folder)/model.onnx", "--data", folder, "--json"])
    #expect(command.status == 0, "\(command.messages)")
    #expect(command.json["passes"] as? Bool == true)
    let share = try #require(command.json["analogShareWithoutDepthwise"] as? Double)
    #expect(share >= 0.95)
    let comparisons = try #require(command.json["comparisons"] as? [[String: Any]])
    let sources = Set(comparisons.map { "\($0["source"] ?? "") \($0["against"] ?? "")" })
    #expect(sources == ["ideal reference", "reference expected", "ideal expected"])
    for comparison in comparisons {
      #expect(try #require(comparison["relativeError"] as? Double) <= 1e-4)
    }
  }

  /// Accuracies with converters and unit precisions that the project promises.
  @Test(
    .enabled(if: Repository.hasShared("data"), "../shared/data is not there"),
    arguments: [
      ("models/mnist8", "data/mnist_test_10k.npz", 0.987),
      ("models/resnet8-cifar10", "data/cifar10_test_first100.npz", 0.86),
    ])
  func keepsAccuracyWhenQuantized(model: String, data: String, least: Double) throws {
    let folder = try Folder()
    let program = "\(folder.path)/net.aimc"
    let compiled = try Command([
      "compile", "\(Repository.shared)/\(model)/model.onnx", "-o", program,
    ])
    #expect(compiled.status == 0, "\(compiled.messages)")
    let command = try Command([
      "simulate", program, "--device", "quantized", "--data", "\(Repository.shared)/\(data)",
      "--json",
    ])
    #expect(command.status == 0, "\(command.messages)")
    let accuracy = try #require(command.json["accuracy"] as? Double)
    #expect(accuracy >= least)
  }

  @Test(arguments: samples) func samplesAreTheSameBytesEverywhere(folder: String) throws {
    try expectSameBytesEverywhere(folder)
  }

  @Test(
    .enabled(if: Repository.hasSharedModels, "../shared/models is not there"), arguments: real)
  func realNetworksAreTheSameBytesEverywhere(folder: String) throws {
    try expectSameBytesEverywhere(folder)
  }

  private func expectSameBytesEverywhere(_ folder: String) throws {
    let output = try Folder()
    var programs: [Data] = []
    let environments = [[:], ["LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo"]]
    for (number, environment) in environments.enumerated() {
      let path = "\(output.path)/\(number).aimc"
      let command = try Command(
        ["compile", "\(folder)/model.onnx", "-o", path], environment: environment)
      #expect(command.status == 0, "\(command.messages)")
      programs.append(try Data(contentsOf: URL(filePath: path)))
    }
    #expect(programs.allSatisfy { $0 == programs[0] })
  }

  /// Where blocks share crossbars, the report says what that costs.
  @Test func reportsWhatSharingCosts() throws {
    let plan = [
      "compile",
      Repository.model("network-residual/model.onnx"), "--plan",
      "--optimize", "area",
    ]
    let report = try Command(plan + ["--json"])
    #expect(report.status == 0, "\(report.messages)")
    let layers = try #require(report.json["layers"] as? [[String: Any]])
    let slots = layers.compactMap { $0["interval"] as? Int }
    let mapping = try #require(report.json["mapping"] as? [String: Any])
    // All blocks are in one crossbar and run in turn.
    #expect(mapping["crossbarsShared"] as? Int == 1 && mapping["blocksSharing"] as? Int == 7)
    let cost = slots.reduce(0, +) - (slots.max() ?? 0)
    #expect(cost > 0 && mapping["sharingSlots"] as? Int == cost)
    #expect(try Command(plan).text.contains("that adds \(cost) MVMs to the interval\n"))
  }

  /// Beside the interval stands that of wide windows, if these would make it shorter.
  @Test func reportsWhatWideWindowsWouldGive() throws {
    let plan = [
      "compile", Repository.sample("digits/model.onnx"), "--plan", "--json",
    ]
    func intervals(_ arguments: [String]) throws -> (now: Int?, widened: Int?) {
      let mapping = try #require(try Command(arguments).json["mapping"] as? [String: Any])
      return (mapping["intervalSlots"] as? Int, mapping["intervalSlotsWidened"] as? Int)
    }
    let (narrow, wide) = (try intervals(plan), try intervals(plan + ["--widen"]))
    #expect(wide.widened == nil && narrow.widened == wide.now)
    #expect((wide.now ?? .max) < (narrow.now ?? 0))
    #expect(
      try Command(Array(plan.dropLast())).text.contains(
        "--widen: an interval of \(wide.now ?? 0) MVMs, not \(narrow.now ?? 0)"))
  }

  @Test(
    .enabled(if: Repository.hasSharedModels, "../shared/models is not there"),
    arguments: ["unsupported-llama-custom", "unsupported-requantshift"])
  func namesUnsupportedOperatorsOnce(model: String) throws {
    let path = "\(Repository.shared)/models/\(model)/model.onnx"
    let output = try Folder()
    let command = try Command(["compile", path, "-o", "\(output.path)/net.aimc"])
    #expect(command.status == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: output.path).isEmpty)
    // One error an operator: the first node, and how many others.
    let errors = command.messages.matches(of: /error: node "([^"]*)"(?: and ([0-9]+) others?)?/)
    let names = errors.map(\.output.1)
    #expect(Set(names).count == names.count)
    let nodes = errors.reduce(0) { $0 + 1 + ($1.output.2.flatMap { Int($0) } ?? 0) }
    #expect(nodes > 5)
  }

  /// A plan needs shapes alone, so that the files of the weights need not be there.
  @Test func plansWhereWeightsAreNotThere() throws {
    let model = Repository.model("bad/external-missing.onnx")
    let plan = try Command(["compile", "--plan", model])
    #expect(plan.status == 0, "\(plan.messages)")
    #expect(plan.messages.contains("known by their shape only: 1"))
    #expect(plan.text.contains("1 of 64 crossbars of 1 × hermes"))
  }

  @Test func refusesBadFilesWithoutOutput() throws {
    let folder = Repository.model("bad")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".onnx") }
    #expect(files.count > 100)
    let output = try Folder()
    for file in files {
      let command = try Command([
        "compile", "\(folder)/\(file)", "-o", "\(output.path)/net.aimc",
      ])
      #expect(command.status == 1, "\(file): \(command.status) \(command.messages)")
      #expect(command.messages.contains("error: "), "\(file)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: output.path).isEmpty)
  }

  /// Every command that takes the text of a graph says what is wrong with it.
  @Test(arguments: [["compile", "-o", "out.aimc"], ["verify"], ["run"], ["inspect"]])
  func refusesUnsoundTexts(command: [String]) throws {
    let folder = try Folder()
    try """
    graph "alike" {
      input %0 "y": f32[1, 40]
      constant %1 "w": f32[40, 20] = random(seed: 1)
      %2 "y": f32[1, 20] = matmul "dense" (%0, %1)
      output %2
    }

    """.write(toFile: folder.file("alike.aim"), atomically: true, encoding: .utf8)
    let data = command[0] == "run" ? ["--data", Repository.sample("digits")] : []
    let run = try Command(command + ["alike.aim"] + data, in: folder.path)
    #expect(run.status == 1)
    #expect(
      run.messages.contains("alike.aim: error: there are two values named \"y\""), "\(run.messages)"
    )
    #expect(!FileManager.default.fileExists(atPath: folder.file("out.aimc")))
  }

  @Test func reportsDamagedPrograms() throws {
    let folder = try Folder()
    let path = "\(folder.path)/net.aimc"
    #expect(try Command(["compile", "\(Self.samples[0])/model.onnx", "-o", path]).status == 0)
    let bytes = try Data(contentsOf: URL(filePath: path))
    for position in stride(from: 0, to: bytes.count, by: bytes.count / 40) {
      var damaged = bytes
      damaged[position] ^= 1 << UInt8(position % 8)
      let broken = "\(folder.path)/broken.aimc"
      try damaged.write(to: URL(filePath: broken))
      let command = try Command(["simulate", broken, "--data", "\(Self.samples[0])/test.npz"])
      #expect(command.status == 1, "byte \(position)")
      #expect(command.messages.contains("broken.aimc: section "), "\(command.messages)")
      #expect(command.output.isEmpty)
    }
  }

  @Test func readsOrReportsTruncatedAndDamagedModels() throws {
    let folder = try Folder()
    let model = try Data(contentsOf: URL(filePath: "\(Self.samples[0])/model.onnx"))
    for number in 0..<24 {
      var bytes = model
      if number % 2 == 0 {
        bytes = model.prefix(model.count * number / 24)
      } else {
        for step in 0..<8 { bytes[(number * 7919 + step * 104_729) % bytes.count] ^= 0x55 }
      }
      try bytes.write(to: URL(filePath: folder.file("m.onnx")))
      let command = try Command(["compile", folder.file("m.onnx"), "-o", folder.file("net.aimc")])
      #expect([0, 1].contains(command.status), "\(number): \(command.messages)")
      #expect(command.status == 0 || folder.files == ["m.onnx"])
      try? FileManager.default.removeItem(atPath: folder.file("net.aimc"))
    }
  }

  @Test func saysWhatANetworkThatIsTooLargeWouldTake() throws {
    let folder = try Folder()
    let command = try Command([
      "compile", "\(Self.samples[0])/model.onnx", "--chip", "tiny", "-o", folder.file("net.aimc"),
    ])
    #expect(command.status == 1 && folder.files.isEmpty)
    #expect(command.messages.contains("crossbars of 16×8"))
    #expect(command.messages.contains("--chips auto"))
  }
}
