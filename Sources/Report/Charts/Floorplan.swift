import Foundation

/// Chips seen from above: which layer lies on which core.
public struct Floorplan: Sendable {
  public var title: String
  /// The rows of cores of a chip, and the cores of a row.
  public var rows: Int
  public var columns: Int
  /// The slices of the GDPU, and from which core to which slice links lead.
  public var slices: Int
  public var sliceLinks: [[Int]]
  /// From which core to which other links lead, where they are listed; a mesh links neighbours.
  public var links: [[Int]]
  public var isMesh: Bool
  /// The names of the layers.
  public var layers: [String]
  /// The layers on each core, chip by chip.
  public var cores: [[Int: [Int]]]

  /// Creates a plan.
  public init(
    title: String, rows: Int, columns: Int, slices: Int, sliceLinks: [[Int]], links: [[Int]],
    isMesh: Bool, layers: [String], cores: [[Int: [Int]]]
  ) {
    (self.title, self.rows, self.columns, self.slices) = (title, rows, columns, slices)
    (self.sliceLinks, self.links, self.isMesh) = (sliceLinks, links, isMesh)
    (self.layers, self.cores) = (layers, cores)
  }

  private static let pitch = 56.0
  private static let side = 46.0
  private static let ink = "#1b1f24"

  /// Where a single row of cores feeds the slices, these lie below it, else below all.
  private var strip: Int {
    let feeding = Set(sliceLinks.map { $0[0] / max(columns, 1) })
    return feeding.count == 1 ? (feeding.first ?? 0) + 1 : rows
  }

  private func place(_ core: Int) -> (x: Double, y: Double) {
    let (row, column) = (core / max(columns, 1), core % max(columns, 1))
    let shift = slices > 0 && row >= strip ? 0.62 : 0
    return (Double(column) * Self.pitch, (Double(row) + shift) * Self.pitch)
  }

  private func place(slice: Int) -> (x: Double, y: Double) {
    let feeding = sliceLinks.filter { $0[1] == slice }.map { $0[0] }
    let column =
      feeding.count == 1 && strip < rows
      ? Double(feeding[0] % max(columns, 1))
      : (Double(slice) + 0.5) * Double(columns) / Double(slices) - 0.5
    return (column * Self.pitch, Double(strip) * Self.pitch + 2)
  }

