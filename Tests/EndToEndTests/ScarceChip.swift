import TestSupport

/// A chip with few links, so that places are searched.
enum ScarceChip {
  /// Its description, as a chip file.
  static let yaml: String = {
    let links = (0..<64).map { core in
      let targets = Set([7 * core + 3, 11 * core + 5, 5 * core + 17].map { $0 % 64 })
        .subtracting([core]).sorted()
      return "      \(core): [\(targets.map { "\($0)" }.joined(separator: ", "))]\n"
    }.joined()
    return """
      extends: hermes
      name: scarce
      summary: few links, so that places are searched
      crossbar: {rows: 32}
      links:
        topology:
          partial-sum:
      \(links)
      """
  }()

  /// Writes its file into `folder`.
  static func write(into folder: Folder) throws { try folder.write(text: yaml, "scarce.yaml") }
}
