import Basics
import Report

/// What the accuracy of the points of a sweep is drawn over.
public enum SweepCost: String, CaseIterable, Sendable {
  case energy, latency, crossbars
  /// Without the host.
  case chipEnergy = "chip-energy"
  case chipLatency = "chip-latency"

  fileprivate var axis: String {
    switch self {
    case .energy: "energy of an inference with the host, µJ"
    case .latency: "latency of an inference with the host, µs"
    case .chipEnergy: "energy of an inference without the host, µJ"
    case .chipLatency: "latency of an inference without the host, µs"
    case .crossbars: "crossbars"
    }
  }

  /// What `costs` say of it.
  fileprivate func value(_ costs: ProgramCosts?) -> Double? {
    switch self {
    case .energy: costs?.energyNj.map { $0 / 1000 }
    case .latency: costs?.latencyNs.map { $0 / 1000 }
    case .chipEnergy: costs?.chipEnergyNj.map { $0 / 1000 }
    case .chipLatency: costs?.chipLatencyNs.map { $0 / 1000 }
    case .crossbars: costs.map { Double($0.crossbars) }
    }
  }
}

extension SweepReport {
  /// The accuracy at the last time over what `cost` says: a point of the chart for each of the grid, in series by the
  /// first axis that has several values, and the line of those that no other beats in both.
  func svg(over cost: SweepCost) -> String {
    var series: [Chart.Series] = []
    var all: [Chart.Point] = []
    for outcome in points {
      guard let row = outcome.last, let share = row.share, let x = cost.value(outcome.costs), x > 0
      else { continue }
      var point = Chart.Point(x: x, y: 100 * share)
      if let low = row.low, let high = row.high { point.interval = 100 * low...100 * high }
      let name =
        axes.first.map { axis in
          outcome.settings.first { $0.axis == axis }.map { "\(axis) \($0.value)" } ?? axis
        } ?? outcome.network
      if let index = series.firstIndex(where: { $0.name == name }) {
        series[index].points.append(point)
      } else {
        series.append(Chart.Series(name, [point], isConnected: false))
      }
      all.append(point)
    }
    var front: [Chart.Point] = []
    for point in all.sorted(by: { ($0.x, -$0.y) < ($1.x, -$1.y) })
    where point.y > (front.last?.y ?? -1) {
      front.append(Chart.Point(x: point.x, y: point.y))
    }
    let networks = points.map(\.network).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let what = Quantity(of: points.compactMap(\.last)).title
    let after = points.compactMap(\.last?.timeSeconds).max().map { readable(seconds: $0) } ?? ""
    let covered = all.flatMap {
      [$0.interval?.lowerBound ?? $0.y, $0.y, $0.interval?.upperBound ?? $0.y]
    }
    return Chart(
      title: "\(networks.joined(separator: ", ")): accuracy after \(after) for \(cost.rawValue)",
      description:
        "\(what) over the \(cost.axis); \(front.count) of \(all.count) points are not beaten by others.",
      x: .logarithmic(cost.axis, covering: all.map(\.x)),
      y: .linear(what, covering: covered, within: 0...100, least: 1),
      series: series + [Chart.Series("not beaten in both", front, hasPoints: false)]
    ).file
  }
}
