/// Where the parts of a chart lie, and how they are drawn.
struct ChartFrame {
  private let chart: Chart
  let width = 720.0
  let height: Double
  private let left: Double
  private let right: Double
  private let top: Double
  private let bottom: Double
  private let keys: [Key]

  /// An entry of the legend: the number of the series, and where it is.
  private struct Key {
    var number: Int
    var x: Double
    var y: Double
  }

  private static let ink = "#1b1f24"
  private static let faint = "#d6dae0"
  /// The colours of Okabe and Ito, which people with any sight of colours tell apart, darkened where they are pale.
  private static let colours = [
    "#0072b2", "#d55e00", "#00805e", "#b0447f", "#8a6d00", "#2f8fc4", "#b07a00", "#555555",
  ]
  private static let dashes = ["", "6 3", "2 2", "8 3 2 3"]

  init(_ chart: Chart) {
    self.chart = chart
    let labels = chart.y.ticks.map { textWidth(Self.cut($0.label), size: 12) }
    left = max(56, (labels.max() ?? 0) + (chart.y.name.isEmpty ? 18 : 36))
    right = 720 - 24
    top = chart.x.landmarks.isEmpty ? 44 : 62
    let rows = Double(max(chart.y.ticks.count, 2))
    bottom = top + (chart.hasRows ? max(80, rows * 30) : 280)
    var (x, y) = (left, bottom + 62)
    var keys: [Key] = []
    for (number, series) in chart.series.enumerated() where !series.name.isEmpty {
      let size = textWidth(Self.cut(series.name, 90), size: 12) + 48
      if x + size > 720 && x > left { (x, y) = (left, y + 20) }
      keys.append(Key(number: number, x: x, y: y))
      x += size
    }
    self.keys = keys
    height = (keys.last?.y ?? bottom + 46) + 16
  }

  /// `text` without its end where it is long.
  private static func cut(_ text: String, _ limit: Int = 44) -> String {
    text.count > limit ? text.prefix(limit - 1) + "…" : text
  }

  private func x(_ value: Double) -> Double { left + (right - left) * chart.x.place(value) }

  private func y(_ value: Double) -> Double {
    let share = chart.y.place(value)
    return chart.hasRows ? top + (bottom - top) * share : bottom - (bottom - top) * share
  }

  private static func text(
    _ content: String, _ x: Double, _ y: Double, anchor: String = "start", size: Double = 12,
    _ more: String = ""
  ) -> String {
    "<text class=\"ink\" x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" text-anchor=\"\(anchor)\" "
      + "font-size=\"\(coordinate(size))\" fill=\"\(ink)\"\(more)>\(markup(content))</text>\n"
  }

  private static func line(_ path: String, _ colour: String, _ kind: String, _ more: String = "")
    -> String
  {
    "<path class=\"\(kind)\" d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\"\(more)/>\n"
  }

  func heading(_ title: String) -> String {
    Self.text(Self.cut(title, 90), left, 20, size: 14, " font-weight=\"bold\"")
  }

  // MARK: Axes

  var axes: String {
    var text = ""
    for tick in chart.x.ticks {
      let place = x(tick.value)
      text += Self.line(
        "M\(coordinate(place)) \(coordinate(top))V\(coordinate(bottom))", Self.faint, "faint")
      text += Self.text(tick.label, place, bottom + 17, anchor: "middle")
    }
    var lastLandmark = -Double.infinity
    for mark in chart.x.landmarks {
      let place = x(mark.value)
      text += Self.line(
        "M\(coordinate(place)) \(coordinate(top - 5))V\(coordinate(top))", Self.ink, "axis")
      guard place - lastLandmark > 38 else { continue }
      text += Self.text(mark.label, place, top - 9, anchor: "middle", size: 11)
      lastLandmark = place
    }
    for tick in chart.y.ticks {
      let place = y(tick.value)
      text += Self.line(
        "M\(coordinate(left)) \(coordinate(place))H\(coordinate(right))", Self.faint, "faint")
      text += Self.text(Self.cut(tick.label), left - 8, place + 4, anchor: "end")
    }
    text += Self.line(
      "M\(coordinate(left)) \(coordinate(top))V\(coordinate(bottom))H\(coordinate(right))",
      Self.ink, "axis")
    if chart.x.hasZero {
      // The axis is not continuous between 0 and the first decade.
      let middle = left + (right - left) * chart.x.place(chart.x.first) / 2
      let (from, to) = (coordinate(bottom - 5), coordinate(bottom + 5))
      for place in [middle - 4, middle + 2] {
        text += Self.line(
          "M\(coordinate(place)) \(to)L\(coordinate(place + 4)) \(from)", Self.ink, "axis")
      }
    }
    text += Self.text(chart.x.name, (left + right) / 2, bottom + 38, anchor: "middle")
    if !chart.y.name.isEmpty {
      let middle = coordinate((top + bottom) / 2)
      text += Self.text(
        chart.y.name, 14, (top + bottom) / 2, anchor: "middle",
        " transform=\"rotate(-90 14 \(middle))\"")
    }
    return text
  }

