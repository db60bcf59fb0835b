import Basics
import Chip

/// Finds a timetable: stage after stage, each as soon as what it reads has come and what it takes is free.
struct FabricScheduler {
  /// How starts are chosen.
  enum Policy: CaseIterable {
    /// As early as possible.
    case earliest
    /// The same, over the wires that have most time left, though vectors wait longer.
    case balanced
    /// So that light cores have no gaps, though vectors wait longer.
    case joined

    /// How much more a way may cost than the best one where it is free sooner.
    fileprivate var tolerance: Double { self == .balanced ? 1 : 1.3 }
  }

  private let work: FabricWork
  private let policy: Policy
  private var table: Timetable
  private(set) var found: FabricTimetable
  /// The part of the time for which each of the wires is taken, or will be by what begins or ends there.
  private var loads: [Double]
  /// When the vectors of every flow arrive on every chip, the first of each turn.
  private var arrivals: [[Int: [Int]]]

  private init(_ work: FabricWork, base: Int, slots: Int, policy: Policy) {
    self.work = work
    self.policy = policy
    table = Timetable(resources: work.mesh.resources)
    loads = work.occupations(slots: slots).map { $0 / Double(base) }
    found = FabricTimetable(
      work: work, base: base, slots: slots,
      starts: Array(repeating: [], count: work.stages.count))
    arrivals = Array(repeating: [:], count: work.flows.count)
  }

  /// The timetable of `work` with an interval of `slots` times `base` ns; `nil` if some work finds no place.
  static func timetable(
    of work: FabricWork, base: Int, slots: Int, policy: Policy
  ) -> FabricTimetable? {
    var scheduler = FabricScheduler(work, base: base, slots: slots, policy: policy)
    for id in work.order {
      guard scheduler.schedule(id) else { return nil }
      scheduler.found.starts[id.index] = scheduler.starts
    }
    return scheduler.found
  }

  /// The starts of the stage that was scheduled last.
  private var starts: [Int] = []

  private var turns: Int { found.turns }

  // MARK: Stages

  private mutating func schedule(_ id: StageID) -> Bool {
    let stage = work[id]
    for flow in stage.inputs where arrivals[flow].isEmpty {
      guard carry(flow) else { return false }
    }
    let period = found.period(of: stage.runs)
    let chip = stage.blocks[0].chip
    guard work.isTaken(inTurn: id) else {
      let ready = stage.inputs.map { readyTime($0, for: stage) }.max() ?? 0
      guard let start = take(stage.blocks[0], stage.time, period, ready) else { return false }
      starts = [start]
      return true
    }
    starts = []
    for (turn, block) in stage.blocks.enumerated() {
      let ready = stage.inputs.map { arrival($0, on: chip, turn: turn) }.max() ?? 0
      guard let start = take(block, stage.time, turns * period, ready) else { return false }
      starts.append(start)
    }
    return true
  }

  /// Takes the unit of a block for work of `length` ns; the start, or `nil` if there is none.
  private mutating func take(
    _ block: FabricBlock, _ length: Int, _ period: Int, _ ready: Int
  ) -> Int? {
    guard length > 0 else { return ready }
    let unit = work.mesh.unit(block)
    let joins = policy == .joined && work.mesh.kind(of: block) == .light
    let joined =
      joins ? table.joinedStart(of: unit, length: length, period: period, ready: ready) : nil
    guard
      let start = joined
        ?? table.start(of: [unit], length: length, period: period, ready: ready)
    else { return nil }
    table.take([unit], .init(start: start, length: length, period: period))
    return start
  }

  /// When a stage that works alone can begin as far as one flow goes.
  private func readyTime(_ flow: Int, for stage: FabricStage) -> Int {
    let first = firstArrival(flow, on: stage.blocks[0].chip)
    guard stage.kind == .attention else { return first }
    let vectors = work.flows[flow].vectors
    return first
      + stage.leadOfAttention(tokens: vectors, period: found.period(of: vectors))
  }

  // MARK: Arrivals

