import Basics
import Chip

/// Walks through the tokens of a line of a listing.
struct AssemblyLine {
  typealias Token = AssemblyLexer.Token

  private let tokens: [(token: Token, column: Int)]
  private let endColumn: Int
  private var position = 0

  init(_ line: ArraySlice<UInt8>) throws(AssemblyFault) {
    tokens = try AssemblyLexer.tokens(of: line)
    endColumn = 1 + line.count { $0 & 0xC0 != 0x80 }
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// The next token.
  var next: Token? { position < tokens.count ? tokens[position].token : nil }

  /// The token behind the next one.
  var afterNext: Token? { position + 1 < tokens.count ? tokens[position + 1].token : nil }

  /// Where the next token stands.
  var column: Int { position < tokens.count ? tokens[position].column : endColumn }

  func fault(_ message: String, at column: Int? = nil) -> AssemblyFault {
    AssemblyFault(column: column ?? self.column, message: message)
  }

  func expected(_ what: String) -> AssemblyFault {
    fault("expected \(what), not \(next.map(\.text) ?? "the end of the line")")
  }

  /// Takes the next token if it is `mark`.
  mutating func take(_ mark: String) -> Bool {
    guard next == .mark(mark) else { return false }
    position += 1
    return true
  }

  /// Takes the next token if it is the word `word`.
  mutating func takeWord(_ word: String) -> Bool {
    guard next == .word(word) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ mark: String) throws(AssemblyFault) {
    if !take(mark) { throw expected("\"\(mark)\"") }
  }

  mutating func expectWord(_ word: String) throws(AssemblyFault) {
    if !takeWord(word) { throw expected("\"\(word)\"") }
  }

  mutating func word(_ what: String) throws(AssemblyFault) -> String {
    guard case .word(let word) = next else { throw expected(what) }
    position += 1
    return word
  }

  mutating func string(_ what: String) throws(AssemblyFault) -> String {
    guard case .string(let string) = next else { throw expected(what) }
    position += 1
    return string
  }

  /// A name: a word or a string.
  mutating func name(_ what: String) throws(AssemblyFault) -> String {
    switch next {
    case .word(let name), .string(let name):
      position += 1
      return name
    default: throw expected(what)
    }
  }

  /// A whole number.
  mutating func integer<T: FixedWidthInteger>(
    _ what: String, as _: T.Type = Int.self
  ) throws(AssemblyFault) -> T {
    guard case .number(let text) = next else { throw expected(what) }
    guard let value = T(text) else { throw expected("\(what) within \(T.min) and \(T.max)") }
    position += 1
    return value
  }

  /// A number of 32 bits without a sign.
  mutating func index(_ what: String) throws(AssemblyFault) -> Int {
    Int(try integer(what, as: UInt32.self))
  }

  /// A checksum such as `0x01234567`.
  mutating func checksum() throws(AssemblyFault) -> UInt32 {
    guard case .number(let text) = next, text.hasPrefix("0x"),
      let value = UInt32(text.dropFirst(2), radix: 16)
    else { throw expected("a checksum") }
    position += 1
    return value
  }

  /// A number, which may be `inf`, `-inf`, `nan` or bits.
  mutating func float(_ what: String) throws(AssemblyFault) -> Float {
    guard let value = AssemblyText.single(try numberText(what)) else {
      position -= 1
      throw expected(what)
    }
    return value
  }

  private mutating func numberText(_ what: String) throws(AssemblyFault) -> String {
    switch next {
    case .number(let text), .word(let text):
      position += 1
      return text
    default: throw expected(what)
    }
  }

  /// A range such as `0..<8`.
  mutating func range(_ what: String) throws(AssemblyFault) -> Range<Int> {
    let start = column
    let lower = try integer(what)
    try expect("..<")
    let upper = try integer("the end of \(what)")
    guard lower <= upper else { throw fault("the range is out of order", at: start) }
    return lower..<upper
  }

  /// A core or a slice, with its chip: `0.5`.
  mutating func place(_ what: String) throws(AssemblyFault) -> (chip: Int, index: Int) {
    guard case .number(let text) = next else { throw expected(what) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let chip = UInt32(parts[0]), let index = UInt32(parts[1]) else {
      throw expected("\(what), such as 0.5")
    }
    position += 1
    return (Int(chip), Int(index))
  }

  /// A number that must be the one of the next element of a table.
  mutating func number(_ expected: Int) throws(AssemblyFault) {
    let start = column
    let number = try integer("the number \(expected)")
    if number != expected { throw fault("the next number is \(expected)", at: start) }
  }

  /// The texts of the elements of a list in brackets, and where each stands.
  mutating func list() throws(AssemblyFault) -> (texts: [String], columns: [Int]) {
    try expect("[")
    var texts: [String] = []
    var columns: [Int] = []
    if take("]") { return (texts, columns) }
    repeat {
      columns.append(column)
      texts.append(try numberText("a number"))
    } while take(",")
    try expect("]")
    return (texts, columns)
  }

  /// Throws if there is more in the line.
  func end() throws(AssemblyFault) { if next != nil { throw expected("the end of the line") } }
}
