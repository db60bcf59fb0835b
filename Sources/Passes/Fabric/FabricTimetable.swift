/// When every stage and every transfer of a network on a fabric begins, for ever again after the same interval.
public struct FabricTimetable: Sendable {
  /// A vector, or every so-many-th of a flow, on its way over one chip or one link.
  public struct Transfer: Sendable {
    /// The flow.
    public var flow: Int
    /// Which of the vectors it carries first, where light cores take them in turn.
    public var turn: Int
    /// The chip, or that which a link leaves.
    public var chip: Int
    /// The blocks that receive, and the one that sends.
    public var source: FabricBlock
    public var receivers: [FabricBlock]
    /// What it takes.
    public var resources: [FabricResource]
    public var start: Int
    public var length: Int
    public var period: Int
  }

  public let work: FabricWork
  /// The time between vectors of the fastest streams, in ns.
  public let base: Int
  /// The vectors that the fastest stream could carry in an inference.
  public let slots: Int
  /// The starts of every stage for its first vectors: one, or one for each light core.
  public var starts: [[Int]]
  /// The transfers, in the order in which they were found.
  public var transfers: [Transfer] = []

  /// The time between inferences, in ns.
  public var interval: Int { base * slots }
  /// The light cores of a chip, which take vectors in turn.
  public var turns: Int { work.mesh.turns }

  /// The time between vectors of a stream of `vectors` vectors an inference: a divisor of the interval.
  public func period(of vectors: Int) -> Int { base * Self.factor(vectors, slots) }

  /// The largest divisor k of `slots` for which `vectors` vectors find room in every k-th slot.
  static func factor(_ vectors: Int, _ slots: Int) -> Int {
    guard vectors > 0 else { return slots }
    let most = slots / vectors
    // Divisors come in pairs, the smaller of which is at most the root.
    var best = 1
    var divisor = 1
    while divisor * divisor <= slots {
      if slots.isMultiple(of: divisor) {
        for candidate in [divisor, slots / divisor] where candidate <= most {
          best = max(best, candidate)
        }
      }
      divisor += 1
    }
    return best
  }

  /// When the vector of a turn can leave its source.
  func release(of flow: FabricFlow, turn: Int) -> Int {
    let source = work[flow.source]
    let starts = starts[flow.source.index]
    let own = turn * period(of: flow.vectors)
    switch source.kind {
    case .light: return starts[turn] + source.time
    case .input, .mvm, .attention, .output: return starts[0] + source.time + own
    case .accumulate:
      let last = (source.vectors - 1) * period(of: source.vectors)
      return starts[0] + last + source.time + own
    case .store: return starts[0] + lead(of: flow) + own
    }
  }

  /// How long after the first vectors of all flows into a memory core a reader can have its first one, so that it
  /// never waits.
  private func lead(of flow: FabricFlow) -> Int {
    let reader = period(of: flow.vectors)
    let store = work[flow.source]
    switch flow.need {
    case .each: return 0
    case .whole:
      return store.inputs.map { input in
        let vectors = work.flows[input].vectors
        return (vectors - 1) * period(of: vectors)
      }.max() ?? 0
    case .windows(let windows):
      let writer = period(of: store.vectors)
      return zip(windows.last, 0...).reduce(0) { max($0, $1.0 * writer - $1.1 * reader) }
    }
  }
}

extension FabricWork {
  /// The blocks that work on a stage in turn: all light cores of a chip, or one.
  func isTaken(inTurn stage: StageID) -> Bool { self[stage].kind == .light }

  /// The time that the wires need for one vector of a flow, in ns.
  func transferTime(_ flow: FabricFlow) -> Int {
    let fabric = mesh.fabric
    return ((flow.elements + fabric.wires - 1) / fabric.wires) * fabric.transferTime.ticks
  }

  /// The time that a link between chips needs for it.
  func linkTime(_ flow: FabricFlow) -> Int {
    let fabric = mesh.fabric
    return ((flow.elements + fabric.wires - 1) / fabric.wires) * fabric.link.transferTime.ticks
  }
}