  /// Lines across the chart, with names at their ends that keep clear of each other.
  var references: String {
    var text = ""
    var taken: [Double] = []
    for reference in chart.references.sorted(by: { $0.value > $1.value }) {
      if chart.hasRows {
        let place = x(reference.value)
        text += Self.line(
          "M\(coordinate(place)) \(coordinate(top))V\(coordinate(bottom))", Self.ink, "axis",
          " stroke-dasharray=\"4 3\"")
        let isRight = place > (left + right) / 2
        text += Self.text(
          reference.name, place + (isRight ? -5 : 5), top - 6, anchor: isRight ? "end" : "start",
          size: 11)
        continue
      }
      let place = y(reference.value)
      text += Self.line(
        "M\(coordinate(left)) \(coordinate(place))H\(coordinate(right))", Self.ink, "axis",
        " stroke-dasharray=\"4 3\"")
      // Below the line where there is no room above it.
      let label = place - 5 < top + 10 ? place + 13 : place - 5
      if taken.allSatisfy({ abs($0 - label) > 12 }) {
        text += Self.text(reference.name, right - 2, label, anchor: "end", size: 11)
        taken.append(label)
      }
    }
    return text
  }

  // MARK: Series

  /// The band, the line, the intervals and the points of a series.
  func marks(_ series: Chart.Series, _ number: Int) -> String {
    let colour = Self.colours[number % Self.colours.count]
    let dash = Self.dashes[number / 2 % Self.dashes.count]
    let points = series.points
    let kind = "series\(number % Self.colours.count)"
    let shift = offset(number)
    var text = "<g class=\"\(kind)\" stroke=\"\(colour)\" fill=\"\(colour)\">\n"
    let whole = points.compactMap { point in point.interval.map { (point, $0) } }
    if !chart.hasRows && series.isConnected && whole.count == points.count && points.count > 1 {
      let above = whole.map { "\(coordinate(x($0.0.x))) \(coordinate(y($0.1.upperBound)))" }
      let below = whole.reversed().map {
        "\(coordinate(x($0.0.x))) \(coordinate(y($0.1.lowerBound)))"
      }
      text += "<path d=\"M\((above + below).joined(separator: "L"))Z\" stroke=\"none\" "
      text += "fill-opacity=\"0.15\"/>\n"
    }
    if series.isConnected && points.count > 1 {
      let places = points.map { "\(coordinate(x($0.x))) \(coordinate(y($0.y)))" }
      let dashes = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
      text +=
        "<path d=\"M\(places.joined(separator: "L"))\" fill=\"none\" stroke-width=\"2\"\(dashes)/>\n"
    }
    for (point, interval) in whole where series.hasPoints {
      text += whisker(point, interval, shift)
    }
    for point in points where series.hasPoints {
      text += Self.marker(number, x(point.x), y(point.y) + shift)
    }
    return text + "</g>\n"
  }

  /// How far below its row series `number` lies, so that none covers another.
  private func offset(_ number: Int) -> Double {
    guard chart.hasRows else { return 0 }
    let count = Double(chart.series.count)
    return (Double(number) - (count - 1) / 2) * min(7, 18 / max(count, 1))
  }

  private func whisker(
    _ point: Chart.Point, _ interval: ClosedRange<Double>, _ shift: Double
  ) -> String {
    if chart.hasRows {
      let (from, to, place) = (x(interval.lowerBound), x(interval.upperBound), y(point.y) + shift)
      return "<path d=\"M\(coordinate(from)) \(coordinate(place - 4))v8m0 -4H\(coordinate(to))"
        + "m0 -4v8\" fill=\"none\"/>\n"
    }
    let (from, to, place) = (y(interval.lowerBound), y(interval.upperBound), x(point.x))
    return "<path d=\"M\(coordinate(place - 4)) \(coordinate(from))h8m-4 0V\(coordinate(to))"
      + "m-4 0h8\" fill=\"none\"/>\n"
  }

