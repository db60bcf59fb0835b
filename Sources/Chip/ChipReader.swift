import Basics

/// Reads a chip from a complete tree and collects every fault on the way.
struct ChipReader {
  private var chip = Chip.blank
  private(set) var faults = Diagnostics()

  /// The chip that `tree` describes; throws `Diagnostics` with all faults.
  ///
  /// Where its links do not fit what it changes of another chip, as `staleLinks` say, they are not looked at.
  static func read(_ tree: YAMLTree, staleLinks: [Diagnostic] = []) throws -> Chip {
    var reader = ChipReader()
    reader.refuseUnknownKeys(of: tree)
    reader.readFields(of: tree)
    reader.readAssumed(of: tree)
    if staleLinks.isEmpty { reader.readTopology(of: tree) }
    reader.readDevices(of: tree)
    if !reader.faults.hasErrors {
      for fault in reader.chip.contradictions(tree) { reader.report(fault) }
    }
    if !reader.faults.hasErrors { for fault in staleLinks { reader.report(fault) } }
    try reader.faults.inOrderOfLines.throwIfErrors()
    return reader.chip
  }

  /// The most faults that are worth listing, so that a hostile file cannot flood the terminal.
  private static let maximumFaults = 100

  private mutating func report(_ fault: @autoclosure () -> Diagnostic) {
    if faults.items.count < Self.maximumFaults {
      faults.append(fault())
    } else if faults.items.count == Self.maximumFaults {
      faults.append(Diagnostic(.note, "there are more faults, which are not listed"))
    }
  }

  // MARK: Keys

  private mutating func refuseUnknownKeys(of tree: YAMLTree) {
    let top =
      Chip.fields.filter(\.section.isEmpty).map(\.key) + ["assumed"] + Chip.sections + ["devices"]
    refuseUnknownKeys(of: tree, in: "", known: top)
    for entry in tree.entries where Chip.sections.contains(entry.key) {
      var known = Chip.fields.filter { $0.section == entry.key }.map(\.key)
      if entry.key == "links" { known.append("topology") }
      refuseUnknownKeys(of: entry.value, in: "\(entry.key).", known: known)
    }
  }

  private mutating func refuseUnknownKeys(
    of tree: YAMLTree, in section: String, known: [String]
  ) {
    for entry in tree.entries where !known.contains(entry.key) {
      report(Self.unknownKey(entry, in: section, known: known))
    }
  }

  private static func unknownKey(
    _ entry: YAMLTree.Entry, in section: String, known: [String]
  ) -> Diagnostic {
    let suggestion = NearMatch.suggestion(
      for: entry.key, among: known,
      elsewhere: Chip.fields.filter { $0.key == entry.key }.map(\.path))
    return entry.place.fault(
      "unknown key \"\(section)\(entry.key.shortened)\"",
      supported: suggestion == nil ? known.joined(separator: ", ") : nil, help: suggestion)
  }

  // MARK: Scalars

  private mutating func readFields(of tree: YAMLTree) {
    var missing: [String] = []
    for section in [""] + Chip.sections {
      let fields = Chip.fields.filter { $0.section == section }
      guard !section.isEmpty else {
        missing += fields.filter { !read($0, of: tree) && !$0.isOptional }.map(\.path)
        continue
      }
      guard let value = tree[section] else {
        let isFabric = Chip.fabricSections.contains(section) && tree.describesFabric
        if isFabric || !Chip.optionalSections.contains(section) { missing.append(section) }
        continue
      }
      if section == "gdpu" {
        if case .scalar(let scalar) = value.content, scalar.isPlain, scalar.text == "none" {
          continue
        }
        chip.gdpu = Chip.blankGDPU
      }
      if Chip.fabricSections.contains(section) && chip.fabric == nil {
        chip.fabric = Chip.blankFabric
      }
      guard case .mapping = value.content else {
        report(
          value.place.fault(
            "\(section) must be a section\(section == "gdpu" ? " or none" : ""), not \(value.kind)")
        )
        continue
      }
      var absent = fields.filter { !read($0, of: value) }.map(\.key)
      if section == Chip.circuitSection { absent = [] }
      if section == "links" && value["topology"] == nil { absent.append("topology") }
      if !absent.isEmpty {
        report(
          value.place.fault("\(section) lacks \(absent.joined(separator: ", "))"))
      }
    }
    missing += ["devices", "assumed"].filter { tree[$0] == nil }
    if !missing.isEmpty {
      report(
        tree.place.fault(
          "the chip lacks \(missing.joined(separator: ", "))",
          help: "give them, or take them from a preset with `extends:`"))
    }
  }

