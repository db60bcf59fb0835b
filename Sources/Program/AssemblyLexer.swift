/// Something wrong with a line of a listing.
struct AssemblyFault: Error {
  /// The first character that is wrong, from 1 on.
  var column: Int
  var message: String
}

/// Cuts a line of a listing into words, strings, numbers and marks.
struct AssemblyLexer {
  enum Token: Hashable {
    case word(String)
    case string(String)
    case number(String)
    case mark(String)

    /// The token as it stands in a message.
    var text: String {
      switch self {
      case .word(let text), .number(let text), .mark(let text): "\"\(text)\""
      case .string(let text): AssemblyText.quoted(text)
      }
    }
  }

  private let bytes: [UInt8]
  private var offset = 0
  private var tokens: [(token: Token, column: Int)] = []

  /// The tokens of `line` with their columns; a comment from `//` on is left out.
  ///
  /// Throws `AssemblyFault` for the first character that begins no token.
  static func tokens(
    of line: ArraySlice<UInt8>
  ) throws(AssemblyFault) -> [(token: Token, column: Int)] {
    var lexer = AssemblyLexer(bytes: Array(line))
    try lexer.run()
    return lexer.tokens
  }

  static func startsWord(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= byte
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")) ~= byte || byte == UInt8(ascii: "_")
  }

  static func continuesWord(_ byte: UInt8) -> Bool {
    startsWord(byte) || isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func peek(_ distance: Int = 0) -> UInt8? {
    offset + distance < bytes.count ? bytes[offset + distance] : nil
  }

  /// The column of a byte, counted in characters of Unicode.
  private func column(of offset: Int) -> Int {
    1 + bytes[..<offset].count { $0 & 0xC0 != 0x80 }
  }

  private func fault(_ message: String) -> AssemblyFault {
    AssemblyFault(column: column(of: offset), message: message)
  }

  private mutating func run() throws(AssemblyFault) {
    while let byte = peek() {
      let start = offset
      let token: Token
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        offset += 1
        continue
      case UInt8(ascii: "/"):
        guard peek(1) == UInt8(ascii: "/") else { throw fault("a comment begins with //") }
        return
      case UInt8(ascii: "\""): token = .string(try string())
      case _ where Self.startsWord(byte): token = .word(taken { Self.continuesWord($0) })
      case _ where byte == UInt8(ascii: "-") || Self.isDigit(byte): token = .number(try number())
      case UInt8(ascii: "."):
        guard peek(1) == byte, peek(2) == UInt8(ascii: "<") else {
          throw fault("a range is written 0..<8")
        }
        offset += 3
        token = .mark("..<")
      case _ where Array(",=[]()@#:".utf8).contains(byte):
        offset += 1
        token = .mark(String(UnicodeScalar(byte)))
      default: throw fault("unexpected character")
      }
      tokens.append((token, column(of: start)))
    }
  }

  private mutating func taken(_ isPart: (UInt8) -> Bool) -> String {
    let start = offset
    while let byte = peek(), isPart(byte) { offset += 1 }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// Digits with a fraction and an exponent, hexadecimal digits behind `0x`, or `-inf`.
  private mutating func number() throws(AssemblyFault) -> String {
    if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x") {
      offset += 2
      return "0x" + taken { Self.startsWord($0) || Self.isDigit($0) }
    }
    var text = ""
    if peek() == UInt8(ascii: "-") {
      offset += 1
      text = "-"
      if let byte = peek(), Self.startsWord(byte) { return text + taken { Self.startsWord($0) } }
    }
    guard let byte = peek(), Self.isDigit(byte) else { throw fault("a number has digits") }
    text += taken { Self.isDigit($0) }
    if peek() == UInt8(ascii: "."), let next = peek(1), Self.isDigit(next) {
      offset += 1
      text += "." + taken { Self.isDigit($0) }
    }
    if peek() == UInt8(ascii: "e") {
      offset += 1
      text += "e"
      if let sign = peek(), sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        offset += 1
        text.unicodeScalars.append(UnicodeScalar(sign))
      }
      text += taken { Self.isDigit($0) }
    }
    return text
  }

  private mutating func string() throws(AssemblyFault) -> String {
    let start = offset
    offset += 1
    var content: [UInt8] = []
    while let byte = peek() {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: content, as: UTF8.self) else {
          offset = start
          throw fault("this string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): content += try escape()
      default: content.append(byte)
      }
    }
    offset = start
    throw fault("this string does not end")
  }

  /// What stands behind a backslash: a quote, a backslash or `u{…}`.
  private mutating func escape() throws(AssemblyFault) -> [UInt8] {
    let start = offset - 1
    if let byte = peek(), byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
      offset += 1
      return [byte]
    }
    if peek() == UInt8(ascii: "u"), peek(1) == UInt8(ascii: "{") {
      offset += 2
      let digits = taken { Self.startsWord($0) || Self.isDigit($0) }
      if peek() == UInt8(ascii: "}"),
        let scalar = UInt32(digits, radix: 16).flatMap({ UnicodeScalar($0) })
      {
        offset += 1
        return Array(String(Character(scalar)).utf8)
      }
    }
    offset = start
    throw fault("an escape is \\\", \\\\ or \\u{…}")
  }
}
