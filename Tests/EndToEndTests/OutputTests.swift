import Foundation
import TestSupport
import Testing

/// What a command reads is never what it writes, and nothing that it found out is lost.
@Suite struct OutputTests {
  private let folder: Folder
  private let digits = Repository.sample("digits/model.onnx")

  init() throws { folder = try Folder() }

  /// A folder with one of everything that commands read.
  private func fill() throws {
    let manager = FileManager.default
    func copy(_ path: String, _ name: String) throws {
      try manager.copyItem(atPath: path, toPath: folder.file(name))
    }
    try copy(Repository.model("bad/external-missing.onnx"), "m.onnx")
    try Data(repeating: 0, count: 48).write(to: URL(filePath: folder.file("nowhere.bin")))
    let network = Repository.model("network-mlp")
    try copy("\(network)/model.onnx", "n.onnx")
    try copy("\(network)/test_data_set_0", "test_data_set_0")
    try "extends: hermes\nname: base\nsummary: one\n".write(
      toFile: folder.file("base.yaml"), atomically: true, encoding: .utf8)
    try "extends: base.yaml\nname: own\nsummary: two\n".write(
      toFile: folder.file("c.yaml"), atomically: true, encoding: .utf8)
    for (arguments, name) in [
      (
        ["run", "n.onnx", "--data", "test_data_set_0", "--dump-all", "calibration.npz"],
        "calibration.npz"
      ),
      (["compile", "n.onnx", "-o", "p.aimc", "--calibrate", "test_data_set_0"], "p.aimc"),
      (["compile", "n.onnx", "--emit", "graph", "-o", "g.aim"], "g.aim"),
      (
        ["evaluate", "p.aimc", "--data", "test_data_set_0", "--times", "0", "--seeds", "2"]
          + ["--shard", "1/2", "--part", "a.part"], "a.part"
      ),
      (
        ["simulate", "p.aimc", "--data", "test_data_set_0", "--write-calibration", "old.aimcal"],
        "old.aimcal"
      ),
    ] {
      let run = try Command(arguments, in: folder.path)
      #expect(run.status == 0 && folder.files.contains(name), "\(run.messages)")
    }
    try manager.createSymbolicLink(
      atPath: folder.file("link.yaml"), withDestinationPath: "base.yaml")
    try manager.linkItem(atPath: folder.file("p.aimc"), toPath: folder.file("hard.aimc"))
  }

