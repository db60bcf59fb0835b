import Basics

extension Chip {
  /// What is wrong with a chip that no file has given: figures out of their ranges, links of cores that
  /// there are not, and figures that do not fit each other. Chips that were read have no faults.
  public var faults: [String] {
    var faults = Self.fields
      .filter { hasSection(of: $0) && !$0.isAccepted(self) }
      .map { "\($0.path) must be \($0.accepted)" }
    for model in devices {
      faults += DeviceModel.fields.filter { !$0.isAccepted(model) }
        .map { "devices.\(model.name).\($0.key) must be \($0.accepted)" }
    }
    if faults.isEmpty, case .listed(let list) = links.topology {
      for link in list.links where !hasEnds(of: link) {
        faults.append("a link from core \(link.source.index) has an end that there is not")
      }
    }
    guard faults.isEmpty else { return faults }
    let tree = YAMLTree(content: .mapping([]), place: Place())
    return contradictions(tree).map(\.message)
  }

  private func hasSection(of field: Field<Chip>) -> Bool {
    if field.section == "gdpu" { return gdpu != nil }
    return fabric != nil || !Self.fabricSections.contains(field.section)
  }

  private func hasEnds(of link: Links.Link) -> Bool {
    guard link.source.index < cores.count else { return false }
    switch link.target {
    case .core(let core): return core.index < cores.count && core != link.source
    case .gdpu(let slice): return (0..<(gdpu?.count ?? 0)).contains(slice)
    }
  }

  /// What no single key of `tree` tells: figures that do not fit each other.
  func contradictions(_ tree: YAMLTree) -> [Diagnostic] {
    var faults: [Diagnostic] = []
    if cores.count > Self.maximumCores {
      faults.append(
        (tree["cores"]?["rows"] ?? tree).place.fault(
          "\(cores.rows) × \(cores.columns) cores are more than \(Self.maximumCores)"))
      return faults
    }
    if !hasPossibleFaults {
      faults.append(
        (tree[Self.circuitSection] ?? tree).place.fault(
          "the fractions of cells that are stuck or not converged exceed 1 together"))
    }
    if let fabric, fabric.layout.count(of: .tile) != cores.count {
      faults.append(
        (tree["mesh"]?["layout"] ?? tree).place.fault(
          "mesh.layout has \(fabric.layout.count(of: .tile)) tiles, but the chip has \(cores.count) cores",
          help: "set cores.rows and cores.columns with it"))
    }
    if let deviceModel, device(deviceModel) == nil {
      faults.append(
        (tree["device-model"] ?? tree).place.fault(
          "the chip has no device model \"\(deviceModel)\"",
          supported: devices.isEmpty ? nil : devices.map(\.name).joined(separator: ", ")))
    }
    for model in devices where model.filling == .inTurn && model.devicesPerPolarity == nil {
      let path = "devices.\(model.name)"
      faults.append(
        (tree["devices"]?[model.name]?["filling"] ?? tree).place.fault(
          "\(path).filling: in-turn needs a number of devices in \(path).devices-per-polarity"))
    }
    guard case .listed(let list) = links.topology else { return faults }
    /// Where the fault is: the limit if that is set, else the list.
    func place(_ key: String) -> Place {
      if let limit = tree["links"]?[key]?.place, limit.setting != nil { return limit }
      return (tree["links"]?["topology"] ?? tree).place
    }
    let limit = min(links.maximumCount ?? Int.max, Self.maximumListedLinks)
    if list.links.count > limit {
      faults.append(
        place("maximum-count").fault(
          "\(list.links.count) links are listed, more than the \(limit) there can be"))
    }
    guard let maximum = links.maximumNeighbours else { return faults }
    let neighbours = neighbourCounts(of: list)
    var excesses: [(message: String, count: Int)] = []
    for (counts, verb) in [
      (neighbours.senders, "sends to"), (neighbours.receivers, "receives from"),
    ] {
      for (core, count) in counts.enumerated() where count > maximum {
        excesses.append(("core \(core) \(verb) \(count) cores", count))
      }
    }
    let more = "more than links.maximum-neighbours"
    if excesses.count <= Self.listedExcesses {
      return faults
        + excesses.map {
          place("maximum-neighbours").fault("\($0.message), \(more)")
        }
    }
    faults.append(
      place("maximum-neighbours").fault(
        "\(excesses[0].message), \(more); \(excesses.count - 1) other places exceed it too",
        help: "give links.topology too, or links.maximum-neighbours of at least "
          + "\(excesses.map(\.count).max() ?? 0)"))
    return faults
  }

  /// The most cores with too many neighbours that are named one by one.
  private static let listedExcesses = 4

  /// How many cores each core sends to, and receives from; two kinds of link to one core are one
  /// neighbour.
  private func neighbourCounts(of list: LinkList) -> (senders: [Int], receivers: [Int]) {
    var senders = [Int](repeating: 0, count: cores.count)
    var receivers = senders
    var previous: Links.Link?
    for link in list.links {
      if case .core(let target) = link.target,
        previous?.source != link.source || previous?.target != link.target
      {
        senders[link.source.index] += 1
        receivers[target.index] += 1
      }
      previous = link
    }
    return (senders, receivers)
  }
}
