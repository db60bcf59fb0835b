import Compiler
import Basics
import Foundation

/// What a command prints with `--json`: its name and version first known, then the data.
struct Document<Content: Encodable>: Encodable {
  /// The name and version of the form, such as `aimcc.compile/1`.
  let schema: String
  let content: Content

  private enum Keys: String, CodingKey { case schema }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(schema, forKey: .schema)
    try content.encode(to: encoder)
  }

  /// The document as text, as below.
  func text(inOneLine: Bool = false) throws -> String {
    try jsonText(of: self, inOneLine: inOneLine)
  }
}

/// `value` as JSON, in one line or in many, keys sorted; numbers that JSON lacks become strings.
func jsonText(of value: some Encodable, inOneLine: Bool) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if !inOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return escapingHidden(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
}

/// The JSON text `text` with everything hidden in its strings as escapes, which mean the same.
private func escapingHidden(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.isHidden && $0 != "\n" }) else { return text }
  var escaped = ""
  for scalar in text.unicodeScalars {
    guard scalar.isHidden && scalar != "\n" else {
      escaped.unicodeScalars.append(scalar)
      continue
    }
    for unit in String(scalar).utf16 {
      let digits = String(unit, radix: 16)
      escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
  return escaped
}
