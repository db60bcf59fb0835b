import Basics
import Chip

extension FabricTimetable {
  /// Everything that is wrong with the times of a timetable, as it follows from the work: what is taken twice, vectors
  /// that go where nobody expects them or leave before they are there, and work before its vectors.
  public func faults() -> [String] {
    faultsOfOccupation() + faultsOfRoutes() + faultsOfOrder()
  }

  // MARK: Occupation

  private func faultsOfOccupation() -> [String] {
    var tasks = Array(repeating: [Timetable.Task](), count: work.mesh.resources)
    for transfer in transfers {
      for resource in transfer.resources {
        tasks[resource.index].append(
          .init(start: transfer.start, length: transfer.length, period: transfer.period))
      }
    }
    for (index, stage) in work.stages.enumerated() where stage.time > 0 {
      let period = period(of: stage.runs) * stage.blocks.count
      for (block, start) in zip(stage.blocks, starts[index]) {
        tasks[work.mesh.unit(block).index].append(
          .init(start: start, length: stage.time, period: period))
      }
    }
    return tasks.indices.compactMap { index in
      if tasks[index].contains(where: { $0.length > $0.period }) {
        return "\(name(index)) has more work than time"
      }
      return tasks[index].meet ? "\(name(index)) is taken twice at a time" : nil
    }
  }

  private func name(_ index: Int) -> String {
    switch work.mesh.meaning(of: FabricResource(index: index)) {
    case .unit(let block): name(block)
    case .wires(let block, let direction):
      "the wires over \(name(block)) along its \(direction == .row ? "row" : "column")"
    case .link(let chip, let isForward):
      "the link from chip \(chip) to chip \(isForward ? chip + 1 : chip - 1)"
    }
  }

  private func name(_ block: FabricBlock) -> String {
    "\(work.mesh.kind(of: block).name) \(block.place) of chip \(block.chip)"
  }

  // MARK: Routes

  private func faultsOfRoutes() -> [String] {
    transfers.compactMap { transfer in
      if work.mesh.isLink(transfer) { return nil }
      let reached = blocks(from: transfer.source, over: transfer.resources)
      let missed = transfer.receivers.first { !reached.contains($0) }
      return missed.map {
        "a transfer of \(work[work.flows[transfer.flow].source].name) does not reach \(name($0))"
      }
    }
  }

  /// The blocks that wires lead to from one of them.
  private func blocks(
    from source: FabricBlock, over resources: [FabricResource]
  ) -> Set<FabricBlock> {
    var directions: [FabricBlock: Set<FabricMesh.Direction>] = [:]
    for resource in resources {
      guard case .wires(let block, let direction) = work.mesh.meaning(of: resource) else {
        continue
      }
      directions[block, default: []].insert(direction)
    }
    guard directions[source] != nil else { return [source] }
    let layout = work.mesh.fabric.layout
    var reached: Set<FabricBlock> = [source]
    var next = [source]
    while let block = next.popLast() {
      let (row, column) = block.place.quotientAndRemainder(dividingBy: layout.width)
      for (direction, step) in [
        (FabricMesh.Direction.row, -1), (.row, 1), (.column, -1), (.column, 1),
      ] {
        let (r, c) = direction == .row ? (row, column + step) : (row + step, column)
        guard layout.rows.indices.contains(r), (0..<layout.width).contains(c) else { continue }
        let neighbour = FabricBlock(chip: block.chip, place: r * layout.width + c)
        // Guards join the wires of both sides only along their direction.
        guard directions[block]?.contains(direction) ?? false,
          directions[neighbour]?.contains(direction) ?? false,
          reached.insert(neighbour).inserted
        else { continue }
        next.append(neighbour)
      }
    }
    return reached
  }

  // MARK: Order

  private func faultsOfOrder() -> [String] {
    var carried = Array(repeating: [Transfer](), count: work.flows.count)
    for transfer in transfers { carried[transfer.flow].append(transfer) }
    return work.flows.indices.compactMap { index in
      fault(of: index, carried[index])
    }
  }

  /// What is wrong with the times of a flow.
  private func fault(of index: Int, _ carried: [Transfer]) -> String? {
    let flow = work.flows[index]
    let (source, period) = (work[flow.source], period(of: flow.vectors))
    for turn in 0..<turns {
      let sender = source.blocks.count > 1 ? source.blocks[turn] : source.blocks[0]
      // When the vector of this turn is at each block.
      var there = [sender: release(of: flow, turn: turn)]
      for transfer in carried where transfer.turn == turn {
        if work.mesh.isLink(transfer) {
          guard
            case .link(let chip, let isForward)? = transfer.resources.first.map(work.mesh.meaning)
          else { continue }
          let exit = work.mesh.port(of: chip, isForward: isForward)
          guard let ready = there[exit], transfer.start >= ready else {
            return "\(source.name) crosses a link before it is there"
          }
          let entry = work.mesh.port(of: isForward ? chip + 1 : chip - 1, isForward: !isForward)
          there[entry] = max(there[entry] ?? 0, transfer.start + transfer.length)
        } else {
          guard let ready = there[transfer.source], transfer.start >= ready else {
            return "\(source.name) leaves \(name(transfer.source)) before it is there"
          }
          for block in transfer.receivers { there[block] = transfer.start + transfer.length }
        }
      }
      for target in flow.targets {
        let stage = work[target]
        let block = stage.blocks.count > 1 ? stage.blocks[turn] : stage.blocks[0]
        guard let arrival = there[block] else {
          return "\(source.name) does not come to \(name(block)), which computes \(stage.name)"
        }
        let start =
          stage.blocks.count > 1
          ? starts[target.index][turn] : starts[target.index][0] + turn * period
        let lead =
          stage.kind == .attention
          ? stage.leadOfAttention(tokens: flow.vectors, period: period) : 0
        if start < arrival + lead {
          return "\(name(block)) computes \(stage.name) before \(source.name) is there"
        }
      }
    }
    return nil
  }

  // MARK: Memory

  /// The memory cores that are too small for the buffers that they have to hold.
  func faults(of buffers: [FabricBuffer]) -> [String] {
    let capacity = work.mesh.fabric.memoryBytes
    return Dictionary(grouping: buffers, by: \.block).compactMap { block, buffers in
      let bytes = buffers.reduce(0) { $0 + $1.bytes }
      return bytes > capacity
        ? "\(name(block)) has to hold \(bytes) bytes, and has room for \(capacity)" : nil
    }.sorted()
  }
}

extension [Timetable.Task] {
  /// Whether two of them ever take a resource at the same time.
  fileprivate var meet: Bool {
    guard let first, contains(where: { $0.period != first.period }) else {
      // On a circle of one period, a task can only meet the one before it.
      let period = first?.period ?? 1
      let ordered = map { task in
        let start = task.start % period
        return (start: start < 0 ? start + period : start, length: task.length)
      }.sorted { $0.start < $1.start }
      let isEarly = zip(ordered, ordered.dropFirst()).contains { $0.start + $0.length > $1.start }
      guard count > 1, let head = ordered.first, let last = ordered.last else { return false }
      return isEarly || last.start + last.length > head.start + period
    }
    return indices.contains { index in self[..<index].contains { self[index].meets($0) } }
  }
}

extension Timetable.Task {
  /// Whether it ever takes a resource at the time of another task.
  fileprivate func meets(_ other: Timetable.Task) -> Bool {
    let common = greatestCommonDivisor(period, other.period)
    var after = (start - other.start) % common
    if after < 0 { after += common }
    return after < other.length || common - after < length
  }
}
