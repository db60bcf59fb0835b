import Basics

/// A place in a text in the form of Specs/ir.md, with what was found wrong so far.
///
/// Functions that expect something throw a `TextFault` and do not move; whoever knows where it
/// makes sense to go on catches it, reports it and skips. The graph and every section that may
/// follow it are read with one cursor.
public struct TextCursor: Sendable {
  /// The file that messages name.
  public let file: String?
  /// The token at the cursor.
  public private(set) var token: Token
  /// What was found wrong so far.
  public private(set) var faults = Diagnostics()

  /// How many graphs around the cursor are parts of nodes.
  var depth = 0

  private var lexer: TextLexer
  /// Behind the token before the cursor.
  private var previousEnd = TextPosition(line: 1, column: 1)

  /// The number of faults after which the rest of the text is not read.
  private static let faultLimit = 200

  /// Creates a cursor at the beginning of `text`.
  public init(text: String, file: String? = nil) {
    self.file = file
    lexer = TextLexer(text)
    token = lexer.next()
    takeLexerFaults()
  }

  /// Creates a cursor at the beginning of the file at `path`.
  ///
  /// Throws `Diagnostics` if the file cannot be read or is not UTF-8.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw Diagnostics(Diagnostic(file: path, "is not UTF-8 text"))
    }
    self.init(text: text, file: path)
  }

  /// The length of the text in bytes.
  var byteCount: Int { lexer.byteCount }

  /// Whether the text is read to its end.
  public var isAtEnd: Bool { token.kind == .end }

  /// Steps to the next token and returns the one left behind.
  @discardableResult
  public mutating func advance() -> Token {
    let left = token
    if !isAtEnd {
      previousEnd = lexer.position
      token = lexer.next()
      takeLexerFaults()
    }
    return left
  }

  /// Adds a fault; after very many the cursor goes to the end of the text.
  public mutating func report(_ fault: TextFault) {
    guard faults.items.count < Self.faultLimit else { return }
    faults.append(
      Diagnostic(
        file: file, at: .line(fault.position.line, column: fault.position.column), fault.message))
    if faults.items.count == Self.faultLimit {
      faults.append(Diagnostic(.note, file: file, "has too many faults; the rest is not read"))
      token = Token(kind: .end, text: "", position: token.position, startsLine: true)
    }
  }

  /// The line of the last fault.
  var lastFaultLine: Int? {
    if case .line(let line, _) = faults.items.last?.location { line } else { nil }
  }

  /// A fault that says what was expected instead of the token.
  ///
  /// It lies behind the token before, if the line ends there, unless what was expected begins a line.
  public func unexpected(_ expected: String, beginsLine: Bool = false) -> TextFault {
    if isAtEnd || token.startsLine && !beginsLine {
      let what = isAtEnd ? "text" : "line"
      return TextFault(at: previousEnd, "expected \(expected), found the end of the \(what)")
    }
    return TextFault(at: token.position, "expected \(expected), found \(token.description)")
  }

  /// Steps over the rest of the line, up to the next token that starts one.
  public mutating func skipLine() {
    if !isAtEnd { advance() }
    while !token.startsLine { advance() }
  }

  /// Steps over `punctuation` if it is at the cursor.
  public mutating func accept(_ punctuation: String) -> Bool {
    guard token.kind == .punctuation, token.text == punctuation else { return false }
    advance()
    return true
  }

  /// Steps over the word `word` if it is at the cursor.
  public mutating func accept(word: String) -> Bool {
    guard token.kind == .word, token.text == word else { return false }
    advance()
    return true
  }

  /// Steps over `punctuation`, which must be at the cursor.
  public mutating func expect(_ punctuation: String) throws(TextFault) {
    guard accept(punctuation) else { throw unexpected("'\(punctuation)'") }
  }

  /// Steps over the word `word`, which must be at the cursor.
  public mutating func expect(word: String, beginsLine: Bool = false) throws(TextFault) {
    guard accept(word: word) else { throw unexpected("'\(word)'", beginsLine: beginsLine) }
  }

  /// Takes the token at the cursor, which must be of `kind`; `expected` says what it stands for.
  public mutating func take(
    _ kind: Token.Kind, _ expected: String
  ) throws(TextFault) -> Token {
    guard token.kind == kind else { throw unexpected(expected) }
    return advance()
  }

  /// Takes an integer in decimal or, after `0x`, in hexadecimal digits.
  public mutating func takeInteger<T: FixedWidthInteger>(
    _ expected: String = "an integer"
  ) throws(TextFault) -> T {
    guard token.kind == .number, let value: T = integer(token.text) else {
      throw unexpected(expected)
    }
    advance()
    return value
  }

  /// Throws what was found wrong; the text must be read to its end.
  public mutating func finish() throws {
    if !faults.hasErrors && !isAtEnd { report(unexpected("the end of the text", beginsLine: true)) }
    try faults.throwIfErrors()
  }

  private mutating func takeLexerFaults() {
    guard !lexer.faults.isEmpty else { return }
    for fault in lexer.faults { report(fault) }
    lexer.faults.removeAll()
  }
}