  /// Reads one field of a section; returns whether it is there.
  private mutating func read(_ field: Chip.Field<Chip>, of section: YAMLTree) -> Bool {
    guard let value = section[field.key] else { return false }
    if let fault = Self.read(field, from: value, named: field.path, into: &chip) { report(fault) }
    return true
  }

  /// Reads a field into `owner`; returns what is wrong with it.
  private static func read<Owner>(
    _ field: Chip.Field<Owner>, from value: YAMLTree, named name: String, into owner: inout Owner
  ) -> Diagnostic? {
    if case .scalar(let scalar) = value.content, field.read(scalar, &owner) { return nil }
    let unit = field.unit.isEmpty ? "" : " \(field.unit)"
    let isCurve = field.accepted == "a curve"
    return value.place.fault(
      "\(name) must be \(field.accepted)\(unit), not \(value.kind)",
      supported: isCurve ? Curve.form : nil)
  }

  private mutating func readAssumed(of tree: YAMLTree) {
    guard let value = tree["assumed"] else { return }
    guard case .list(let items) = value.content else {
      report(value.place.fault("assumed must be a list of keys, not \(value.kind)"))
      return
    }
    let models = tree["devices"]?.entries.prefix(DeviceModel.maximumCount) ?? []
    let figures = Chip.figures + models.map { "devices.\($0.key)" }
    for item in items {
      guard case .scalar(let scalar) = item.content, figures.contains(scalar.text) else {
        var help: String?
        if case .scalar(let scalar) = item.content {
          help = NearMatch.suggestion(for: scalar.text, among: figures)
        }
        report(item.place.fault("assumed names no figure: \(item.kind)", help: help))
        continue
      }
      if chip.assumed.contains(scalar.text) {
        report(item.place.fault("assumed names \(scalar.text) twice"))
      } else {
        chip.assumed.append(scalar.text)
      }
    }
  }

  // MARK: Devices

  private mutating func readDevices(of tree: YAMLTree) {
    guard let value = tree["devices"] else { return }
    if case .scalar(let scalar) = value.content, scalar.isPlain, scalar.text == "none" { return }
    guard case .mapping(let entries) = value.content, entries.count <= DeviceModel.maximumCount
    else {
      let most = DeviceModel.maximumCount
      report(
        value.place.fault("devices must be at most \(most) models by name, or none"))
      return
    }
    chip.devices = entries.compactMap { readDevice($0) }.sorted { $0.name < $1.name }
  }

  private mutating func readDevice(_ entry: YAMLTree.Entry) -> DeviceModel? {
    guard entry.key.isChipName else {
      report(
        entry.place.fault(
          "\"\(entry.key.shortened)\" is not a name of a device model",
          supported: Chip.nameForm))
      return nil
    }
    let path = "devices.\(entry.key)"
    guard case .mapping = entry.value.content else {
      report(entry.value.place.fault("\(path) must be a section, not \(entry.value.kind)"))
      return nil
    }
    refuseUnknownKeys(of: entry.value, in: "\(path).", known: DeviceModel.fields.map(\.key))
    var model = DeviceModel.blank(entry.key)
    var absent: [String] = []
    for field in DeviceModel.fields {
      if let value = entry.value[field.key] {
        let fault = Self.read(field, from: value, named: "\(path).\(field.key)", into: &model)
        if let fault { report(fault) }
      } else if !field.isOptional {
        absent.append(field.key)
      }
    }
    if !absent.isEmpty {
      report(entry.value.place.fault("\(path) lacks \(absent.joined(separator: ", "))"))
    }
    return model
  }