  /// The point of a series: a circle, a square, a diamond, a triangle, filled or not.
  private static func marker(_ number: Int, _ x: Double, _ y: Double) -> String {
    let (left, top) = (coordinate(x), coordinate(y))
    let shape =
      switch number % 4 {
      case 0: "<circle cx=\"\(left)\" cy=\"\(top)\" r=\"4\""
      case 1: "<path d=\"M\(coordinate(x - 4)) \(coordinate(y - 4))h8v8h-8z\""
      case 2: "<path d=\"M\(left) \(coordinate(y - 5.5))l5.5 5.5l-5.5 5.5l-5.5 -5.5z\""
      default: "<path d=\"M\(left) \(coordinate(y - 5))l5 9h-10z\""
      }
    return shape
      + (number / 4 % 2 == 1 ? " class=\"hollow\" fill=\"#ffffff\" stroke-width=\"2\"" : "")
      + "/>\n"
  }

  // MARK: Labels

  /// A box of a text or a point.
  private struct Box {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>

    func meets(_ other: Box) -> Bool { x.overlaps(other.x) && y.overlaps(other.y) }
  }

  /// How far below and beside a point its name may stand, the nearest first.
  private static let placesOfNames: [(down: Double, aside: Double)] = {
    let distances: [Double] = [0, -14, 14, -28, 28, -42, 42, 56, 70, 84]
    return distances.flatMap { [(down: $0, aside: 9.0), (down: $0, aside: -9.0)] }
  }()

  /// Boxes along the lines of series.
  private var boxesOfLines: [Box] {
    chart.series.filter(\.isConnected).flatMap { series in
      zip(series.points, series.points.dropFirst()).flatMap { from, to in
        let (x, y) = ((from: x(from.x), to: x(to.x)), (from: y(from.y), to: y(to.y)))
        let steps = Int(max((x.to - x.from).magnitude, (y.to - y.from).magnitude) / 4) + 1
        return (0...steps).map { step in
          let share = Double(step) / Double(steps)
          let (x, y) = (x.from + (x.to - x.from) * share, y.from + (y.to - y.from) * share)
          return Box(x: x - 1...x + 1, y: y - 1...y + 1)
        }
      }
    }
  }

  /// The names of points, each where it covers neither a point, a line nor another name; those without such a place stay away.
  var labels: String {
    var taken: [Box] = []
    var text = ""
    let points = chart.series.filter(\.hasPoints).flatMap(\.points)
    for point in points {
      let (x, y) = (x(point.x), y(point.y))
      taken.append(Box(x: x - 5...x + 5, y: y - 5...y + 5))
    }
    if points.contains(where: { !$0.label.isEmpty }) { taken += boxesOfLines }
    for point in points where !point.label.isEmpty {
      let (x, y, name) = (x(point.x), y(point.y), Self.cut(point.label))
      let size = textWidth(name, size: 11)
      for (down, aside) in Self.placesOfNames {
        let from = aside > 0 ? x + aside : x + aside - size
        let box = Box(x: from...from + size, y: y + down - 6...y + down + 6)
        guard from > left, from + size < width, box.y.lowerBound > top, box.y.upperBound < bottom,
          !taken.contains(where: box.meets)
        else { continue }
        taken.append(box)
        if abs(down) > 14 {
          let end = "\(coordinate(x + aside * 0.8)) \(coordinate(y + down))"
          text += Self.line(
            "M\(coordinate(x)) \(coordinate(y))L\(end)", Self.ink, "axis", " stroke-width=\"0.5\"")
        }
        text += Self.text(
          name, x + aside, y + down + 4, anchor: aside > 0 ? "start" : "end", size: 11)
        break
      }
    }
    return text
  }

  // MARK: Legend

  var legend: String {
    keys.reduce(into: "") { text, key in
      let kind = "series\(key.number % Self.colours.count)"
      let colour = Self.colours[key.number % Self.colours.count]
      let dash = Self.dashes[key.number / 2 % Self.dashes.count]
      text += "<g class=\"\(kind)\" stroke=\"\(colour)\" fill=\"\(colour)\">\n"
      if chart.series[key.number].isConnected {
        text += "<path d=\"M\(coordinate(key.x)) \(coordinate(key.y - 4))h28\" fill=\"none\" "
        text += "stroke-width=\"2\"\(dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")/>\n"
      }
      if chart.series[key.number].hasPoints {
        text += Self.marker(key.number, key.x + 14, key.y - 4)
      }
      text += "</g>\n"
      text += Self.text(Self.cut(chart.series[key.number].name, 90), key.x + 34, key.y)
    }
  }
}
