import Basics

/// Cuts a text into tokens, one at a time, in time linear in its length.
struct TextLexer: Sendable {
  private let bytes: [UInt8]
  private var offset = 0
  /// Behind the last token.
  private(set) var position = TextPosition(line: 1, column: 1)
  /// What was wrong with the tokens so far and is not taken yet.
  var faults: [TextFault] = []

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The length of the text in bytes.
  var byteCount: Int { bytes.count }

  /// The next token; what cannot be one is reported and skipped.
  mutating func next() -> Token {
    var startsLine = offset == 0
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\n"):
        startsLine = true
        step()
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): step()
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
        while let byte = peek(), byte != UInt8(ascii: "\n") { step() }
      default:
        if let token = token(startingWith: byte, startsLine: startsLine) { return token }
      }
    }
    return Token(kind: .end, text: "", position: position, startsLine: true)
  }

  private mutating func token(startingWith byte: UInt8, startsLine: Bool) -> Token? {
    let start = position
    func make(_ kind: Token.Kind, _ text: String) -> Token {
      Token(kind: kind, text: text, position: start, startsLine: startsLine)
    }
    switch byte {
    case UInt8(ascii: "\""): return make(.string, string())
    case UInt8(ascii: "%"):
      step()
      let label = run(from: offset, isWordByte)
      if label.isEmpty { faults.append(TextFault(at: start, "'%' is not followed by a label")) }
      return make(.label, label)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return make(.number, number())
    case let byte where isWordByte(byte): return make(.word, run(from: offset, isWordByte))
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "("), UInt8(ascii: ")"),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"),
      UInt8(ascii: "="), UInt8(ascii: "?"):
      step()
      return make(.punctuation, String(UnicodeScalar(byte)))
    default:
      let first = offset
      step()
      let text = run(from: first) { !Self.startsToken($0) }
      faults.append(TextFault(at: start, "\(quoted(text)) does not belong here"))
      return nil
    }
  }

  /// Whether skipping of what is no token ends before `byte`.
  private static func startsToken(_ byte: UInt8) -> Bool {
    isWordByte(byte) || " \t\r\n\"%{}()[],:=?-/".utf8.contains(byte)
  }

  private func peek(_ distance: Int = 0) -> UInt8? {
    offset + distance < bytes.count ? bytes[offset + distance] : nil
  }

  /// Steps over one byte and keeps the position.
  private mutating func step() {
    if bytes[offset] == UInt8(ascii: "\n") {
      position = TextPosition(line: position.line + 1, column: 1)
    } else if offset + 1 >= bytes.count || bytes[offset + 1] & 0xC0 != 0x80 {
      position.column += 1
    }
    offset += 1
  }

  /// Takes the bytes up to the first that does not belong.
  private mutating func run(from start: Int, _ belongs: (UInt8) -> Bool) -> String {
    while let byte = peek(), belongs(byte) { step() }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// Takes a sign, digits, letters, points, and signs after an exponent's `e`.
  private mutating func number() -> String {
    let start = offset
    step()
    while let byte = peek() {
      let previous = bytes[offset - 1] | 0x20
      let isExponentSign =
        (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")) && previous == UInt8(ascii: "e")
      guard isWordByte(byte) || byte == UInt8(ascii: ".") || isExponentSign else { break }
      step()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// Takes a string in quotes, which ends at the latest with the line.
  private mutating func string() -> String {
    let start = position
    var decoded: [UInt8] = []
    step()
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      if byte == UInt8(ascii: "\"") {
        step()
        return String(decoding: decoded, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") {
        escape(into: &decoded)
      } else {
        decoded.append(byte)
        step()
      }
    }
    faults.append(TextFault(at: start, "the string does not end on its line"))
    return String(decoding: decoded, as: UTF8.self)
  }

  /// Takes an escape and appends what it stands for.
  private mutating func escape(into decoded: inout [UInt8]) {
    let start = position
    step()
    switch peek() {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): decoded.append(bytes[offset])
    case UInt8(ascii: "n"): decoded.append(UInt8(ascii: "\n"))
    case UInt8(ascii: "r"): decoded.append(UInt8(ascii: "\r"))
    case UInt8(ascii: "t"): decoded.append(UInt8(ascii: "\t"))
    case UInt8(ascii: "u") where peek(1) == UInt8(ascii: "{"):
      var end = offset + 2
      while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
      let digits = String(decoding: bytes[offset + 2..<end], as: UTF8.self)
      if end < bytes.count, bytes[end] == UInt8(ascii: "}"),
        let scalar = UInt32(digits, radix: 16).flatMap(UnicodeScalar.init)
      {
        decoded.append(contentsOf: UTF8.encode(scalar)!)
      } else {
        faults.append(TextFault(at: start, "'\\u{\(digits)' is not the escape of a character"))
      }
      while offset < min(end, bytes.count - 1) { step() }
      if bytes[offset] != UInt8(ascii: "}") { return }
    case nil, UInt8(ascii: "\n"): return
    default:
      faults.append(
        TextFault(at: start, "an escape is one of \\\" \\\\ \\n \\r \\t and \\u{…} in hexadecimal"))
    }
    step()
  }
}
