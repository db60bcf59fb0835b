import Basics

/// Rows of text in aligned columns, as a person reads them.
///
/// On a narrow terminal headings and sentences take several lines, names lose their middle, and columns
/// that few people need are left out; a last line names these.
struct Table {
  /// A column: its heading, which names the unit, and what becomes of it where space is short.
  struct Column: ExpressibleByStringLiteral {
    var heading: String
    var isLeft: Bool
    /// 0 of a column that is always shown; of the others those with the highest go first.
    var rank: Int

    /// A column with a heading; one that ends in `<` is aligned to the left, others to the right.
    init(_ heading: String, rank: Int = 0) {
      isLeft = heading.hasSuffix("<")
      self.heading = isLeft ? String(heading.dropLast()) : heading
      self.rank = rank
    }

    init(stringLiteral heading: String) { self.init(heading) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []
  private var rules: Set<Int> = []

  /// Creates a table of columns.
  init(_ columns: Column...) { self.init(columns) }

  /// Creates a table of columns.
  init(_ columns: [Column]) { self.columns = columns }

  /// Whether there is no row.
  var isEmpty: Bool { rows.isEmpty }

  /// Adds a row, one cell a column.
  mutating func add(_ cells: String...) { add(cells) }

  /// Adds a row, one cell a column.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row of a table has a cell for every column")
    rows.append(
      cells.map { cell in
        let text = printable(cell)
        return text.contains(" ") ? text : shortened(text)
      })
  }

  /// Adds a line between the rows so far and those that follow, as before totals.
  mutating func addRule() { rules.insert(rows.count) }

  /// The table in lines of at most `limit` characters, if that can be; `nil` for lines of any length.
  func text(within limit: Int?) -> String {
    let (shown, widths) = layout(within: limit)
    let rule = String(repeating: "-", count: total(widths)) + "\n"
    var text = lines(columns.map(\.heading), shown, widths) + rule
    for (index, row) in rows.enumerated() {
      if rules.contains(index) { text += rule }
      text += lines(row, shown, widths)
    }
    let hidden = columns.indices.filter { !shown.contains($0) }
      .map { columns[$0].heading.replacing(",", with: "") }
    guard !hidden.isEmpty, let limit else { return text }
    return text + "not shown: \(hidden.joined(separator: ", ")) (--wide)\n".wrapped(within: limit)
  }

  /// The columns that are shown, and their widths.
  private func layout(within limit: Int?) -> (shown: [Int], widths: [Int]) {
    var shown = Array(columns.indices)
    let whole = shown.map { max(columns[$0].heading.count, content($0)) }
    guard let limit, total(whole) > limit else { return (shown, whole) }
    while true {
      let narrow = shown.map { max(longestWord(columns[$0].heading), content($0)) }
      if let widths = narrowed(narrow, shown, by: total(narrow) - limit, downTo: 20) {
        return (shown, widths)
      }
      let ranks = shown.map { columns[$0].rank }
      guard let rank = ranks.max(), rank > 0, let last = ranks.lastIndex(of: rank) else {
        let least = 8
        let narrowest = zip(shown, narrow).map { columns[$0].isLeft ? min($1, least) : $1 }
        return (
          shown,
          narrowed(narrow, shown, by: total(narrow) - limit, downTo: least) ?? narrowest
        )
      }
      shown.remove(at: last)
    }
  }

  /// `widths` with the widest columns of text narrowed, so that the lines are shorter by `excess`; `nil` if a
  /// column would have to be narrower than `least`.
  private func narrowed(
    _ widths: [Int], _ shown: [Int], by excess: Int, downTo least: Int
  ) -> [Int]? {
    var widths = widths
    for _ in 0..<max(excess, 0) {
      let widest = widths.indices.filter { columns[shown[$0]].isLeft && widths[$0] > least }
        .max { widths[$0] < widths[$1] }
      guard let widest else { return nil }
      widths[widest] -= 1
    }
    return widths
  }

  private func content(_ column: Int) -> Int { rows.map { $0[column].count }.max() ?? 0 }

  private func longestWord(_ text: String) -> Int {
    text.split(separator: " ").map(\.count).max() ?? 0
  }

  private func total(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + 2 * max(widths.count - 1, 0)
  }

  /// A row, whose cells may take several lines.
  private func lines(_ cells: [String], _ shown: [Int], _ widths: [Int]) -> String {
    let cells = zip(shown, widths).map { cells[$0].lines(within: $1) }
    var text = ""
    for index in 0..<(cells.map(\.count).max() ?? 0) {
      var line = ""
      for (column, (cell, width)) in zip(cells, widths).enumerated() {
        let part = index < cell.count ? cell[index] : ""
        let padding = String(repeating: " ", count: width - part.count)
        if column > 0 { line += "  " }
        line += columns[shown[column]].isLeft ? part + padding : padding + part
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }
}

/// `name` as a table or a line shows it, without its middle if it is long.
func shortened(_ name: String, to length: Int = 44) -> String { name.withoutMiddle(length) }

extension String {
  /// The text without its middle if it is longer than `length`: names that converters make run to hundreds of
  /// characters.
  fileprivate func withoutMiddle(_ length: Int) -> String {
    guard count > length, length > 2 else { return self }
    let head = (length - 1) / 2
    return "\(prefix(head))…\(suffix(length - 1 - head))"
  }

  /// The words of the text in lines of at most `width` characters; a longer word loses its middle.
  fileprivate func lines(within width: Int) -> [String] {
    guard count > width else { return [self] }
    var lines: [String] = []
    for word in split(separator: " ").map({ String($0).withoutMiddle(width) }) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }
}
