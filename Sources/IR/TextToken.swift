import Basics

/// A place in a text.
public struct TextPosition: Hashable, Sendable {
  /// The line, from 1.
  public var line: Int
  /// The column in Unicode scalars, from 1.
  public var column: Int

  /// Creates a position.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A word, number, string or punctuation mark of the text form (Specs/ir.md, "Tokens").
public struct Token: Hashable, Sendable {
  /// What a token is.
  public enum Kind: Hashable, Sendable {
    /// A letter or `_`, then letters, digits and `_`.
    case word
    /// A digit or `-`, then what can belong to a number; converting it finds whether it is one.
    case number
    /// Text in quotes; the token holds it decoded.
    case string
    /// `%` and a label; the token holds the label.
    case label
    /// One of `{ } ( ) [ ] , : = ?`.
    case punctuation
    /// The end of the text.
    case end
  }

  /// What it is.
  public var kind: Kind
  /// The text, without quotes, escapes and `%`.
  public var text: String
  /// Where it begins.
  public var position: TextPosition
  /// Whether it is the first of its line.
  public var startsLine: Bool

  /// The token as a message names it.
  public var description: String {
    switch kind {
    case .string: quoted(text)
    case .label: "'%\(text)'"
    case .word, .number, .punctuation: "'\(text)'"
    case .end: "the end of the text"
    }
  }
}

/// Something wrong with a text, at a place.
public struct TextFault: Error, Hashable, Sendable {
  /// Where.
  public var position: TextPosition
  /// What is wrong.
  public var message: String

  /// Creates a fault.
  public init(at position: TextPosition, _ message: String) {
    self.position = position
    self.message = message
  }
}

/// Whether `text` can stand without quotes where a word is expected.
public func isWord(_ text: String) -> Bool {
  guard let first = text.utf8.first, isWordByte(first), !isDigit(first) else { return false }
  return text.utf8.allSatisfy(isWordByte)
}

/// The text in quotes, with escapes for quotes, backslashes and what cannot be seen.
public func quoted(_ text: String) -> String {
  var out = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": out += "\\\""
    case "\\": out += "\\\\"
    case "\n": out += "\\n"
    case "\r": out += "\\r"
    case "\t": out += "\\t"
    case _ where scalar.isHidden: out += "\\u{\(String(scalar.value, radix: 16))}"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out + "\""
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: false
  }
}
