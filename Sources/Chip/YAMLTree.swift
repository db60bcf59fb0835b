import Basics
import Yams

/// Where a value of a file in YAML was written.
public struct Place: Sendable {
  /// The file, or `nil` for a text without one and for a setting.
  public var file: String?
  /// The line and column, counted from 1.
  public var location: Diagnostic.Location?
  /// The `--set` argument, if it stands there.
  var setting: String?

  /// A diagnostic about this place.
  public func fault(_ message: String, supported: String? = nil, help: String? = nil) -> Diagnostic
  {
    let prefix = setting.map { "setting \"\($0)\": " } ?? ""
    return Diagnostic(
      file: file, at: location, prefix + message, supported: supported, help: help)
  }
}

/// A file in YAML, such as a chip file, as a tree of scalars, lists and mappings, each of which knows its place.
public struct YAMLTree: Sendable {
  /// What it is.
  public indirect enum Content: Sendable {
    case scalar(Chip.Scalar)
    case list([YAMLTree])
    case mapping([Entry])
  }

  /// A key of a mapping with its value.
  public struct Entry: Sendable {
    public var key: String
    /// Where the key stands.
    public var place: Place
    public var value: YAMLTree
  }

  public var content: Content
  public var place: Place

  /// The entries, or none if it is no mapping.
  public var entries: [Entry] { if case .mapping(let entries) = content { entries } else { [] } }

  /// The value of `key`, or `nil` if it is not there.
  public subscript(key: String) -> YAMLTree? { entries.first { $0.key == key }?.value }

  /// What it is, for a message.
  public var kind: String {
    switch content {
    case .scalar(let scalar) where scalar.isPlain && scalar.text.isEmpty: "nothing"
    case .scalar(let scalar) where scalar.isPlain: scalar.text.shortened
    case .scalar(let scalar): "\"\(scalar.text.shortened)\""
    case .list: "a list"
    case .mapping: "a section"
    }
  }

  /// The tree in which the values of `other` stand in place of those of this one, section by
  /// section; lists and the topology are replaced as a whole.
  func overlaid(with other: YAMLTree) -> YAMLTree {
    guard case .mapping(var merged) = content, case .mapping(let entries) = other.content else {
      return other
    }
    let below = merged.indices  // keys are unique, so what is appended need not be searched
    for entry in entries {
      guard let index = merged[below].firstIndex(where: { $0.key == entry.key }) else {
        merged.append(entry)
        continue
      }
      let value = merged[index].value
      merged[index] = entry
      if entry.key != "topology" { merged[index].value = value.overlaid(with: entry.value) }
    }
    return YAMLTree(
      content: .mapping(merged), place: other.place.setting == nil ? other.place : place)
  }
}

extension YAMLTree {
  /// Reads YAML without anchors, aliases and tags; the root must be a mapping.
  ///
  /// Throws `Diagnostics` with the line of what cannot be read.
  ///
  /// `limit` is the largest size of the text in bytes, `beginning` says how a text begins.
  public init(
    yaml: String, file: String?, limit: Int = Chip.maximumTextSize,
    beginning: String = "begin with a line such as `extends: hermes`"
  ) throws {
    let hasByteOrderMark = yaml.unicodeScalars.first == "\u{FEFF}"
    let yaml = hasByteOrderMark ? String(yaml.unicodeScalars.dropFirst()) : yaml
    try ChipTextGuard.check(yaml, file: file, limit: limit)
    let node: Node?
    do {
      // The encoding is named because Yams would else take it from the environment, and the
      // resolver is the one without rules because the fields decide what a scalar means.
      node = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot()
    } catch let error as YamlError {
      throw Diagnostics(error.diagnostic(file: file))
    }
    var faults = Diagnostics()
    self = YAMLTree(
      content: .mapping([]), place: Place(file: file, location: .line(1, column: 1)))
    if let node, node.mapping != nil {
      self = YAMLTree(node, file: file, &faults)
    } else {
      faults.append(
        place.fault(
          node == nil ? "is empty" : "is not a mapping of keys to values",
          help: beginning))
    }
    try faults.throwIfErrors()
  }

  private init(_ node: Node, file: String?, _ faults: inout Diagnostics) {
    place = Place(file, node)
    switch node {
    case .scalar(let scalar):
      if !scalar.tag.isImplied(by: .str) { faults.append(place.tagFault) }
      content = .scalar(.init(text: scalar.string, isPlain: scalar.style == .plain))
    case .sequence(let sequence):
      if !sequence.tag.isImplied(by: .seq) { faults.append(place.tagFault) }
      content = .list(sequence.map { YAMLTree($0, file: file, &faults) })
    case .mapping(let mapping):
      if !mapping.tag.isImplied(by: .map) { faults.append(place.tagFault) }
      var entries: [Entry] = []
      var seen: Set<String> = []
      for (key, value) in mapping {
        let place = Place(file, key)
        guard let name = key.scalar?.string else {
          faults.append(place.fault("a key must be a word"))
          continue
        }
        guard seen.insert(name).inserted else {
          faults.append(place.fault("\"\(name.shortened)\" is given twice"))
          continue
        }
        entries.append(Entry(key: name, place: place, value: YAMLTree(value, file: file, &faults)))
      }
      content = .mapping(entries)
    case .alias:
      preconditionFailure("Yams resolves aliases")
    }
  }
}

extension Place {
  fileprivate init(_ file: String?, _ node: Node) {
    self.init(
      file: file, location: node.mark.map { .line($0.line, column: $0.column) }, setting: nil)
  }

  fileprivate var tagFault: Diagnostic { fault("tags such as `!!float` are not supported") }
}

extension Tag {
  /// Whether it is what Yams gives to a value without a tag.
  fileprivate func isImplied(by name: Name) -> Bool {
    [Tag.Name.implicit.rawValue, name.rawValue].contains(description)
  }
}

extension YamlError {
  /// What the parser says, with its line.
  fileprivate func diagnostic(file: String?) -> Diagnostic {
    switch self {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let before = context.map { "\($0.text): " } ?? ""
      return Diagnostic(
        file: file, at: .line(mark.line, column: mark.column), "is not YAML: \(before)\(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "\"\($0.shortened)\"" }.joined(separator: ", ")
      return Diagnostic(
        file: file, at: .line(context.mark.line, column: context.mark.column),
        duplicates.count == 1 ? "\(names) is given twice" : "\(names) are given twice")
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
      return Diagnostic(
        file: file, at: line.map { .line($0, column: 1) }, "cannot be read: \(problem)")
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      return Diagnostic(file: file, "cannot be read: \(self)")
    }
  }
}

extension String {
  /// At most 80 characters, for a message.
  var shortened: String { count <= 80 ? self : prefix(80) + "…" }
}
