import Basics
import Chip

/// What a network takes on a fabric: its timetable, and what bounds it.
public struct FabricPlan: Sendable {
  /// A kind of resource with the time that the busiest of its kind is taken in an inference, below which no interval
  /// can be.
  public struct Bound: Sendable {
    public var what: String
    public var time: Double
  }

  public let timetable: FabricTimetable
  /// The bounds of the interval, the largest first.
  public let bounds: [Bound]
  /// What the memory cores hold.
  public let buffers: [FabricBuffer]

  init(_ timetable: FabricTimetable, _ bounds: [Bound]) {
    self.timetable = timetable
    self.bounds = bounds
    buffers = timetable.buffers()
  }

  public var work: FabricWork { timetable.work }
  /// Times and energies.
  public var figures: FabricFigures { FabricFigures(timetable, buffers) }
  /// The memory cores that are too small for what they have to hold.
  var faultsOfMemory: [String] { timetable.faults(of: buffers) }
}

extension Partition {
  /// Places, routes and schedules the network on a fabric.
  ///
  /// The interval is the first, from its bound on, for which all work finds a place. Throws `Diagnostics` that name
  /// every node that no block computes, if no timetable is found, or if memory cores are too small.
  public func planned() throws -> FabricPlan {
    var plan = try plan(bytesToHold: [])
    if !plan.faultsOfMemory.isEmpty {
      plan = try self.plan(bytesToHold: plan.buffers.map(\.bytes))
    }
    try Diagnostics(plan.faultsOfMemory.map { Diagnostic(.error, $0, help: Self.moreChips) })
      .throwIfErrors()
    let faults = plan.timetable.faults()
    precondition(faults.isEmpty, "a timetable is sound: \(faults.first ?? "")")
    return plan
  }

  /// The plan of the smallest interval for which a timetable is found, where values in memory take so many bytes.
  private func plan(bytesToHold: [Int]) throws -> FabricPlan {
    let lightCores = chip.fabric?.layout.count(of: .light) ?? 1
    // Periods of streams are often powers of two apart, and fit better where turns are, too.
    let power = 1 << (Int.bitWidth - 1 - lightCores.leadingZeroBitCount)
    let works = try Set([lightCores, power]).sorted(by: >).map {
      try fabricWork(turns: $0, bytesToHold: bytesToHold)
    }
    let bounds = works[0].bounds()
    let least = works.map { $0.leastSlots() }
    var base = max(Int((least.map(\.base).min() ?? 1).rounded(.up)), 1)
    let limit = max(base * 64, 1 << 16)
    let slot = works[0].mesh.fabric.transferTime.ticks
    let step = slot / greatestCommonDivisor(slot, power)
    while base <= limit {
      for (work, least) in zip(works, least) where least.base <= Double(base) {
        let timetable = FabricScheduler.Policy.allCases.lazy.compactMap { policy in
          FabricScheduler.timetable(of: work, base: base, slots: least.slots, policy: policy)
        }.first
        if let timetable { return FabricPlan(timetable, bounds) }
      }
      base += base > Self.fine ? max(base / 100, 1) : 1
      // Where slots of the wires fill the periods of turns, no gap is too short for a transfer.
      if base > Self.fine { base = (base + step - 1) / step * step }
    }
    throw Diagnostics(
      Diagnostic(
        .error, "no timetable was found for the network on \(chips) × \(chip.name)",
        help: Self.moreChips))
  }

  /// The time between vectors, in ns, up to which every one is tried.
  private static let fine = 64
  private static let moreChips = "give it more chips with --chips"
}

extension FabricWork {
  /// How many vectors the fastest stream is given room for in an inference, and the least time between them in ns, such
  /// that the interval is as small as bounds allow.
  ///
  /// Streams have periods that divide the interval; a few slots more may let slow streams come closer to theirs.
  func leastSlots() -> (slots: Int, base: Double) {
    let most = max(stages.map(\.runs).max() ?? 1, 1)
    var best: (slots: Int, base: Double)?
    for slots in most...(most + most / 16) {
      let base = occupations(slots: slots).max() ?? 0
      if best.map({ base * Double(slots) < $0.base * Double($0.slots) }) ?? true {
        best = (slots, base)
      }
    }
    return best ?? (1, 1)
  }

  /// The part of a slot for which each resource is taken, as far as it is known before routes are.
  func occupations(slots: Int) -> [Double] {
    var factors: [Int: Double] = [:]
    return loads { vectors in
      if let known = factors[vectors] { return known }
      let factor = 1 / Double(FabricTimetable.factor(vectors, slots))
      factors[vectors] = factor
      return factor
    }
  }

  /// The bounds of the interval in ns, the largest first: the busiest unit of every kind, the wires over the busiest
  /// block, and the busiest link.
  func bounds() -> [FabricPlan.Bound] {
    var most: [String: Double] = [:]
    for (index, load) in loads(of: { Double($0) }).enumerated() where load > 0 {
      let what =
        switch mesh.meaning(of: FabricResource(index: index)) {
        case .unit(let block): mesh.kind(of: block).name + "s"
        case .wires(let block, _): "wires at \(mesh.kind(of: block).name)s"
        case .link: "links between chips"
        }
      most[what] = max(most[what] ?? 0, load)
    }
    return most.map { FabricPlan.Bound(what: $0.key, time: $0.value) }
      .sorted { ($1.time, $0.what) < ($0.time, $1.what) }
  }

  /// The time for which each resource is taken, where `weight` says how often a stream of so many vectors counts.
  ///
  /// Every transfer takes wires at its ends, in one of the two directions.
  private func loads(of weight: (Int) -> Double) -> [Double] {
    var loads = Array(repeating: 0.0, count: mesh.resources)
    func blocks(_ stage: StageID) -> [FabricBlock] { self[stage].blocks }
    for stage in stages where stage.time > 0 {
      let time = Double(stage.time) * weight(stage.runs) / Double(stage.blocks.count)
      for block in stage.blocks { loads[mesh.unit(block).index] += time }
    }
    for flow in flows {
      let time = Double(transferTime(flow)) * weight(flow.vectors)
      let source = blocks(flow.source)
      addLinks(flow, weight, &loads)
      var ends: [FabricBlock: Double] = [:]
      for target in flow.targets {
        let others = blocks(target)
        if others == source { continue }
        for block in others { ends[block] = time / Double(others.count) }
        for block in source { ends[block] = time / Double(source.count) }
      }
      for (block, time) in ends {
        for direction in FabricMesh.Direction.allCases {
          loads[mesh.wires(block, direction).index] += time / 2
        }
      }
    }
    return loads
  }

  /// Adds what the links between chips carry of a flow, which passes each of them once.
  private func addLinks(
    _ flow: FabricFlow, _ weight: (Int) -> Double, _ loads: inout [Double]
  ) {
    let source = self[flow.source].blocks[0].chip
    let chips = flow.targets.map { self[$0].blocks[0].chip }
    let (first, last) = (chips.min() ?? source, chips.max() ?? source)
    let time = Double(linkTime(flow)) * weight(flow.vectors)
    for chip in source..<max(last, source) {
      loads[mesh.link(from: chip, isForward: true).index] += time
    }
    for chip in min(first, source)..<source {
      loads[mesh.link(from: chip + 1, isForward: false).index] += time
    }
  }
}

extension FabricLayout.Block {
  /// What it is called.
  public var name: String {
    switch self {
    case .tile: "tile"
    case .light: "light core"
    case .heavy: "heavy core"
    case .memory: "memory core"
    case .port: "port"
    }
  }
}
