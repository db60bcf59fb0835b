import Basics

/// What is known of a sweep.
struct SweepReport: Report {
  /// A run that failed, and why.
  struct Failure: Encodable {
    var number: Int
    var run: String
    var error: String
  }

  /// The number of runs, and how many of them are done.
  var runs: Int
  var runsDone: Int
  /// The points of the grid of which something is known.
  var points: [SweepOutcome]
  var failures: [Failure]
  /// The names of the axes that have several values.
  private(set) var axes: [String] = []
  private(set) var pointsOfGrid = 0

  private enum CodingKeys: String, CodingKey { case runs, runsDone, points, failures }

  /// Reads what is in `folder` of the runs of `grid`.
  ///
  /// Throws `Diagnostics` with every file that is no result.
  init(_ grid: SweepGrid, in folder: SweepFolder) throws {
    var faults = Diagnostics()
    var results: [(run: SweepRun, result: SweepResult?)] = []
    failures = []
    for run in grid.runs {
      var result: SweepResult?
      switch folder.state(of: run) {
      case .done: try faults.collect { result = try SweepResult(path: folder.result(of: run)) }
      case .failed(let reason):
        failures.append(Failure(number: run.number, run: run.id, error: reason))
      case .missing: break
      }
      results.append((run, result))
    }
    try faults.throwIfErrors()
    runs = grid.runs.count
    runsDone = results.count { $0.result != nil }
    pointsOfGrid = grid.points.count
    let byPoint = Dictionary(grouping: results, by: \.run.point)
    points = SweepOutcome.marked(
      grid.points.enumerated().compactMap { index, point in
        let settings = zip(grid.file.axes, grid.file.values(at: point)).map {
          SweepOutcome.Setting(axis: $0.name, value: $1.label)
        }
        return SweepOutcome(settings, byPoint[index] ?? [])
      })
    axes = grid.file.axes.filter { $0.values.count > 1 }.map(\.name)
  }

  /// The most points that a table shows if it need not show all.
  private static let mostRows = 40

  var page: Page {
    let isLong = points.count > Self.mostRows
    var page = Page(table(points.filter { !isLong || $0.isBest }))
    var text = "\n"
    text += "runs           \(grouped(runsDone)) of \(grouped(runs)) done"
    if !failures.isEmpty { text += ", \(grouped(failures.count)) failed" }
    text += "; \(grouped(points.count)) of \(grouped(pointsOfGrid)) points\n"
    if let fp32 = points.first?.fp32, points.allSatisfy({ $0.fp32 == fp32 }) {
      text += "FP32           \(fixed(100 * fp32, 2)) % of \(points[0].samples) samples\n"
    }
    if isLong {
      text +=
        "shown          the points that no other beats in accuracy at the last time, energy, latency and "
      text += "crossbars; --csv has all\n"
    } else if points.count > 1 {
      text +=
        "best           no other point is as good in accuracy at the last time, energy, latency and "
      text += "crossbars, and better in one\n"
    }
    for reason in reasons.prefix(Self.mostReasons) {
      let runs = "run\(reason.runs.count == 1 ? "" : "s") \(SweepScheduler.ranges(reason.runs))"
      text += "failed         \(runs): \(printable(reason.text))\n"
    }
    if reasons.count > Self.mostReasons {
      text += "failed         for \(reasons.count - Self.mostReasons) other reasons (--json)\n"
    }
    page += text
    return page
  }

  /// The most reasons of failures that are told.
  private static let mostReasons = 20

  /// The first lines of why runs failed, each once, with the numbers of these runs.
  private var reasons: [(text: String, runs: [Int])] {
    failures.reduce(into: []) { reasons, failure in
      let text = failure.error.split(separator: "\n").first.map(String.init) ?? ""
      if let index = reasons.firstIndex(where: { $0.text == text }) {
        reasons[index].runs.append(failure.number)
      } else {
        reasons.append((text, [failure.number]))
      }
    }
  }

  /// A row for each of `points` and each time.
  private func table(_ points: [SweepOutcome]) -> Table {
    let quantity = Quantity(of: points.compactMap(\.last))
    let hasLabels = quantity == .accuracy
    var table = Table(
      axes.map { Table.Column("\($0)<") } + [
        "after", .init("chips", rank: 5), .init(quantity.heading),
        .init("±", rank: 2), .init("SNR, dB", rank: 4), .init("crossbars", rank: 3),
        .init("latency", rank: 3), .init("energy", rank: 1), "best<",
      ])
    for point in points {
      let settings = point.settings.filter { axes.contains($0.axis) }.map(\.value)
      let costs = point.costs
      for row in point.results {
        let width = row.high.flatMap { high in row.low.map { (high - $0) / 2 } }
        table.add(
          settings + [
            readable(seconds: row.timeSeconds), "\(row.seeds)",
            row.share.map { fixed(100 * $0, 2) } ?? "-",
            hasLabels ? width.map { fixed(100 * $0, 2) } ?? "-" : "-",
            row.decibels.map { fixed($0, 1) } ?? "-", costs.map { "\($0.crossbars)" } ?? "-",
            costs?.latencyNs.map { readable(nanoseconds: $0) } ?? "-",
            costs?.energyNj.map { "\(significant($0 / 1000)) µJ" } ?? "-",
            point.isBest ? "*" : "",
          ])
      }
    }
    return table
  }
}

extension SweepReport {
  /// All that is known as comma-separated values: a row for each point, time and chip, and one, whose `seed` is empty,
  /// for all chips of a point at a time.
  var csv: String {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let settings = points.first?.settings.map { csvCell($0.axis) } ?? []
    var text =
      (settings + [
        "timeSeconds", "seed", "seeds", "accuracy", "low", "high", "agreement", "decibels", "fp32",
        "crossbars", "latencyNs", "energyNj", "chipLatencyNs", "chipEnergyNj", "best", "runs",
        "cosine", "sameNeighbour", "rankCorrelation",
      ]).joined(separator: ",") + "\n"
    for point in points {
      let costs = point.costs
      let ends = [
        number(point.fp32 ?? point.ideal), costs.map { "\($0.crossbars)" } ?? "",
        number(costs?.latencyNs), number(costs?.energyNj), number(costs?.chipLatencyNs),
        number(costs?.chipEnergyNj), "\(point.isBest)",
        point.runs.joined(separator: " "),
      ]
      let begins = point.settings.map { csvCell($0.value) }
      for row in point.results {
        let cells = [
          "\(row.timeSeconds)", "", "\(row.seeds)", number(row.accuracy), number(row.low),
          number(row.high), number(row.agreement), number(row.decibels),
        ]
        let likeness = [row.cosine, row.sameNeighbour, row.rankCorrelation].map(number)
        text += (begins + cells + ends + likeness).joined(separator: ",") + "\n"
      }
      for value in point.values {
        let cells = [
          "\(value.timeSeconds)", "\(value.seed)", "1", number(value.accuracy), "", "",
          number(value.agreement), number(value.decibels),
        ]
        let likeness = [value.cosine, value.sameNeighbour, value.rankCorrelation].map(number)
        text += (begins + cells + ends + likeness).joined(separator: ",") + "\n"
      }
    }
    return text
  }
}
