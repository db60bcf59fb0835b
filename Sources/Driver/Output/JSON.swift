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

  /// The document as text, keys sorted; numbers that JSON lacks become strings.
  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
