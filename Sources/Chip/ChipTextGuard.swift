import Basics

/// Refuses texts that would exhaust the YAML parser, before it sees them.
///
/// The parser recurses with the nesting, up to 1,000 levels, and hashes keys, which takes
/// exponential time where they hold nested aliases. So anchors and aliases are looked for wherever
/// they could stand, and the nesting is bounded from above, line by line, without parsing: what is
/// refused may be harmless, but no chip file needs it, and what passes has at most 120 levels.
struct ChipTextGuard {
  /// The most columns before the first word of a line; a block has at most two levels a column.
  private static let maximumIndentation = 40
  /// The most brackets that are open at once on a line that closes all of them.
  private static let maximumBrackets = 8
  /// The most brackets on all other lines together, each of which could stay open.
  private static let maximumOpenBrackets = 32

  private var openBrackets = 0

  /// Throws a `Diagnostics` if `text` is too large, or about the first line that is refused.
  static func check(_ text: String, file: String?, limit: Int) throws {
    var bounds = ChipTextGuard()
    guard text.utf8.count <= limit else {
      throw Diagnostics(
        Diagnostic(
          file: file,
          "is larger than \(limit >> 20) MiB, the limit of \(limit == Chip.maximumTextSize ? "a chip file" : "such a file")"
        ))
    }
    let lines = Array(text.utf8).split(separator: newline, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard let fault = bounds.fault(of: line) else { continue }
      throw Diagnostics(
        Diagnostic(
          file: file, at: .line(index + 1, column: 1), fault.message, help: fault.help))
    }
  }

  /// Whether `value` can stand in quotes in a text that passes, beside two more of its kind.
  static func allows(_ value: String) -> Bool {
    let line = Array(value.utf8)[...]
    return !holdsAnchorOrAlias(line) && line.count { "[{".utf8.contains($0) } <= maximumBrackets
  }

  private typealias Fault = (message: String, help: String)

  private mutating func fault(of line: ArraySlice<UInt8>) -> Fault? {
    if Self.holdsAnchorOrAlias(line) {
      return (
        "'&' or '*' before a word: anchors and aliases are not supported",
        "write the value out; in a comment or a text, put a space after the character"
      )
    }
    if Self.holdsStrangeBreak(line) {
      return ("holds a byte order mark, or a line break other than a newline", "write newlines")
    }
    let indentation = line.prefix { " -?:\t".utf8.contains($0) }
    let isBlank = indentation.count == line.count && indentation.allSatisfy(Self.isBlank)
    if indentation.count > Self.maximumIndentation && !isBlank {
      return (
        "is indented by more than \(Self.maximumIndentation) columns", "indent by two a section"
      )
    }
    if bracketsAreTooDeep(line) {
      return ("brackets are nested too deeply", "open and close them on one line")
    }
    return nil
  }

  /// Counts the brackets of a line.
  ///
  /// A line without quotes lies inside or outside of a quoted text as a whole, so that its brackets
  /// all count or none does, but for those in a comment. With quotes, and where it is unclear what
  /// is comment, none is taken to be closed.
  private mutating func bracketsAreTooDeep(_ line: ArraySlice<UInt8>) -> Bool {
    let isQuoted = line.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
    var depth = 0
    var deepest = 0
    var opened = 0
    var isClosed = !isQuoted
    var previous = UInt8(ascii: " ")
    for byte in line {
      if byte == UInt8(ascii: "#") {
        if !isQuoted && Self.isBlank(previous) { break }
        isClosed = false  // the parser begins a comment after an indicator too
      } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
        depth += 1
        opened += 1
      } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
        depth -= 1
      }
      isClosed = isClosed && depth >= 0
      deepest = max(deepest, depth)
      previous = byte
    }
    if isClosed && depth == 0 { return deepest > Self.maximumBrackets }
    openBrackets += opened
    return openBrackets > Self.maximumOpenBrackets
  }

  /// Whether `&` or `*` stands where a name could follow: a token begins after a letter or a digit
  /// only inside a word, and a name follows its indicator immediately.
  private static func holdsAnchorOrAlias(_ line: ArraySlice<UInt8>) -> Bool {
    line.indices.contains { index in
      guard line[index] == UInt8(ascii: "&") || line[index] == UInt8(ascii: "*"),
        index + 1 < line.endIndex, !isBlank(line[index + 1])
      else { return false }
      return index == line.startIndex || !line[index - 1].isLetterOrDigit
    }
  }

  /// Whether the parser would see a further line inside of `line`: after a carriage return that
  /// does not end it, or after U+0085, U+2028 or U+2029, or behind U+FEFF.
  private static func holdsStrangeBreak(_ line: ArraySlice<UInt8>) -> Bool {
    line.indices.contains { index in
      switch line[index] {
      case 0x0D: index + 1 < line.endIndex
      case 0x85: line[..<index].last == 0xC2
      case 0xA8, 0xA9: line[..<index].suffix(2) == [0xE2, 0x80]
      case 0xBF: line[..<index].suffix(2) == [0xEF, 0xBB]
      default: false
      }
    }
  }

  private static let newline = UInt8(ascii: "\n")

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
}