  /// Every file of the folder and those below it with its content.
  private func content() -> [String: Data] {
    var files: [String: Data] = [:]
    for name in (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? [] {
      files[name] = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
    }
    return files
  }

  private static let data = ["--data", "test_data_set_0"]

  @Test func noOutputTakesThePlaceOfAnInput() throws {
    try fill()
    let before = content()
    let data = Self.data
    let commands = [
      ["compile", "m.onnx", "-o", "nowhere.bin"],
      ["compile", "m.onnx", "-o", "../\(folder.path.split(separator: "/").last!)/nowhere.bin"],
      ["compile", "g.aim", "-o", "g.aim.weights"], ["compile", "g.aim", "-o", "g.aim"],
      ["opt", "g.aim", "--passes", "fold", "-o", "g.aim.weights"],
      ["opt", "g.aim", "--passes", "fold", "-o", "g.aim"],
      ["opt", "n.onnx", "--passes", "concatenate", "--chip", "c.yaml", "-o", "base.yaml"],
      ["compile", "n.onnx", "--chip", "c.yaml", "-o", "c.yaml"],
      ["compile", "n.onnx", "--chip", "c.yaml", "-o", "base.yaml"],
      ["compile", "n.onnx", "--chip", "c.yaml", "-o", "link.yaml"],
      ["compile", "n.onnx", "-o", "calibration.npz"],
      ["compile", "n.onnx", "--emit", "fold", "-o", "calibration.npz"],
      ["compile", "n.onnx", "-o", "test_data_set_0/input_0.pb"],
      ["compile", "n.onnx", "--calibrate", "test_data_set_0", "-o", "test_data_set_0/input_0.pb"],
      ["evaluate", "m.onnx", "--csv", "nowhere.bin"] + data,
      ["evaluate", "n.onnx", "--svg", "calibration.npz"] + data,
      ["evaluate", "p.aimc", "--part", "hard.aimc"] + data,
      ["evaluate", "n.onnx", "--csv", "test_data_set_0/output_0.pb"] + data,
      ["merge", "a.part", "--csv", "a.part"], ["merge", "a.part", "--svg", "./a.part"],
      ["simulate", "p.aimc", "--write-calibration", "test_data_set_0/input_0.pb"] + data,
      ["simulate", "p.aimc", "--write-calibration", "hard.aimc"] + data,
      [
        "simulate", "p.aimc", "--calibration", "old.aimcal", "--write-calibration", "old.aimcal",
      ] + data,
      ["run", "n.onnx", "--data", "calibration.npz", "-o", "calibration.npz"],
    ]
    for command in commands {
      let run = try Command(command, in: folder.path)
      #expect(run.status == 1 && run.output.isEmpty, "\(command): \(run.messages)")
      #expect(run.messages.contains("is both input and output"), "\(command): \(run.messages)")
      #expect(content() == before, "\(command)")
    }
  }

  @Test func noTwoOutputsHaveOneName() throws {
    try fill()
    let before = content()
    try FileManager.default.createDirectory(
      atPath: folder.file("out"), withIntermediateDirectories: true)
    let data = Self.data
    for command in [
      ["evaluate", "p.aimc", "--csv", "same", "--svg", "./same"] + data,
      ["evaluate", "p.aimc", "--csv", "same", "--part", "out/../same"] + data,
      ["merge", "a.part", "--csv", "same", "--svg", "same"],
      ["run", "n.onnx", "-o", "o.npz", "--dump-all", "o.npz"] + data,
      ["run", "n.onnx", "-o", "out", "--dump-all", "out/"] + data,
      ["simulate", "p.aimc", "--write-calibration", "z.npz", "-o", "z.npz"] + data,
    ] {
      let run = try Command(command, in: folder.path)
      #expect(run.status == 1 && run.output.isEmpty, "\(command): \(run.messages)")
      #expect(run.messages.contains("is the output of both"), "\(command): \(run.messages)")
      #expect(content().filter { $0.key != "out" } == before, "\(command)")
    }
    let apart = try Command(
      ["run", "n.onnx", "-o", "o.npz", "--dump-all", "out"] + data, in: folder.path)
    #expect(apart.status == 0, "\(apart.messages)")
  }

  /// What cannot be written is known before the work; what fails at its end costs nothing else.
  @Test func resultsArePrintedEvenIfAFileFails() throws {
    try fill()
    let data = Self.data + ["--times", "0", "--seeds", "2"]
    let before = content()
    let early = try Command(
      ["evaluate", "p.aimc", "--csv", "none/a.csv", "--svg", "b.svg"] + data, in: folder.path)
    #expect(early.status == 1 && early.output.isEmpty && content() == before)
    #expect(early.messages.contains("none/a.csv: error: its folder none does not exist"))

    let whole = try Command(["evaluate", "p.aimc"] + data, in: folder.path)
    for (option, other) in [("--csv", "--svg"), ("--svg", "--csv"), ("--part", "--csv")] {
      let run = try Command(
        ["evaluate", "p.aimc", option, "/dev/full", other, "other"] + data, in: folder.path)
      #expect(run.status == 1 && run.output == whole.output, "\(option): \(run.messages)")
      #expect(run.messages.contains("/dev/full: error: cannot be written: No space left"))
      #expect(folder.files.contains("other"))
      try FileManager.default.removeItem(atPath: folder.file("other"))
    }
    let simulated = try Command(
      ["simulate", "p.aimc", "--write-calibration", "/dev/full", "-o", "o.npz"] + Self.data,
      in: folder.path)
    #expect(simulated.status == 1 && simulated.text.contains("latency"))
    #expect(folder.files.contains("o.npz"))
    let compiled = try Command("compile", "n.onnx", "-o", "/dev/full", in: folder.path)
    #expect(compiled.status == 1 && compiled.text.contains("crossbars"))
    #expect(!compiled.text.contains("program  "))
    // A limit on the size of files is an error of writing them.
    let limited = try Command(
      shell: "ulimit -f 1; aimcc compile n.onnx -o big.aimc", in: folder.path)
    #expect(limited.status == 1 && limited.messages.contains("File too large"))
    #expect(limited.text.contains("crossbars"))
    #expect(Set(folder.files) == Set(before.keys.filter { !$0.contains("/") } + ["o.npz"]))
  }

  /// The signals that end a process, but for those that are ignored here and so by what is started here, as
  /// in the background of a shell.
  private static let signals = [SIGINT, SIGTERM, SIGHUP].filter { signal in
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1
  }

  /// A signal leaves no temporary file behind.
  @Test(arguments: signals) func signalsLeaveNothing(signal: Int32) throws {
    let process = Process()
    process.executableURL = Command.executable
    process.arguments = [
      "evaluate", digits, "--data", Repository.sample("digits/test.npz"), "--seeds", "10000",
      "--csv",
      "a.csv", "--svg", "b.svg", "-q",
    ]
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    // The threads of tests block signals, which what they start would inherit.
    var (all, mask) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_UNBLOCK, &all, &mask)
    try process.run()
    pthread_sigmask(SIG_SETMASK, &mask, nil)
    for _ in 0..<600 where folder.files.count < 2 { usleep(50_000) }
    #expect(folder.files.count == 2 && folder.files.allSatisfy { $0.hasSuffix(".partial") })
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
    #expect(folder.files.isEmpty)
  }

  /// Another's link where a temporary file would be does not lead the output astray, and a link in the place
  /// of the output is replaced, not followed.
  @Test func linksAreReplaced() throws {
    let victim = folder.file("victim")
    try "keep".write(toFile: victim, atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("out.aimc"), withDestinationPath: "victim")
    let run = try Command("compile", digits, "-o", "out.aimc", in: folder.path)
    #expect(run.status == 0, "\(run.messages)")
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "keep")
    let redirected = try Command(
      shell: "aimcc compile \(digits) --emit asm -o /dev/stdout > asm", in: folder.path)
    #expect(redirected.status == 0, "\(redirected.messages)")
    #expect(try Data(contentsOf: URL(filePath: folder.file("asm"))).count > 1000)
  }
}
