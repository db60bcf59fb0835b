/// Points over two axes: curves over time, rows with a value each, or a cloud with its frontier.
///
/// It is drawn as SVG with all properties in attributes, so that any program shows it. Classes let a page that
/// holds the drawing change its colours. Series differ in colour, in the form of their points, and in their dashes.
public struct Chart: Sendable {
  /// A value, with the interval that it lies in.
  public struct Point: Sendable {
    public var x: Double
    public var y: Double
    /// The interval of `x` in a chart of rows, else of `y`.
    public var interval: ClosedRange<Double>?
    /// What stands beside the point.
    public var label = ""

    public init(
      x: Double, y: Double, interval: ClosedRange<Double>? = nil, label: String = ""
    ) {
      (self.x, self.y, self.interval, self.label) = (x, y, interval, label)
    }
  }

  /// Points that belong together.
  public struct Series: Sendable {
    public var name: String
    public var points: [Point]
    /// Whether a line connects the points.
    public var isConnected: Bool
    /// Whether the points are drawn, beside the line.
    public var hasPoints: Bool

    public init(
      _ name: String, _ points: [Point], isConnected: Bool = true, hasPoints: Bool = true
    ) {
      (self.name, self.points) = (name, points)
      (self.isConnected, self.hasPoints) = (isConnected, hasPoints)
    }
  }

  /// A value that the others are compared with, as a line across the chart.
  public struct Reference: Sendable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
  }

  public var title: String
  /// What the chart shows, in words, for those who cannot see it.
  public var description: String
  public var x: Axis
  public var y: Axis
  public var series: [Series]
  public var references: [Reference] = []
  /// Whether the vertical axis names rows from the top down, and intervals and references are of the other.
  public var hasRows = false

  public init(title: String, description: String, x: Axis, y: Axis, series: [Series]) {
    (self.title, self.description, self.x, self.y, self.series) = (
      title, description, x, y, series
    )
  }

  /// The drawing in a file of its own, on white.
  public var file: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + drawing(id: "chart", background: true)
  }

  /// The drawing as a part of a page; `id` is that of its title in the page.
  public func element(id: String) -> String { drawing(id: id, background: false) }

  private func drawing(id: String, background: Bool) -> String {
    let frame = ChartFrame(self)
    let (width, height) = (coordinate(frame.width), coordinate(frame.height))
    var text = """
      <svg class="chart" xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-labelledby="\(id)-title \(id)-text" \
      font-family="Helvetica, Arial, sans-serif" font-size="12">
      <title id="\(id)-title">\(markup(title))</title>
      <desc id="\(id)-text">\(markup(description))</desc>

      """
    if background {
      text += "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>\n"
    }
    text += frame.heading(title)
    text += frame.axes
    text += frame.references
    for (number, series) in series.enumerated() { text += frame.marks(series, number) }
    text += frame.labels
    return text + frame.legend + "</svg>\n"
  }
}
