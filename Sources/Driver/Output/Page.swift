/// What a command prints for a person: tables, and lines that begin with a label.
struct Page {
  private enum Part {
    case table(Table)
    case text(String)
    /// Text for lines of any length alone.
    case details(String)
    /// How a command ends: its subject, and what is to say about it.
    case verdict(String, String)
  }

  private var parts: [Part] = []

  /// Creates a page that begins with a table.
  init(_ table: Table) { parts = [.table(table)] }

  /// Creates a page that begins with a text.
  init(_ text: String = "") { parts = [.text(text)] }

  /// Adds a table.
  mutating func add(_ table: Table) { parts.append(.table(table)) }

  /// Adds text that is only shown where lines may have any length.
  mutating func addDetails(_ text: String) { parts.append(.details(text)) }

  /// Adds a last line: `subject`, a colon and `reason`. Where that is too long for a line, the reason comes
  /// before, so that the last line is short.
  mutating func end(_ subject: String, _ reason: String) { parts.append(.verdict(subject, reason)) }

  /// Adds text to the end.
  static func += (page: inout Page, text: String) {
    if case .text(let before)? = page.parts.last {
      page.parts[page.parts.count - 1] = .text(before + text)
    } else {
      page.parts.append(.text(text))
    }
  }

  /// Adds all of another page.
  static func += (page: inout Page, other: Page) { page.parts += other.parts }

  /// The page in lines of at most `limit` characters, but for words that are longer; `nil` for lines of any
  /// length.
  func text(within limit: Int?) -> String {
    parts.map { part in
      switch part {
      case .table(let table): table.text(within: limit)
      case .text(let text): limit.map { text.wrapped(within: $0) } ?? text
      case .details(let text): limit == nil ? text : ""
      case .verdict(let subject, let reason):
        if let limit, subject.count + 2 + reason.count > limit {
          "verdict        \(reason)\n".wrapped(within: limit) + subject + "\n"
        } else {
          "\(subject): \(reason)\n"
        }
      }
    }.joined()
  }
}

/// The characters that a label and the spaces behind it take.
private let labelWidth = 15

extension String {
  /// The text with line feeds in place of spaces, so that no line is longer than `limit` characters unless a word
  /// is; what follows a label stays beside it.
  func wrapped(within limit: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.count > limit ? String(line).broken(within: limit) : String(line)
    }.joined(separator: "\n")
  }

  /// The same for sentences without labels: lines that continue one are set in by `margin` characters.
  func wrapped(within limit: Int, margin: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.count > limit else { return String(line) }
      let start = line.prefix { $0 == " " }
      let words = line.dropFirst(start.count)
        .split(separator: " ", omittingEmptySubsequences: false)
      return Self.lines(of: words, after: String(start), within: limit, margin: margin)
    }.joined(separator: "\n")
  }

  private func broken(within limit: Int) -> String {
    let label = prefix(labelWidth)
    let hasLabel = label.last == " " && !dropFirst(labelWidth).hasPrefix(" ")
    let start = hasLabel ? String(label) : String(prefix { $0 == " " })
    return Self.lines(
      of: dropFirst(start.count).split(separator: " "), after: start, within: limit,
      margin: hasLabel ? labelWidth : start.count + 2)
  }

  /// `start` and `words` in lines of at most `limit` characters, but for words that are longer; lines after the first
  /// begin with `margin` spaces.
  private static func lines(
    of words: [Substring], after start: String, within limit: Int, margin: Int
  ) -> String {
    var lines: [String] = []
    var line = start
    var isStart = true
    for word in words {
      if !isStart && line.count + 1 + word.count > limit {
        lines.append(line)
        (line, isStart) = (String(repeating: " ", count: margin), true)
      }
      line += (isStart ? "" : " ") + word
      isStart = false
    }
    return (lines + [line]).joined(separator: "\n")
  }
}

/// What a command finds: a page for a person, or a document for a program.
protocol Report: Encodable {
  var page: Page { get }
}

extension Console {
  /// Writes what is in `report` as JSON of the form `schema`, or as a page.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func write(_ report: some Report, as schema: String, json: Bool) throws {
    if json {
      try write(Document(schema: schema, content: report).text())
    } else {
      try write(report.page)
    }
  }
}
