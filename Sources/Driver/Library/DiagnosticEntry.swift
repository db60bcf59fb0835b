import Basics

/// A diagnostic as other programs read it.
struct DiagnosticEntry: Encodable {
  var severity: String
  var file: String?
  var line: Int?
  var column: Int?
  var byteOffset: Int?
  var section: String?
  var node: String?
  var otherNodes: [String]?
  var op: String?
  var opset: Int?
  var message: String
  var supported: String?
  var help: String?
  /// All of it, as a person reads it.
  var text: String

  init(_ item: Diagnostic) {
    severity = item.severity.rawValue
    file = item.file
    switch item.location {
    case .line(let line, let column): (self.line, self.column) = (line, column)
    case .byteOffset(let offset): byteOffset = offset
    case .section(let name): section = name
    case nil: break
    }
    node = item.node
    otherNodes = item.otherNodes.isEmpty ? nil : item.otherNodes
    (op, opset, message) = (item.op, item.opset, item.message)
    (supported, help) = (item.supported, item.help)
    text = item.description
  }
}

/// `items` as JSON: a list, in their order.
///
/// Throws what the encoder throws.
package func diagnosticsText(_ items: [Diagnostic]) throws -> String {
  try jsonText(of: items.map(DiagnosticEntry.init), inOneLine: true)
}
