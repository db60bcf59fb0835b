import Basics

/// Rows of text in aligned columns, as a person reads them.
struct Table {
  /// Where the text of a column stands.
  enum Alignment { case left, right }

  private var headings: [String] = []
  private var alignments: [Alignment] = []
  private var rows: [[String]] = []
  private var rules: Set<Int> = []

  /// Creates a table without columns.
  init() {}

  /// Creates a table of columns with these headings, which name the units; those that end in `<` are
  /// aligned to the left, the others to the right.
  init(_ headings: String...) { self.init(headings) }

  /// Creates a table of columns with these headings, as above.
  init(_ headings: [String]) {
    for heading in headings {
      let isLeft = heading.hasSuffix("<")
      self.headings.append(isLeft ? String(heading.dropLast()) : heading)
      alignments.append(isLeft ? .left : .right)
    }
  }

  /// Whether there is no row.
  var isEmpty: Bool { rows.isEmpty }

  /// Adds a row, one cell a column.
  mutating func add(_ cells: String...) { add(cells) }

  /// Adds a row, one cell a column.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == headings.count, "a row of a table has a cell for every column")
    rows.append(cells.map { elided(printable($0)) })
  }

  /// Adds a line between the rows so far and those that follow, as before totals.
  mutating func addRule() { rules.insert(rows.count) }

  /// The table, a line feed after each line.
  var text: String {
    let lines = headings.isEmpty ? rows : [headings] + rows
    let widths = headings.indices.map { column in lines.map { width($0[column]) }.max() ?? 0 }
    let total = widths.reduce(0, +) + 2 * max(widths.count - 1, 0)
    let rule = String(repeating: "-", count: total) + "\n"
    var text = line(headings, widths) + rule
    for (index, row) in rows.enumerated() {
      if rules.contains(index) { text += rule }
      text += line(row, widths)
    }
    return text
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - width(cell))
      if column > 0 { text += "  " }
      text += alignments[column] == .left ? cell + padding : padding + cell
    }
    while text.last == " " { text.removeLast() }
    return text + "\n"
  }

  private func width(_ text: String) -> Int { text.count }
}

/// The most characters of a name that a table shows.
private let longestName = 44

/// `text` without its middle, if it is long: names that converters make run to hundreds of characters.
private func elided(_ text: String) -> String {
  guard text.count > longestName, !text.contains(" ") else { return text }
  return "\(text.prefix(20))…\(text.suffix(longestName - 21))"
}
