import Basics
import Compiler
import Driver
import Foundation
import TestSupport
import Testing

/// Programs with right checksums and wrong content are refused, or run, whatever command takes them.
///
/// A case is a number: it chooses a program and what is changed in it. `tools/fuzz-programs` runs many, or one
/// again.
@Suite struct ProgramMutationTests {
  /// Programs that use every part of the format: models, and the options that they are compiled with.
  private static let sources: [(model: String, options: [String])] = [
    ("network-mlp", ["--routine", "layers"]),
    ("network-mlp", ["--copies", "4", "--residual", "--routine", "refit"]),
    ("network-residual", ["--routine", "column", "--predistort", "1d"]),
    ("network-residual", ["--routine", "global", "--widen"]),
    ("conv-groups", ["--chips", "2"]), ("gather", []), ("lstm", ["--routine", "refit"]),
  ]

  /// The longest that a case may take, in s, and the most that all may take of memory, in bytes, where no
  /// other tests run beside them; where some do, a case may wait for its turn.
  private static let (patience, patienceBesideOthers, memory) = (5.0, 60.0, 3 << 29)

  @Test func mutatedProgramsAreRefusedOrRun() throws {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["AIMCC_FIRST_CASE"].flatMap { Int($0) } ?? 0
    let count = environment["AIMCC_CASES"].flatMap { Int($0) } ?? 1000
    let log = environment["AIMCC_CASE_LOG"].map { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
    let patience = log == nil ? Self.patienceBesideOthers : Self.patience
    let folder = try Folder()
    let sources = try Self.sources.enumerated().compactMap {
      try Self.compiled($1.model, $1.options, to: folder.file("\($0).aimc"))
    }
    try #require(sources.count == Self.sources.count)
    let null = open("/dev/null", O_WRONLY)
    defer { close(null) }
    var outcomes: [Driver.ExitStatus?: Int] = [:]
    for number in first..<first + count {
      // What is left of a crash.
      if let log {
        let line = "\(number)\n"
        pwrite(log, line, line.utf8.count, 0)
      }
      var generator = SplitMix64(seed: UInt64(number) &* 0xD134_2543_DE82_EF95)
      let source = sources.randomElement(using: &generator)!
      var image = source.image
      for _ in 0..<Int.random(in: 1...3, using: &generator) { image.mutate(&generator) }
      image.seal()
      let path = folder.file("mutated.aimc")
      try Data(image.bytes).write(to: URL(filePath: path))
      let start = (ContinuousClock.now, clock())
      let console = Console(output: null, messages: null, quiet: true)
      for status in Self.statuses(path, data: source.data, console)
        // Pages take as long as twenty other commands.
        + (number % 64 == 0 ? Self.views(path, page: folder.file("page.html"), console) : [])
      {
        outcomes[status, default: 0] += 1
      }
      // Processor time, where other work makes the clock run on.
      let time = min(
        (ContinuousClock.now - start.0) / .seconds(1),
        Double(clock() - start.1) / Double(CLOCKS_PER_SEC))
      #expect(time < patience, "case \(number) takes \(time) s")
    }
    // Some are refused, some run.
    if count >= 1000 {
      #expect(outcomes[nil, default: 0] > count / 2 && outcomes[.done, default: 0] > count / 20)
    }
    if log == nil { return }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #expect(usage.ru_maxrss * 1024 < Self.memory, "\(usage.ru_maxrss) KiB")
  }

  /// How a command ends: `nil` if with a diagnosis.
  private static func status(
    _ body: () throws -> Driver.ExitStatus
  ) -> Driver.ExitStatus? {
    do { return try body() } catch {
      #expect(error is Diagnostics, "\(error)")
      return nil
    }
  }

  /// How the commands end that show more of a program.
  private static func views(
    _ path: String, page: String, _ console: Console
  ) -> [Driver.ExitStatus?] {
    [
      status {
        try runInspect(
          file: path, view: .core(CorePlace("0")!, weights: nil), json: true, console: console)
      },
      status { try runReport(program: path, evaluations: [], output: page, console: console) },
      status { try runDiff(path, path, json: true, console: console) },
    ]
  }

  /// How each command ends on a program.
  private static func statuses(_ path: String, data: String, _ console: Console) -> [Driver
    .ExitStatus?]
  {
    let inspected = status {
      try runInspect(
        file: path, json: true, console: console)
    }
    guard inspected != nil else { return [nil] }
    var statuses = [
      inspected,
      status {
        try runInspect(
          file: path, view: .assembly(output: nil), json: false, console: console)
      },
    ]
    for device in ["ideal", "quantized", "hermes-tdp"] {
      statuses.append(
        status {
          try runSimulate(
            program: path, data: data, device: DeviceOptions(DeviceName(device)), output: nil,
            check: nil, checksMemory: true, units: true, json: false, console: console)
        })
    }
    var plan = EvaluationPlan()
    plan.times = [TimeSpan("1d")!]
    plan.seeds = 1
    statuses.append(
      status {
        try runEvaluate(
          EvaluationRequest(
            model: path, data: data, device: DeviceOptions(DeviceName("hermes-tdp")), plan: plan,
            options: CompileOptions(), command: []),
          files: EvaluationFiles(), json: true, console: console)
      })
    return statuses
  }

  private static func compiled(_ model: String, _ options: [String], to path: String) throws
    -> (image: ProgramImage, data: String)?
  {
    let folder = ModelFolder(made: model)
    let run = try Command(
      ["compile", folder.model, "-o", path, "-q", "--calibrate", folder.path] + options)
    guard run.status == 0 else {
      Issue.record("\(model): \(run.messages)")
      return nil
    }
    return (ProgramImage(Array(try Data(contentsOf: URL(filePath: path)))), folder.dataSets[0])
  }
}