  /// When the vector of a turn arrives on a chip.
  private func arrival(_ flow: Int, on chip: Int, turn: Int) -> Int {
    let times = arrivals[flow][chip] ?? [0]
    return times.count > 1
      ? times[turn] : times[0] + turn * found.period(of: work.flows[flow].vectors)
  }

  /// A time such that vector n has arrived n periods later, for every n.
  private func firstArrival(_ flow: Int, on chip: Int) -> Int {
    let period = found.period(of: work.flows[flow].vectors)
    let times = arrivals[flow][chip] ?? [0]
    return times.enumerated().map { $1 - $0 * period }.max() ?? 0
  }

  // MARK: Transfers

  /// Finds times for all transfers of a flow.
  private mutating func carry(_ index: Int) -> Bool {
    let flow = work.flows[index]
    let period = found.period(of: flow.vectors)
    // A transfer that came with every vector would find no gap between those that come with every so-many-th.
    for turn in 0..<turns {
      let route = Route(work, flow, turn: turn)
      let release = found.release(of: flow, turn: turn)
      guard carry(route, index, turn, release, turns * period) else { return false }
    }
    return true
  }

  /// Finds times for the transfers of one vector, chip by chip; notes when it arrives on each.
  private mutating func carry(
    _ route: Route, _ flow: Int, _ turn: Int, _ release: Int, _ period: Int
  ) -> Bool {
    var (time, home) = (release, release)
    for (index, hop) in (route.forward + route.backward).enumerated() {
      if index == route.forward.count { time = home }
      guard let end = carry(hop, flow, turn, period, time) else { return false }
      if index == 0 { home = end }
      time = end
      arrivals[flow][hop.source.chip, default: []].append(time)
    }
    return true
  }

  /// Carries a vector over a link, if there is one, and to the receivers behind it; the time at which it is there, or
  /// `nil`.
  private mutating func carry(
    _ hop: Route.Hop, _ flow: Int, _ turn: Int, _ period: Int, _ ready: Int
  ) -> Int? {
    let length = work.transferTime(work.flows[flow])
    guard let (link, chip) = hop.link else {
      return spread(hop, flow, turn, length, period, ready)
    }
    let onLink = work.linkTime(work.flows[flow])
    guard let start = table.start(of: [link], length: onLink, period: period, ready: ready)
    else { return nil }
    note(flow, turn, chip, hop.source, [], [link], start, onLink, period)
    return spread(hop, flow, turn, length, period, start + onLink)
  }

  /// Carries a vector to the receivers on one chip; the time at which it is there, or `nil`.
  private mutating func spread(
    _ hop: Route.Hop, _ flow: Int, _ turn: Int, _ length: Int, _ period: Int, _ ready: Int
  ) -> Int? {
    let others = hop.receivers.filter { $0 != hop.source }
    guard !others.isEmpty else { return ready }
    let ways = ways(from: hop.source, to: others)
    let first = aligned(ready)
    var best: (start: Int, wires: [FabricResource])?
    let least = ways.first?.cost ?? 0
    for (wires, cost) in ways {
      // Ways that cost much more are for those that find no other.
      if best != nil && cost > policy.tolerance * least { break }
      guard
        let start = table.start(of: wires, length: length, period: period, ready: first)
      else { continue }
      if best.map({ start < $0.start }) ?? true { best = (start, wires) }
      if start == first { break }
    }
    if let (start, wires) = best {
      note(flow, turn, hop.source.chip, hop.source, others, wires, start, length, period)
      return start + length
    }
    // What finds no tree to all goes to one half after the other.
    guard others.count > 1 else { return nil }
    let middle = others.count / 2
    var end = ready
    for half in [others[..<middle], others[middle...]] {
      let part = Route.Hop(link: nil, source: hop.source, receivers: Array(half))
      guard let there = spread(part, flow, turn, length, period, ready) else { return nil }
      end = max(end, there)
    }
    return end
  }

