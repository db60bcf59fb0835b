import Basics

extension Chip {
  /// The names of the presets.
  public static var presetNames: [String] { presets.map(\.name) }

  /// The preset `name`, changed by `settings` of the form `crossbar.rows=512`.
  ///
  /// Throws `Diagnostics` if there is no such preset or a setting does not fit.
  public static func named(_ name: String, settings: [String] = []) throws -> Chip {
    guard let text = presetText(name) else { throw Diagnostics(unknown(name)) }
    return try read(text, file: presetFile(name), chain: [name], settings: settings)
  }

  /// The preset or the chip file `nameOrPath`, changed by `settings` of the form
  /// `crossbar.rows=512`; what holds a `/` or ends in `.yaml` or `.yml` is a path.
  ///
  /// Throws `Diagnostics` with all faults.
  public static func load(_ nameOrPath: String, settings: [String] = []) throws -> Chip {
    guard isPath(nameOrPath) else { return try named(nameOrPath, settings: settings) }
    let text = try text(of: nameOrPath)
    return try read(text, file: nameOrPath, chain: [nameOrPath], settings: settings)
  }

  /// The paths of the chip file `nameOrPath` and of all that it extends; of a preset, none.
  ///
  /// Files that cannot be read end the list, without a fault.
  public static func files(of nameOrPath: String) -> [String] {
    var files: [String] = []
    var next: String? = isPath(nameOrPath) ? nameOrPath : nil
    while let path = next, !files.contains(path), files.count < maximumChain {
      files.append(path)
      let tree = (try? text(of: path)).flatMap { try? YAMLTree(yaml: $0, file: path) }
      guard case .scalar(let base) = tree?["extends"]?.content, isPath(base.text) else { break }
      next = resolved(base.text, from: path)
    }
    return files
  }

  /// Reads a chip file from its text; `file` is its name in diagnostics, and paths in `extends` are
  /// relative to it.
  ///
  /// Throws `Diagnostics` with all faults.
  public init(yaml: String, file: String? = nil) throws {
    self = try Self.read(yaml, file: file, chain: file.map { [$0] } ?? [], settings: [])
  }

  /// Reads the text that `yaml` gave for a chip, from a source that is not trusted to name other
  /// files; `file` is its name in diagnostics.
  ///
  /// Throws `Diagnostics` with all faults, or if the text is not in the canonical form.
  public init(canonicalYAML text: String, file: String? = nil) throws {
    self = try ChipReader.read(YAMLTree(yaml: text, file: file))
    guard yaml.utf8.elementsEqual(text.utf8) else {
      throw Diagnostics(Diagnostic(file: file, "the chip file is not in canonical form"))
    }
  }

  /// The presets in the order in which they are listed; the text of each is a file in `Presets`.
  private static let presets: [(name: String, text: [UInt8])] = [
    ("hermes", PackageResources.hermes_yaml),
    ("hermes-1phase", PackageResources.hermes_1phase_yaml),
    ("hermes-odp", PackageResources.hermes_odp_yaml),
    ("hermes-in-turn", PackageResources.hermes_in_turn_yaml),
    ("flat-64", PackageResources.flat_64_yaml),
    ("flat-256", PackageResources.flat_256_yaml),
    ("grid-8x8", PackageResources.grid_8x8_yaml),
    ("fabric", PackageResources.fabric_yaml),
    ("tiny", PackageResources.tiny_yaml),
  ]

  private static func presetText(_ name: String) -> String? {
    presets.first { $0.name == name }.map { String(decoding: $0.text, as: UTF8.self) }
      ?? family(name)
  }

