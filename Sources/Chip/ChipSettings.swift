import Basics

/// Changes single values of a chip file, as `--set crossbar.rows=512` does.
enum ChipSettings {
  /// The tree with the settings applied in order; each figure that is set, or that follows from one, counts as
  /// assumed. With it go the faults of links that do not fit what is set.
  ///
  /// Throws `Diagnostics` with all settings that name no key. The values are read later, with the
  /// rest of the tree.
  static func applied(
    _ settings: [String], to tree: YAMLTree
  ) throws -> (tree: YAMLTree, staleLinks: [Diagnostic]) {
    var result = tree
    var given = YAMLTree(content: .mapping([]), place: tree.place)
    var faults = Diagnostics()
    for setting in settings {
      let place = Place(file: nil, location: nil, setting: setting.shortened)
      guard let equals = setting.firstIndex(of: "=") else {
        faults.append(
          place.fault("has no value", help: "write it as KEY=VALUE, such as crossbar.rows=512"))
        continue
      }
      let path = String(setting[..<equals])
      let text = String(setting[setting.index(after: equals)...])
      let value = YAMLTree(content: .scalar(.init(text: text, isPlain: true)), place: place)
      if path.hasPrefix("devices.") {
        let words = deviceWords(path)
        guard let fault = unknownDevice(words, in: result, place) else {
          result = result.overlaid(with: nested(words, value))
          assume("devices.\(words[1])", in: &result, place)
          continue
        }
        faults.append(fault)
        continue
      }
      guard paths.contains(path) else {
        faults.append(unknown(path, place))
        continue
      }
      let change = nested(path.split(separator: ".").map(String.init), value)
      result = result.overlaid(with: change)
      given = given.overlaid(with: change)
      if Chip.figures.contains(path) { assume(path, in: &result, place) }
    }
    try faults.throwIfErrors()
    let derived = DerivedFigures(base: tree, given: given)
    if let counts = derived.counts {
      result = result.overlaid(with: counts)
      assume("adc.counts-per-g-max", in: &result, counts.place)
    }
    return (result, derived.staleLinks)
  }

  private static let paths =
    Chip.fields.map(\.path) + ["gdpu", "links.topology"]

  /// `devices`, the name of a model, which may hold points, and a key.
  private static func deviceWords(_ path: String) -> [String] {
    let rest = path.dropFirst("devices.".count)
    guard let point = rest.lastIndex(of: ".") else { return ["devices", String(rest), ""] }
    return ["devices", String(rest[..<point]), String(rest[rest.index(after: point)...])]
  }

  private static func unknownDevice(
    _ words: [String], in tree: YAMLTree, _ place: Place
  ) -> Diagnostic? {
    let models = tree["devices"]?.entries.map(\.key) ?? []
    guard models.contains(words[1]) else {
      return place.fault(
        "there is no device model \"\(words[1].shortened)\"",
        supported: models.joined(separator: ", "),
        help: NearMatch.suggestion(for: words[1], among: models))
    }
    let keys = DeviceModel.fields.map(\.key)
    if words[2].isEmpty {
      return place.fault(
        "devices.\(words[1].shortened) is a section", supported: keys.joined(separator: ", "),
        help: "name one of its keys")
    }
    guard !keys.contains(words[2]) else { return nil }
    return place.fault(
      "a device model has no key \"\(words[2].shortened)\"",
      supported: keys.joined(separator: ", "),
      help: NearMatch.suggestion(for: words[2], among: keys))
  }

  private static func unknown(_ path: String, _ place: Place) -> Diagnostic {
    if ["assumed", "extends", "devices"].contains(path) {
      return place.fault("\(path) cannot be set", help: "write a chip file that has it")
    }
    if Chip.sections.contains(path) {
      let inside = Chip.fields.filter { $0.section == path }.map(\.path)
      return place.fault(
        "\(path) is a section", supported: inside.joined(separator: ", "),
        help: "name one of its keys")
    }
    let suggestion = NearMatch.suggestion(
      for: path, among: paths, elsewhere: Chip.fields.filter { $0.key == path }.map(\.path))
    return place.fault(
      "unknown key \"\(path)\"", supported: suggestion == nil ? paths.joined(separator: ", ") : nil,
      help: suggestion)
  }

  /// The tree in which only `value` stands, at `path`.
  private static func nested(_ path: [String], _ value: YAMLTree) -> YAMLTree {
    path.reversed().reduce(value) { value, key in
      let entry = YAMLTree.Entry(key: key, place: value.place, value: value)
      return YAMLTree(content: .mapping([entry]), place: value.place)
    }
  }

  private static func assume(_ path: String, in tree: inout YAMLTree, _ place: Place) {
    guard case .list(var items) = tree["assumed"]?.content else { return }
    let isListed = items.contains {
      if case .scalar(let scalar) = $0.content { scalar.text == path } else { false }
    }
    if isListed { return }
    items.append(YAMLTree(content: .scalar(.init(text: path, isPlain: true)), place: place))
    let list = YAMLTree(content: .list(items), place: place)
    tree = tree.overlaid(with: nested(["assumed"], list))
  }
}
