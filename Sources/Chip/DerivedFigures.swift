import Basics

/// Figures of a chip that follow from others, where a file or a setting changes these and leaves those as they
/// are in the chip below.
struct DerivedFigures {
  /// The tree of the chip below.
  let base: YAMLTree
  /// What is changed of it, and nothing else.
  let given: YAMLTree

  /// A tree of nothing but the counts of a conductance, where they are not given: the range of an ADC stays what it
  /// is, so that its counts go with its largest count, and those of a pair at g-max with g-max.
  ///
  /// `nil` where nothing changes them.
  var counts: YAMLTree? {
    let (bits, gMax) = (["adc", "bits"], ["crossbar", "g-max"])
    guard given[["adc", "counts-per-g-max"]] == nil,
      let source = given[bits] ?? given[gMax],
      let counts = base[["adc", "counts-per-g-max"]]?.number,
      let oldBits = base[bits]?.number, let oldMaximum = base[gMax]?.number,
      let newBits = given[bits] == nil ? oldBits : given[bits]?.number,
      let newMaximum = given[gMax] == nil ? oldMaximum : given[gMax]?.number,
      Self.isPossible(oldBits), Self.isPossible(newBits), oldMaximum > 0
    else { return nil }
    let scale = Self.largestCount(newBits) / Self.largestCount(oldBits) * (newMaximum / oldMaximum)
    if scale == 1 { return nil }
    let value = YAMLTree(
      content: .scalar(.init(text: (counts * scale).description, isPlain: true)),
      place: source.place)
    return ["adc", "counts-per-g-max"].reversed().reduce(value) { value, key in
      let entry = YAMLTree.Entry(key: key, place: value.place, value: value)
      return YAMLTree(content: .mapping([entry]), place: value.place)
    }
  }

  /// Faults of a list of links that stays as it is while what it links changes.
  var staleLinks: [Diagnostic] {
    guard given[["links", "topology"]] == nil, let topology = base[["links", "topology"]],
      case .mapping = topology.content
    else { return [] }
    var faults: [Diagnostic] = []
    for (paths, what) in [
      ([["cores", "rows"], ["cores", "columns"]], "cores"),
      ([["gdpu"], ["gdpu", "count"]], "slices of the GDPU"),
    ] {
      let changed = paths.first { path in
        guard let new = given[path] else { return false }
        return new.scalarText != nil && new.scalarText != base[path]?.scalarText
      }
      guard let changed, let place = given[changed]?.place else { continue }
      if what != "cores" && !base.linksSlices { continue }
      faults.append(
        place.fault(
          "\(changed.joined(separator: ".")) is changed, but the links are listed for the \(what) of "
            + "\(topology.place.file ?? "the chip that is extended")",
          help: "give links.topology too: all, mesh, none, or lists of links"))
    }
    return faults
  }

  private static func isPossible(_ bits: Double) -> Bool {
    Int(exactly: bits).map(Chip.adcBits.contains) ?? false
  }

  private static func largestCount(_ bits: Double) -> Double { Double(1 << Int(bits) - 1) }
}

extension YAMLTree {
  /// The value behind several keys, or `nil` if it is not there.
  fileprivate subscript(path: [String]) -> YAMLTree? {
    path.reduce(self as YAMLTree?) { $0?[$1] }
  }

  fileprivate var scalarText: String? {
    if case .scalar(let scalar) = content { scalar.text } else { nil }
  }

  fileprivate var number: Double? {
    if case .scalar(let scalar) = content { scalar.number } else { nil }
  }

  /// Whether a listed link ends at a slice of the GDPU.
  fileprivate var linksSlices: Bool {
    let kinds = self[["links", "topology"]]?.entries ?? []
    return kinds.flatMap { $0.value.entries }.contains { source in
      guard case .list(let targets) = source.value.content else { return false }
      return targets.contains { $0.scalarText?.hasPrefix("gdpu") ?? false }
    }
  }
}
