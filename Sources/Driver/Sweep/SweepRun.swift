import Basics
import Chip
import Compiler

/// One evaluation of a sweep.
struct SweepRun {
  /// Its number, from 1 on, in the order of the grid.
  var number: Int
  /// The index of its point.
  var point: Int
  /// The words of `aimcc evaluate`, from the name of the command on.
  var command: [String]
  /// What it is called whatever else is in the sweep: a digest of the command, of all files that it reads, and of the
  /// version of aimcc.
  var id: String
}

/// A point of the grid.
struct SweepPoint {
  /// The index of the value on each axis.
  var choice: [Int]
}

/// All that a sweep is made of, in a fixed order.
struct SweepGrid {
  let file: SweepFile
  private(set) var points: [SweepPoint] = []
  private(set) var runs: [SweepRun] = []

  /// Lays out the grid of `file`, which `path` names.
  ///
  /// Throws `Diagnostics` if there are no runs, or more than can be, or if a file cannot be read.
  init(_ file: SweepFile, path: String) throws {
    self.file = file
    let sizes = file.axes.map(\.values.count)
    let perRun = min(file.seedsPerRun ?? file.seeds, file.seeds)
    let parts = (file.seeds + perRun - 1) / perRun
    let count = sizes.reduce(1) { min($0 * $1, SweepFile.maximumRuns + 1) }
    guard count * parts <= SweepFile.maximumRuns else {
      throw Diagnostics(
        Diagnostic(
          file: path, "is a grid of more than \(SweepFile.maximumRuns) runs",
          help: "give fewer values, or more chips to a run"))
    }
    var digests = DigestCache()
    for number in 0..<count {
      var rest = number
      var choice = Array(repeating: 0, count: sizes.count)
      for axis in sizes.indices.reversed() {
        choice[axis] = rest % sizes[axis]
        rest /= sizes[axis]
      }
      if file.exceptions.contains(where: { $0.allSatisfy { $0.values.contains(choice[$0.axis]) } })
      {
        continue
      }
      let point = SweepPoint(choice: choice)
      let isSame = file.chipsAreTheSame(at: point)
      for part in 0..<(isSame ? 1 : parts) {
        let first = file.firstSeed + UInt64(part * perRun)
        let chips = isSame ? 1 : min(perRun, file.seeds - part * perRun)
        let command = file.command(at: point, seeds: chips, first: isSame ? nil : first)
        runs.append(
          SweepRun(
            number: runs.count + 1, point: points.count, command: command,
            id: try digests.id(command, files: file.files(at: point))))
      }
      points.append(point)
    }
    guard !runs.isEmpty else {
      throw Diagnostics(Diagnostic(file: path, "except leaves no run"))
    }
  }
}

extension SweepFile {
  /// The values at `point`, in the order of the axes.
  func values(at point: SweepPoint) -> [SweepAxis.Value] {
    zip(axes, point.choice).map { $0.values[$1] }
  }

  /// The words of the axes of `kinds` at `point`.
  func words(_ kinds: [SweepAxis.Kind], at point: SweepPoint) -> [String] {
    kinds.flatMap { kind in
      zip(axes, point.choice).flatMap { axis, index in
        axis.kind == kind ? axis.values[index].words : []
      }
    }
  }

  /// Whether all chips at `point` are alike, so that one is enough.
  func chipsAreTheSame(at point: SweepPoint) -> Bool {
    let device = words([.device], at: point).last
    return device.map { !DeviceName($0).hasDevices } ?? false
  }

  /// The words of `aimcc evaluate` for `seeds` chips at `point`, the first of which is `first`.
  fileprivate func command(at point: SweepPoint, seeds: Int, first: UInt64?) -> [String] {
    ["evaluate"] + words([.model, .chip, .setting, .device, .option], at: point)
      + (times.map { ["--times", $0] } ?? []) + ["--seeds", "\(seeds)"]
      + (first.map { ["--seed", "\($0)"] } ?? [])
  }

  fileprivate func files(at point: SweepPoint) -> [String] { values(at: point).flatMap(\.files) }
}

/// Digests of files, each of which is read once.
private struct DigestCache {
  private var known: [String: String] = [:]

  /// What a run with the words `command`, which reads `files`, is called.
  mutating func id(_ command: [String], files: [String]) throws -> String {
    var text = "aimcc \(version)\n\(command.map(shellWord).joined(separator: " "))\n"
    for path in files { text += "\(try digest(path))  \(path)\n" }
    return String(SHA256.digest(text).prefix(16))
  }

  private mutating func digest(_ path: String) throws -> String {
    if let digest = known[path] { return digest }
    let digest = try FileDigest.of([path]).first?.sha256 ?? "none"
    known[path] = digest
    return digest
  }
}
