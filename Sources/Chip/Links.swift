/// The connections between the units of a chip.
public struct Links: Hashable, Sendable {
  /// What a link carries.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Partial sums of one layer, from LDPU to LDPU or into a GDPU slice.
    case partialSum = "partial-sum"
    /// Activations from layer to layer.
    case activation
    /// Whatever is switched through at the time.
    case circuit
  }

  /// The end of a link.
  public enum End: Hashable, Sendable {
    case core(CoreID)
    case gdpu(Int)
  }

  /// A connection in one direction.
  public struct Link: Hashable, Sendable {
    /// The core that sends.
    public var source: CoreID
    /// The unit that receives.
    public var target: End
    /// What it carries.
    public var kind: Kind

    /// Creates a link.
    public init(source: CoreID, target: End, kind: Kind) {
      self.source = source
      self.target = target
      self.kind = kind
    }
  }

  /// Which cores are linked.
  public enum Topology: Hashable, Sendable {
    /// Every core reaches every other core and every GDPU slice: a chip without link rules.
    case all
    /// Links between neighbours in the grid of cores, through which what passes is routed, rows
    /// first (XY): a chip where distance counts.
    case mesh
    /// Exactly these links.
    case listed(LinkList)
  }

  /// The links.
  public var topology: Topology
  /// The most cores that one core may send to, and the most that it may receive from, where the
  /// links are listed; `nil` without a limit.
  public var maximumNeighbours: Int?
  /// The links that the chip has in all, of which a list names those that are modelled; `nil` if
  /// nothing is said about their number.
  public var maximumCount: Int?
  /// The clock, in MHz; one byte passes a link a cycle.
  public var clock: Double
  /// The time of a byte from the result of an LDPU to the unit at the end of a link, in ns.
  public var latency: Double
  /// The energy of a byte on a link, in pJ.
  public var energyPerByte: Double

  /// Creates a description of the connections.
  public init(
    topology: Topology, maximumNeighbours: Int?, maximumCount: Int?, clock: Double,
    latency: Double = 0, energyPerByte: Double
  ) {
    self.topology = topology
    self.maximumNeighbours = maximumNeighbours
    self.maximumCount = maximumCount
    self.clock = clock
    self.latency = latency
    self.energyPerByte = energyPerByte
  }

  /// Whether partial sums can pass from the LDPU of `source` to that of `target` over one link.
  public func carriesPartialSums(from source: CoreID, to target: CoreID) -> Bool {
    switch topology {
    case .all, .mesh: source != target
    case .listed(let list): list.partialSumTargets(of: source).contains(target)
    }
  }
}

/// Links in ascending order of source, then target, then kind, each once, with an index by source.
public struct LinkList: Hashable, Sendable {
  /// The links in order.
  public let links: [Links.Link]

  /// The cores that partial sums reach, source by source.
  private let targets: [CoreID]
  /// Where the targets of a source begin in `targets`; one entry more than there are sources.
  private let starts: [Int]

  /// Creates a list of `links`, which may be in any order and may repeat.
  public init(_ links: [Links.Link]) {
    var ordered: [Links.Link] = []
    for link in links.sorted(by: Self.precedes) where link != ordered.last { ordered.append(link) }
    var targets: [CoreID] = []
    var starts = [0]
    for link in ordered {
      guard case .core(let target) = link.target, link.kind == .partialSum else { continue }
      while starts.count <= link.source.index { starts.append(targets.count) }
      targets.append(target)
    }
    starts.append(targets.count)
    self.links = ordered
    self.targets = targets
    self.starts = starts
  }

  /// The cores to which partial sums can pass from `source`, in ascending order.
  public func partialSumTargets(of source: CoreID) -> ArraySlice<CoreID> {
    guard source.index + 1 < starts.count else { return [] }
    return targets[starts[source.index]..<starts[source.index + 1]]
  }

  private static func precedes(_ a: Links.Link, _ b: Links.Link) -> Bool {
    rank(a) < rank(b)
  }

  /// Cores come before GDPU slices, and kinds in the order of their declaration.
  private static func rank(_ link: Links.Link) -> (UInt32, Int, Int, Int) {
    let kind = Links.Kind.allCases.firstIndex(of: link.kind)!
    return switch link.target {
    case .core(let core): (link.source.rawValue, 0, core.index, kind)
    case .gdpu(let slice): (link.source.rawValue, 1, slice, kind)
    }
  }
}

extension Chip {
  /// The cores to which partial sums can pass from the LDPU of `core` over one link, in ascending
  /// order.
  public func partialSumTargets(of core: CoreID) -> [CoreID] {
    switch links.topology {
    case .all, .mesh: (0..<cores.count).map { CoreID($0) }.filter { $0 != core }
    case .listed(let list): Array(list.partialSumTargets(of: core))
    }
  }

  /// The GDPU slices that the LDPU of `core` feeds, in ascending order.
  public func gdpuSlices(fedBy core: CoreID) -> [Int] {
    guard let gdpu else { return [] }
    switch links.topology {
    case .all, .mesh: return Array(0..<gdpu.count)
    case .listed(let list):
      return list.links.compactMap { link in
        guard link.source == core, link.kind == .partialSum, case .gdpu(let slice) = link.target
        else { return nil }
        return slice
      }
    }
  }

  /// The cores whose LDPUs feed the GDPU slice `slice`, in ascending order.
  public func cores(feedingGDPU slice: Int) -> [CoreID] {
    guard let gdpu, slice < gdpu.count else { return [] }
    switch links.topology {
    case .all, .mesh: return (0..<cores.count).map { CoreID($0) }
    case .listed(let list):
      return list.links.compactMap { link in
        link.target == .gdpu(slice) && link.kind == .partialSum ? link.source : nil
      }
    }
  }
}