  /// The drawing in a file of its own, on white, chips side by side, with a legend of the layers.
  public var file: String {
    let across = min(max(cores.count, 1), 4)
    let width = Double(columns) * Self.pitch + 20
    let height = (Double(rows) + (slices > 0 ? 0.62 : 0)) * Self.pitch + 34
    let down = (cores.count + across - 1) / across
    let legendTop = 40 + Double(down) * height
    let (all, full) = (
      max(Double(across) * width + 20, 480), legendTop + Double(layers.count) * 18 + 16
    )
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(coordinate(all))" height="\(coordinate(full))" \
      viewBox="0 0 \(coordinate(all)) \(coordinate(full))" role="img" font-family="Helvetica, Arial, sans-serif" font-size="12">
      <title>\(markup(title))</title>
      <rect width="\(coordinate(all))" height="\(coordinate(full))" fill="#ffffff"/>
      <text x="20" y="24" font-size="14" font-weight="bold" fill="\(Self.ink)">\(markup(title))</text>

      """
    for (number, held) in cores.enumerated() {
      let x = 20 + Double(number % across) * width
      let y = 40 + Double(number / across) * height
      text += "<g transform=\"translate(\(coordinate(x)) \(coordinate(y)))\">\n"
      text += "<text y=\"12\" fill=\"\(Self.ink)\">chip \(number)</text>\n"
      text += "<g transform=\"translate(0 20)\">\n" + drawing(held) + "</g>\n</g>\n"
    }
    for (number, name) in layers.enumerated() {
      let y = legendTop + Double(number) * 18
      text +=
        "<rect x=\"20\" y=\"\(coordinate(y))\" width=\"12\" height=\"12\" fill=\"\(Self.colour(number))\"/>\n"
      text +=
        "<text x=\"40\" y=\"\(coordinate(y + 10))\" fill=\"\(Self.ink)\">\(number + 1) \(markup(name))</text>\n"
    }
    return text + "</svg>\n"
  }

  private func drawing(_ held: [Int: [Int]]) -> String {
    let half = Self.side / 2
    func middle(_ core: Int) -> String {
      let at = place(core)
      return "\(coordinate(at.x + half)) \(coordinate(at.y + half))"
    }
    var text = "<g fill=\"none\" stroke=\"#c3c9d0\">\n"
    for ends in isMesh ? neighbours : links {
      text += "<path d=\"M\(middle(ends[0]))L\(middle(ends[1]))\"/>\n"
    }
    for ends in sliceLinks {
      let at = place(slice: ends[1])
      text += "<path d=\"M\(middle(ends[0]))L\(coordinate(at.x + half)) \(coordinate(at.y))\"/>\n"
    }
    text += "</g>\n"
    for slice in 0..<slices {
      let at = place(slice: slice)
      text +=
        "<rect x=\"\(coordinate(at.x))\" y=\"\(coordinate(at.y))\" width=\"46\" height=\"22\" rx=\"5\" "
      text += "fill=\"#f5f7f9\" stroke=\"#8a94a0\"/>\n"
      text += Self.text("G\(slice)", at.x + half, at.y + 15, size: 10)
    }
    for core in 0..<rows * columns {
      let at = place(core)
      let layers = held[core] ?? []
      let fill = layers.first.map(Self.colour) ?? "#f5f7f9"
      text +=
        "<rect x=\"\(coordinate(at.x))\" y=\"\(coordinate(at.y))\" width=\"46\" height=\"46\" rx=\"4\" "
      text +=
        "fill=\"\(fill)\" stroke=\"#56606b\"\(layers.isEmpty ? " stroke-dasharray=\"3 3\"" : "")/>\n"
      text +=
        "<text x=\"\(coordinate(at.x + 4))\" y=\"\(coordinate(at.y + 11))\" font-size=\"8.5\" fill=\"\(Self.ink)\">\(core)</text>\n"
      let all = layers.map { "\($0 + 1)" }.joined(separator: "+")
      let numbers = all.count <= 7 ? all : "\(layers[0] + 1) +\(layers.count - 1)…"
      if !layers.isEmpty {
        text += Self.text(
          numbers, at.x + half, at.y + half + 7, size: numbers.count > 5 ? 9 : 12)
      }
    }
    return text
  }

  private var neighbours: [[Int]] {
    (0..<rows * columns).flatMap { core -> [[Int]] in
      (core % columns + 1 < columns ? [[core, core + 1]] : [])
        + (core + columns < rows * columns ? [[core, core + columns]] : [])
    }
  }

  private static func text(_ content: String, _ x: Double, _ y: Double, size: Double) -> String {
    "<text x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" font-size=\"\(coordinate(size))\" "
      + "text-anchor=\"middle\" fill=\"\(ink)\">\(content)</text>\n"
  }

  /// The colour of layer `number`: pale, of a hue that differs from that of its neighbours, in red, green and blue.
  private static func colour(_ number: Int) -> String {
    let hue = (210 + Double(number) * 137.508).truncatingRemainder(dividingBy: 360)
    func channel(_ shift: Double) -> String {
      // Of hue, saturation 0.62 and lightness 0.76.
      let place = (shift + hue / 30).truncatingRemainder(dividingBy: 12)
      let value = 0.76 - 0.62 * 0.24 * max(-1, min(place - 3, 9 - place, 1))
      let digits = String(Int((value * 255).rounded()), radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    return "#" + channel(0) + channel(8) + channel(4)
  }
}