  /// The ways from a block to others and what they cost, first those over wires that have most time left.
  private func ways(
    from source: FabricBlock, to receivers: [FabricBlock]
  ) -> [(wires: [FabricResource], cost: Double)] {
    var ways = work.mesh.trees(from: source, to: receivers)
    if receivers.count == 1 { ways += work.mesh.detours(from: source, to: receivers[0]) }
    let costs = ways.map { wires in
      wires.reduce(0) { sum, resource in
        let load = loads[resource.index]
        return sum + 1 + 4 * load * load / max(1.02 - load, 0.02)
      }
    }
    return zip(ways, costs).enumerated().sorted {
      ($0.element.1, $0.offset) < ($1.element.1, $1.offset)
    }.map { ($0.element.0, $0.element.1) }
  }

  /// The first slot of the wires that begins at `ready` or later; any time, where slots do not fill the periods.
  private func aligned(_ ready: Int) -> Int {
    let slot = work.mesh.fabric.transferTime.ticks
    guard (found.base * turns).isMultiple(of: slot) else { return ready }
    return (ready + slot - 1) / slot * slot
  }

  /// Counts what passes over blocks; what begins or ends there is counted from the start, half for each direction.
  private mutating func addLoads(
    of resources: [FabricResource], ends: [FabricBlock], _ part: Double
  ) {
    for resource in resources {
      guard case .wires(let block, let direction) = work.mesh.meaning(of: resource),
        ends.contains(block)
      else {
        loads[resource.index] += part
        continue
      }
      let other = work.mesh.wires(block, direction == .row ? .column : .row)
      loads[resource.index] += part / 2
      if !resources.contains(other) { loads[other.index] -= part / 2 }
    }
  }

  private mutating func note(
    _ flow: Int, _ turn: Int, _ chip: Int, _ source: FabricBlock, _ receivers: [FabricBlock],
    _ resources: [FabricResource], _ start: Int, _ length: Int, _ period: Int
  ) {
    table.take(resources, .init(start: start, length: length, period: period))
    addLoads(of: resources, ends: receivers + [source], Double(length) / Double(period))
    found.transfers.append(
      .init(
        flow: flow, turn: turn, chip: chip, source: source, receivers: receivers,
        resources: resources, start: start, length: length, period: period))
  }
}

/// The way of one vector from its sender to all receivers, chip by chip.
struct Route {
  /// What happens on one chip.
  struct Hop {
    /// The link over which the vector comes, if it does not start here.
    var link: (resource: FabricResource, chip: Int)?
    var source: FabricBlock
    var receivers: [FabricBlock]
  }

  /// The chip of the sender and those behind it.
  var forward: [Hop] = []
  /// The chips before it.
  var backward: [Hop] = []

  /// The way of the vectors of a flow that have their turn `turn`.
  init(_ work: FabricWork, _ flow: FabricFlow, turn: Int) {
    func block(_ stage: StageID) -> FabricBlock {
      let blocks = work[stage].blocks
      return blocks.count > 1 ? blocks[turn] : blocks[0]
    }
    let source = block(flow.source)
    let receivers = Dictionary(grouping: flow.targets.map(block), by: \.chip)
    let (first, last) = (
      min(receivers.keys.min() ?? source.chip, source.chip),
      max(receivers.keys.max() ?? source.chip, source.chip)
    )
    let mesh = work.mesh
    for chip in source.chip...last {
      let entry = chip == source.chip ? source : mesh.port(of: chip, isForward: false)
      var here = receivers[chip] ?? []
      if chip < last { here.append(mesh.port(of: chip, isForward: true)) }
      if chip == source.chip && first < chip { here.append(mesh.port(of: chip, isForward: false)) }
      let link = chip > source.chip ? mesh.link(from: chip - 1, isForward: true) : nil
      forward.append(Hop(link: link.map { ($0, chip - 1) }, source: entry, receivers: here))
    }
    guard first < source.chip else { return }
    for chip in (first..<source.chip).reversed() {
      var here = receivers[chip] ?? []
      if chip > first { here.append(mesh.port(of: chip, isForward: false)) }
      backward.append(
        Hop(
          link: (mesh.link(from: chip + 1, isForward: false), chip + 1),
          source: mesh.port(of: chip, isForward: true), receivers: here))
    }
  }
}
