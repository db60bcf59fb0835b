/// One thing to tell the user about an input: where, what is wrong, what to do.
///
/// Printed as
/// `net.onnx: error: node "pool" (RoiPool, opset 9): is not supported`, then `supported:` and
/// `help:` lines where there is something to say.
public struct Diagnostic: Hashable, Sendable {
  /// How serious it is; only errors stop the work.
  public enum Severity: String, Sendable { case error, warning, note }

  /// A place inside a file.
  public enum Location: Hashable, Sendable {
    case line(Int, column: Int)
    case byteOffset(Int)
    case section(String)
  }

  /// The severity.
  public var severity: Severity
  /// The file it is about, as the user named it.
  public var file: String?
  /// The place inside `file`.
  public var location: Location?
  /// The ONNX node it is about.
  public var node: String?
  /// Other nodes of the operator of which the same is to be said.
  public var otherNodes: [String] = []
  /// The operator of the node.
  public var op: String?
  /// The operator set version in force.
  public var opset: Int?
  /// What is wrong.
  public var message: String
  /// What would be accepted.
  public var supported: String?
  /// What the user can do.
  public var help: String?

  /// Creates a diagnostic, an error unless told otherwise.
  public init(
    _ severity: Severity = .error, file: String? = nil, at location: Location? = nil,
    node: String? = nil, op: String? = nil, opset: Int? = nil, _ message: String,
    supported: String? = nil, help: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.location = location
    self.node = node
    self.op = op
    self.opset = opset
    self.message = message
    self.supported = supported
    self.help = help
  }
}

extension Diagnostic: CustomStringConvertible {
  public var description: String {
    var place = file.map(Self.escaped) ?? ""
    switch location {
    case .line(let line, let column): place += "\(place.isEmpty ? "" : ":")\(line):\(column)"
    case .byteOffset(let offset): place += "\(place.isEmpty ? "" : ": ")byte \(offset)"
    case .section(let name):
      place += "\(place.isEmpty ? "" : ": ")section \(Self.escaped(name))"
    case nil: break
    }
    var text = place.isEmpty ? "aimcc: " : "\(place): "
    text += "\(severity.rawValue): "
    let operation = [op.map(Self.escaped), opset.map { "opset \($0)" }].compactMap { $0 }
      .joined(separator: ", ")
    if let node {
      text += "node \"\(Self.escaped(node))\""
      if !otherNodes.isEmpty {
        text += " and \(otherNodes.count) other\(otherNodes.count == 1 ? "" : "s")"
      }
      text += operation.isEmpty ? ": " : " (\(operation)): "
    } else if !operation.isEmpty {
      text += "\(operation): "
    }
    text += Self.escaped(message)
    if let supported { text += "\n  supported: \(Self.escaped(supported))" }
    if let help { text += "\n  help: \(Self.escaped(help))" }
    return text
  }

  /// The text as a terminal may show it, lines after the first set in.
  private static func escaped(_ text: String) -> String {
    let shown = printable(text, lines: true)
    return shown.utf8.contains(UInt8(ascii: "\n"))
      ? shown.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n    ")
      : shown
  }
}

/// Everything that was found wrong with an input; never empty of errors when thrown.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
  /// The diagnostics in the order found.
  public var items: [Diagnostic]

  /// Creates a collection of diagnostics.
  public init(_ items: [Diagnostic] = []) { self.items = items }

  /// Creates a collection of one.
  public init(_ item: Diagnostic) { items = [item] }

  /// Whether any of them is an error.
  public var hasErrors: Bool { items.contains { $0.severity == .error } }

  /// Adds one.
  public mutating func append(_ item: Diagnostic) { items.append(item) }

  /// Does `body`, and keeps the diagnostics that it throws, so that what comes after it is done as well.
  public mutating func collect(_ body: () throws -> Void) rethrows {
    do { try body() } catch let faults as Diagnostics { items += faults.items }
  }

  /// The diagnostics in which those that say the same of several nodes of an operator are one.
  public func mergingNodes() -> Diagnostics {
    var merged = Diagnostics()
    var places: [Diagnostic: Int] = [:]
    for item in items { merged.append(item, mergedBy: &places) }
    return merged
  }

  /// Adds one; what `places` has of another node of the operator gets the node, and nothing is added.
  ///
  /// Returns whether it was added.
  @discardableResult public mutating func append(
    _ item: Diagnostic, mergedBy places: inout [Diagnostic: Int]
  ) -> Bool {
    guard let node = item.node else {
      append(item)
      return true
    }
    var key = item
    key.node = nil
    key.otherNodes = []
    if let place = places[key] {
      items[place].otherNodes += [node] + item.otherNodes
      return false
    }
    places[key] = items.count
    append(item)
    return true
  }

  /// Throws `self` if it holds an error.
  public func throwIfErrors() throws { if hasErrors { throw self } }

  public var description: String { items.map(\.description).joined(separator: "\n") }
}