  // MARK: Links

  private mutating func readTopology(of tree: YAMLTree) {
    guard let value = tree["links"]?["topology"] else { return }
    switch value.content {
    case .scalar(let scalar) where scalar.isPlain && scalar.text == "all":
      chip.links.topology = .all
    case .scalar(let scalar) where scalar.isPlain && scalar.text == "mesh":
      chip.links.topology = .mesh
    case .scalar(let scalar) where scalar.isPlain && scalar.text == "none":
      chip.links.topology = .listed(LinkList([]))
    case .mapping(let kinds):
      chip.links.topology = .listed(LinkList(kinds.flatMap { readLinks(of: $0) }))
    default:
      report(
        value.place.fault(
          "links.topology must be all, mesh, none or lists of links, not \(value.kind)"))
    }
  }

  private mutating func readLinks(of entry: YAMLTree.Entry) -> [Links.Link] {
    guard let kind = Links.Kind(rawValue: entry.key) else {
      let kinds = Links.Kind.allCases.map(\.rawValue)
      report(
        entry.place.fault(
          "unknown kind of link \"\(entry.key.shortened)\"",
          supported: kinds.joined(separator: ", "),
          help: NearMatch.suggestion(for: entry.key, among: kinds)))
      return []
    }
    guard case .mapping(let sources) = entry.value.content else {
      report(
        entry.value.place.fault(
          "\(entry.key) must be lists of targets by core, not \(entry.value.kind)"))
      return []
    }
    var links: [Links.Link] = []
    for source in sources {
      guard let core = readCore(source.key, source.place) else { continue }
      guard case .list(let targets) = source.value.content else {
        report(
          source.value.place.fault(
            "core \(core.index) must have a list of targets, not \(source.value.kind)"))
        continue
      }
      var seen: Set<Links.End> = []
      for target in targets {
        guard let end = readEnd(target) else { continue }
        if end == .core(core) {
          report(target.place.fault("core \(core.index) is linked to itself"))
        } else if !seen.insert(end).inserted {
          report(target.place.fault("the link is listed twice: \(target.kind)"))
        } else {
          links.append(Links.Link(source: core, target: end, kind: kind))
        }
      }
    }
    return links
  }

  private mutating func readEnd(_ target: YAMLTree) -> Links.End? {
    guard case .scalar(let scalar) = target.content else {
      report(
        target.place.fault("a target must be a core or a GDPU slice, not \(target.kind)"))
      return nil
    }
    guard scalar.text.hasPrefix("gdpu ") else {
      return readCore(scalar.text, target.place).map { .core($0) }
    }
    let slice = Chip.Scalar(text: String(scalar.text.dropFirst(5)), isPlain: true).integer
    guard let slice, slice < chip.gdpu?.count ?? 0 else {
      report(target.place.fault("there is no GDPU slice \"\(scalar.text.shortened)\""))
      return nil
    }
    return .gdpu(slice)
  }

  private mutating func readCore(_ text: String, _ place: Place) -> CoreID? {
    let count = chip.cores.count
    let index = Chip.Scalar(text: text, isPlain: true).integer
    if let index, index < count, index < Chip.maximumCores { return CoreID(index) }
    report(
      place.fault(
        "there is no core \"\(text.shortened)\"",
        supported: count > 0 ? "0 to \(count - 1), or `gdpu N` as a target" : nil))
    return nil
  }
}

extension YAMLTree {
  /// Whether it has a section of a mesh with digital cores, so that it needs all of them.
  fileprivate var describesFabric: Bool { Chip.fabricSections.contains { self[$0] != nil } }
}

extension Diagnostics {
  /// The same in order of lines, those without one last.
  public var inOrderOfLines: Diagnostics {
    func line(_ item: Diagnostic) -> Int {
      if case .line(let line, _) = item.location { line } else { Int.max }
    }
    let order = items.indices.sorted { (line(items[$0]), $0) < (line(items[$1]), $1) }
    return Diagnostics(order.map { items[$0] })
  }
}