  /// The text of a chip whose name says how many cores it has: `flat-N` without link rules, or
  /// `grid-RxC` with links between neighbours.
  private static func family(_ name: String) -> String? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let sizes = parts[1].split(separator: "x", omittingEmptySubsequences: false).map { text in
      Int(text).flatMap { 1...maximumCores ~= $0 && "\($0)" == text ? $0 : nil }
    }
    switch (parts[0], sizes.count, sizes.first ?? nil, sizes.last ?? nil) {
    case ("flat", 1, let count?, _):
      return """
        extends: flat-64
        name: \(name)
        summary: \(count) cores of 256×256 without link rules; made up for comparison
        cores:
          rows: 1
          columns: \(count)
        """
    case ("grid", 2, let rows?, let columns?):
      return """
        extends: grid-8x8
        name: \(name)
        summary: \(rows)×\(columns) cores of 256×256 with links between neighbours; made up for comparison
        cores:
          rows: \(rows)
          columns: \(columns)
        """
    default: return nil
    }
  }

  private static func presetFile(_ name: String) -> String { "\(name).yaml (preset)" }

  private static func unknown(_ name: String) -> Diagnostic {
    let supported =
      presetNames.joined(separator: ", ")
      + ", flat-N or grid-RxC of another size, or the path of a .yaml file"
    return Diagnostic(
      .error, "there is no chip \"\(name.shortened)\"", supported: supported,
      help: NearMatch.suggestion(for: name, among: presetNames))
  }

  /// What `base` is called where the chip file `own` extends it: paths are relative to that.
  private static func resolved(_ base: String, from own: String) -> String {
    guard isPath(base), !base.hasPrefix("/"), let slash = own.lastIndex(of: "/") else {
      return base
    }
    let path = base.hasPrefix("./") ? base.dropFirst(2) : base[...]
    return String(own[...slash] + path)
  }

  private static func isPath(_ name: String) -> Bool {
    name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
  }

  private static func text(of path: String) throws -> String {
    let file = try MappedFile(path: path)
    guard file.count <= maximumTextSize else {
      throw Diagnostics(Diagnostic(file: path, "is larger than 2 MiB, the limit of a chip file"))
    }
    guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw Diagnostics(Diagnostic(file: path, "is not UTF-8 text"))
    }
    return text
  }

  // MARK: Inheritance

  /// The most files that extend each other in a row.
  private static let maximumChain = 16

  private static func read(
    _ text: String, file: String?, chain: [String], settings: [String]
  ) throws -> Chip {
    let whole = try inherited(YAMLTree(yaml: text, file: file), chain: chain)
    let (tree, staleLinks) = try ChipSettings.applied(settings, to: whole.tree)
    return try ChipReader.read(
      tree, staleLinks: staleLinks.isEmpty ? whole.staleLinks : staleLinks)
  }

  /// The tree over the one that it extends; name and summary are never inherited. With it go the faults of links
  /// that do not fit what it changes.
  ///
  /// `chain` holds the names of the files that led here, the last being that of `tree`.
  private static func inherited(
    _ tree: YAMLTree, chain: [String]
  ) throws -> (tree: YAMLTree, staleLinks: [Diagnostic]) {
    guard case .mapping(var entries) = tree.content,
      let index = entries.firstIndex(where: { $0.key == "extends" })
    else { return (tree, []) }
    let extends = entries.remove(at: index).value
    guard case .scalar(let scalar) = extends.content else {
      throw Diagnostics(
        extends.place.fault("extends must be a preset or a path, not \(extends.kind)"))
    }
    let base = chain.last.map { resolved(scalar.text, from: $0) } ?? scalar.text
    guard !chain.contains(base), chain.count < maximumChain else {
      throw Diagnostics(
        extends.place.fault(
          "extends forms a cycle or is too deep: \((chain + [base]).joined(separator: " → "))"))
    }
    let text: String
    if isPath(base) {
      text = try Self.text(of: base)
    } else if let preset = presetText(base) {
      text = preset
    } else {
      let fault = unknown(base)
      throw Diagnostics(
        extends.place.fault(fault.message, supported: fault.supported, help: fault.help))
    }
    let file = isPath(base) ? base : presetFile(base)
    var (below, staleLinks) = try inherited(
      YAMLTree(yaml: text, file: file), chain: chain + [base])
    below.content = .mapping(below.entries.filter { $0.key != "name" && $0.key != "summary" })
    let given = YAMLTree(content: .mapping(entries), place: tree.place)
    let derived = DerivedFigures(base: below, given: given)
    if given["links"]?["topology"] != nil { staleLinks = [] }
    var result = below.overlaid(with: given)
    if let counts = derived.counts { result = result.overlaid(with: counts) }
    return (result, staleLinks + derived.staleLinks)
  }
}
