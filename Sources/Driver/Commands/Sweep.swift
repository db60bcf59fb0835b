import Basics
import Foundation
import Glibc

/// What is done with a sweep.
public enum SweepWork: Sendable {
  /// The runs are listed.
  case list
  /// The runs that are not done yet are done here, so many at a time; `nil` for one a processor.
  case run(jobs: Int?)
  /// One of the runs is done, whatever is told of others.
  case one(Int)
  /// The runs of part K of N are done here, one after the other.
  case part(Int, of: Int)
  /// A script for a scheduler is printed.
  case script(SweepScheduler)
  /// What is known is put together.
  case collect
}

/// Where the results of a sweep go.
public struct SweepFiles: Sendable {
  /// The folder of the results of runs.
  public var folder: String?
  /// A table of comma-separated values, and a chart over `cost`.
  public var csv: String?
  public var svg: String?
  public var cost = SweepCost.energy

  /// Creates names of files, none of which has to be given.
  public init(folder: String? = nil, csv: String? = nil, svg: String? = nil) {
    (self.folder, self.csv, self.svg) = (folder, csv, svg)
  }
}

/// Does `work` with the sweep that the file at `path` describes; `parser` is that of `evaluate`.
///
/// Paths in the file are relative to it. Throws `Diagnostics` with every fault of the file before any run.
public func runSweep(
  _ path: String, _ work: SweepWork, files: SweepFiles, parser: EvaluationParser, json: Bool,
  console: Console
) throws -> ExitStatus {
  try requireFile(path, "a file that describes a sweep (.yaml)")
  var named = CommandFiles()
  named.reads(path)
  // They are finished in the folder of the sweep.
  let csv = named.opened(files.csv.map(absolute), "--csv")
  let svg = named.opened(files.svg.map(absolute), "--svg")
  try named.faults.throwIfErrors()
  let text = try readText(path)
  let folder = files.folder.map { SweepFolder(path: absolute($0)) }
  let home = absolute(parent(of: path))
  // Whatever folder it is called from, a run does the same.
  guard chdir(home) == 0 else {
    throw Diagnostics(Diagnostic(file: home, "the folder cannot be entered"))
  }
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let sweep = try SweepReader.read(text, file: name, faultOfWords: parser.faultOfWords)
  let grid = try SweepGrid(sweep, path: name)
  if case .one(let number) = work {
    guard let run = grid.runs.first(where: { $0.number == number }) else {
      throw Diagnostics(
        Diagnostic(file: name, "has no run \(number)", supported: "1 to \(grid.runs.count)"))
    }
    guard let folder else { preconditionFailure("a run has a folder") }
    return try grid.perform(run, in: folder, parser, console)
  }
  try grid.check(grid.runs, by: parser)
  if case .list = work {
    try console.write(SweepList(grid, folder), as: "aimcc.sweep-list/1", json: json)
    return .done
  }
  guard let folder else { preconditionFailure("all but lists have a folder") }
  let status = try grid.work(work, file: name, home: home, in: folder, console)
  switch work {
  case .script, .part: return status
  case .list, .one, .run, .collect: break
  }
  let report = try SweepReport(grid, in: folder)
  var faults = Diagnostics()
  for (file, text) in [(csv, report.csv), (svg, report.svg(over: files.cost))] {
    guard let file else { continue }
    try faults.collect {
      try file.write(text)
      try file.complete()
    }
  }
  try console.write(report, as: "aimcc.sweep/1", json: json)
  try faults.throwIfErrors()
  return status
}

extension SweepGrid {
  /// Does those of all runs that `work` asks for and that are not done; `home` is the folder of the file.
  ///
  /// Throws `Diagnostics` if the folder of results cannot be used.
  fileprivate func work(
    _ work: SweepWork, file: String, home: String, in folder: SweepFolder, _ console: Console
  ) throws -> ExitStatus {
    if case .collect = work {
      guard PathKind(folder.path) == .folder else {
        throw Diagnostics(
          Diagnostic(
            file: folder.path, "there is no such folder",
            help: "run the sweep without --collect first"))
      }
      return .done
    }
    try makeFolder(folder.path)
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let command = [executable, "sweep", file, "--output", folder.path, "--quiet", "--run"]
    var wanted = runs
    if case .part(let part, let count) = work {
      wanted = runs.filter { ($0.number - 1) % count == part - 1 }
    }
    let left = wanted.filter { folder.state(of: $0) != .done }
    if case .script(let scheduler) = work {
      guard !left.isEmpty else {
        throw Diagnostics(
          Diagnostic(file: file, "all \(runs.count) runs are done: there is nothing to submit"))
      }
      let name = replacingExtension(file, with: "")
        .filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
      try console.write(
        scheduler.script(
          name: name.isEmpty ? "sweep" : name, runs: left.map(\.number), command: command,
          folder: home, results: folder.path))
      return .done
    }
    var jobs = 1
    if case .run(let given) = work { jobs = given ?? ProcessInfo.processInfo.activeProcessorCount }
    try SweepWorkers(command: command, folder: folder, jobs: max(jobs, 1), console: console).run(
      left)
    return wanted.allSatisfy { folder.state(of: $0) == .done } ? .done : .inputFault
  }
}

extension SweepGrid {
  /// Does `run`, unless it is done, or another process does it.
  ///
  /// Throws `Diagnostics` with what ended it, which the folder keeps too.
  fileprivate func perform(
    _ run: SweepRun, in folder: SweepFolder, _ parser: EvaluationParser, _ console: Console
  ) throws -> ExitStatus {
    try makeFolder(folder.path)
    guard let claim = try SweepClaim(run, in: folder) else {
      console.report([
        Diagnostic(.note, "run \(run.number) (\(run.id)) is being done by another process")
      ])
      return .done
    }
    defer { withExtendedLifetime(claim) {} }
    // Another process may have ended it in the meantime.
    if folder.state(of: run) == .done { return .done }
    do {
      try check([run], by: parser)
      let request = try parser.request(run.command)
      try folder.keep(request.document(console: console), of: run)
    } catch let faults as Diagnostics {
      try folder.note(faults.description, of: run)
      throw faults
    }
    return .done
  }
}

/// The runs of a sweep.
struct SweepList: Report {
  struct Run: Encodable {
    var number: Int
    var run: String
    /// The words of the command that does the same.
    var command: [String]
    /// How far it is; `nil` without a folder.
    var state: String?
  }

  var runs: [Run]

  init(_ grid: SweepGrid, _ folder: SweepFolder?) {
    runs = grid.runs.map { run in
      Run(
        number: run.number, run: run.id, command: ["aimcc"] + run.command,
        state: folder.map { $0.state(of: run).name })
    }
  }

  var page: Page {
    let hasStates = runs.first?.state != nil
    var text = ""
    for run in runs {
      let state = hasStates ? " (\(run.state ?? ""))" : ""
      let number = "\(run.number)".padding(toLength: 15, withPad: " ", startingAt: 0)
      text += "\(number)\(run.run)\(state): \(run.command.map(shellWord).joined(separator: " "))\n"
    }
    return Page(text)
  }
}

/// `path` from the root of all folders.
private func absolute(_ path: String) -> String {
  let current = FileManager.default.currentDirectoryPath
  return path.hasPrefix("/") ? path : path == "." ? current : join(current, path)
}
