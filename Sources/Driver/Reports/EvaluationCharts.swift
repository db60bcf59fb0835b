import Basics
import Report

/// What a figure shows of evaluations.
public enum PlotKind: String, CaseIterable, Sendable {
  /// The accuracy over time, a curve an evaluation.
  case time
  /// The accuracy with one technique more in every row.
  case ladder
  /// The accuracy over the energy of an inference, a point a technique, with those that no other beats.
  case pareto
  /// The error of each layer by effect.
  case budget

  /// Whether evaluations in the form `schema` have what it shows.
  func takes(_ file: EvaluationFile) -> Bool {
    switch self {
    case .time: file.schema == EvaluationFile.evaluation
    case .ladder: file.schema == EvaluationFile.ladder
    case .pareto: file.rows?.contains { $0.costs.energyNj != nil } ?? false
    case .budget: file.budget?.isEmpty == false
    }
  }

  /// What has what it shows.
  var source: String {
    switch self {
    case .time: "evaluate --json"
    case .ladder, .pareto: "evaluate --ladder --json"
    case .budget: "evaluate --ablate --json"
    }
  }
}

extension Chart {
  /// The chart of `kind` of `files`, all of which have what it shows.
  init(_ kind: PlotKind, of files: [EvaluationFile]) {
    switch kind {
    case .time: self.init(overTime: files)
    case .ladder: self.init(ladder: files)
    case .pareto: self.init(pareto: files)
    case .budget: self.init(budget: files)
    }
  }

  /// What the accuracy of `files` is called.
  private static func quantity(_ files: [EvaluationFile]) -> String {
    Quantity(of: files.flatMap { ($0.results ?? []) + ($0.rows ?? []).flatMap(\.results) }).title
  }

  /// The networks of `files`, each once.
  private static func subject(_ files: [EvaluationFile]) -> String {
    files.reduce(into: [String]()) { if !$0.contains($1.network) { $0.append($1.network) } }
      .joined(separator: ", ")
  }

  /// What files are compared with: FP32 or the program itself, where all have the same of it.
  private static func references(_ files: [EvaluationFile]) -> [Reference] {
    var found: [Reference] = []
    for file in files {
      for (name, value) in [("FP32", file.fp32), ("ideal", file.ideal)] {
        guard let value,
          !found.contains(where: { $0.name.hasPrefix(name) && $0.value == 100 * value })
        else { continue }
        found.append(Reference("\(name) \(fixed(100 * value, 2)) %", 100 * value))
      }
    }
    return found
  }

  private static func covered(_ series: [Series], _ references: [Reference]) -> [Double] {
    series.flatMap { series in
      series.points.flatMap {
        [$0.interval?.lowerBound ?? $0.y, $0.y, $0.interval?.upperBound ?? $0.y]
      }
    } + references.map(\.value)
  }

  private init(overTime files: [EvaluationFile]) {
    let series = files.map { file in
      let rows = file.results ?? []
      let chips = rows.first?.seeds ?? 0
      let name =
        "\(file.name ?? file.network): \(rows.first?.device ?? ""), \(chips) \(chips == 1 ? "chip" : "chips")"
      return Series(
        name,
        rows.compactMap { row in
          row.percentage.map {
            Point(x: row.timeSeconds, y: $0.value, interval: $0.interval)
          }
        })
    }
    let references = Self.references(files)
    let what = Self.quantity(files)
    let (network, times) = (
      Self.subject(files), series.flatMap { $0.points.map(\.x) }
    )
    let last = series.compactMap { series in
      series.points.last.map { "\(series.name): \(fixed($0.y, 2)) % in the end" }
    }
    self.init(
      title: "\(network) on \(files[0].chip)",
      description: "\(what) over time after programming. \(last.joined(separator: "; ")).",
      x: .time("time after programming, s", covering: times),
      y: .linear(
        what, covering: Self.covered(series, references), within: 0...100, least: 1),
      series: series)
    self.references = references
  }

  private init(ladder files: [EvaluationFile]) {
    let file = files[0]
    let steps = file.rows ?? []
    let times = steps[0].results.map(\.timeSeconds)
    let series = times.enumerated().map { index, time in
      Series(
        "after \(readable(seconds: time))",
        steps.enumerated().compactMap { row, step in
          step.results[index].percentage.map {
            Point(x: $0.value, y: Double(row), interval: $0.interval)
          }
        }, isConnected: false)
    }
    let references = Self.references(files)
    let values =
      series.flatMap {
        $0.points.flatMap { [$0.interval?.lowerBound ?? $0.x, $0.interval?.upperBound ?? $0.x] }
      }
      + references.map(\.value)
    let what = Self.quantity(files)
    self.init(
      title: "\(file.network) on \(file.chip): techniques, each with those above it",
      description: "\(what) with \(steps.count) techniques at \(times.count) times.",
      x: .linear(what, covering: values, within: 0...100, least: 1, ticks: 8),
      y: .names(steps.map(\.name), axis: ""), series: series)
    self.references = references
    hasRows = true
  }

  private init(pareto files: [EvaluationFile]) {
    var series: [Series] = []
    var all: [Point] = []
    for file in files {
      let points = (file.rows ?? []).compactMap { step -> Point? in
        guard let energy = step.costs.energyNj, energy > 0,
          let found = step.results.last?.percentage
        else { return nil }
        return Point(x: energy / 1000, y: found.value, interval: found.interval, label: step.name)
      }
      let after = file.rows?.first?.results.last.map { readable(seconds: $0.timeSeconds) } ?? ""
      series.append(
        Series("\(file.name ?? file.network), after \(after)", points, isConnected: false))
      all += points
    }
    var front: [Point] = []
    for point in all.sorted(by: { ($0.x, -$0.y) < ($1.x, -$1.y) })
    where point.y > (front.last?.y ?? -1) {
      front.append(Point(x: point.x, y: point.y))
    }
    let references = Self.references(files)
    let what = Self.quantity(files)
    self.init(
      title: "\(Self.subject(files)) on \(files[0].chip): accuracy for energy",
      description:
        "\(what) over the energy of an inference; \(front.count) of \(all.count) points are not beaten by others.",
      x: .logarithmic("energy of an inference with the host, µJ", covering: all.map(\.x)),
      y: .linear(what, covering: Self.covered(series, references), within: 0...100, least: 1),
      series: series + [Series("not beaten in both", front, hasPoints: false)])
    self.references = references
  }

  private init(budget files: [EvaluationFile]) {
    let file = files[0]
    let entries = file.budget ?? []
    var (nodes, causes): ([String], [String]) = ([], [])
    for entry in entries {
      if !nodes.contains(entry.node) { nodes.append(entry.node) }
      if !causes.contains(entry.cause) { causes.append(entry.cause) }
    }
    let rows = Dictionary(uniqueKeysWithValues: zip(nodes, 0...))
    let series = causes.map { cause in
      Series(
        cause,
        entries.compactMap { entry in
          guard entry.cause == cause, let decibels = entry.decibels, decibels.isFinite else {
            return nil
          }
          return Point(x: decibels, y: Double(rows[entry.node] ?? 0))
        }, isConnected: false)
    }
    self.init(
      title: "\(file.network) on \(file.chip): error of each layer by effect",
      description: "The signal-to-noise ratio of \(nodes.count) layers with each effect alone.",
      x: .linear(
        "signal-to-noise ratio of the result, dB", covering: series.flatMap { $0.points.map(\.x) },
        ticks: 8),
      y: .names(nodes, axis: ""), series: series)
    hasRows = true
  }
}
