import Passes

/// A fabric that runs a timetable, inference after inference, without its arithmetic of periods: it looks at every
/// vector, and at every ns for which something is taken.
struct FabricRun {
  /// Everything that went wrong, at most a few.
  private(set) var faults: [String] = []
  /// When the last vector of every inference left.
  private(set) var ends: [Int] = []

  private let timetable: FabricTimetable
  private let inferences: Int
  /// The spans for which each resource is taken.
  private var taken: [FabricResource: [Range<Int>]] = [:]
  /// When the runs of every stage end, by inference and vector.
  private var done: [[Int]]
  /// When the vectors of a flow are at a block.
  private var arrivals: [Key: Int] = [:]

  private struct Key: Hashable {
    var flow: Int
    var vector: Int
    var block: FabricBlock
  }

  private var work: FabricWork { timetable.work }

  init(_ timetable: FabricTimetable, inferences: Int = 3) {
    self.timetable = timetable
    self.inferences = inferences
    done = Array(repeating: [], count: timetable.work.stages.count)
    runStages()
    carry()
    checkOrder()
    checkOccupation()
    for inference in 0..<inferences {
      let outputs = work.stages.indices.filter {
        work.stages[$0].kind == .output && work.stages[$0].vectors > 0
      }
      let last = outputs.map { index in
        done[index][(inference + 1) * work.stages[index].vectors - 1]
      }
      ends.append(last.max() ?? 0)
    }
  }

  private mutating func report(_ fault: String) {
    if faults.count < 5 { faults.append(fault) }
  }

  /// The slot of a vector, counted over all inferences.
  private func slot(_ vector: Int, of vectors: Int) -> Int {
    let (inference, index) = vector.quotientAndRemainder(dividingBy: vectors)
    return inference * (timetable.interval / timetable.period(of: vectors)) + index
  }

  private mutating func runStages() {
    for (index, stage) in work.stages.enumerated() {
      let runs = stage.kind == .attention ? 1 : stage.vectors
      let period = timetable.period(of: runs)
      let starts = timetable.starts[index]
      for run in 0..<runs * inferences {
        let slot = slot(run, of: runs)
        let turn = slot % stage.blocks.count
        let start = starts[turn] + (slot - turn) * period
        done[index].append(start + stage.time)
        if stage.time > 0 {
          take(work.mesh.unit(stage.blocks[turn]), start..<start + stage.time)
        }
      }
    }
  }

  private mutating func take(_ resource: FabricResource, _ span: Range<Int>) {
    taken[resource, default: []].append(span)
  }

  /// Moves every vector, in the order of time, from where it is to where it goes.
  private mutating func carry() {
    var moves: [(start: Int, transfer: Int, vector: Int)] = []
    for (number, transfer) in timetable.transfers.enumerated() {
      let vectors = work.flows[transfer.flow].vectors
      let period = timetable.period(of: vectors)
      let turns = transfer.period / period
      for vector in 0..<vectors * inferences {
        let slot = slot(vector, of: vectors)
        guard slot % turns == transfer.turn else { continue }
        moves.append((transfer.start + (slot - transfer.turn) * period, number, vector))
      }
    }
    moves.sort { ($0.start, $0.transfer, $0.vector) < ($1.start, $1.transfer, $1.vector) }
    for move in moves {
      let transfer = timetable.transfers[move.transfer]
      let end = move.start + transfer.length
      for resource in transfer.resources { take(resource, move.start..<end) }
      let ready = ready(transfer, move.vector)
      if ready.map({ $0 > move.start }) ?? true {
        report(
          "flow \(transfer.flow), vector \(move.vector) leaves at \(move.start), before it is there"
        )
      }
      for block in transfer.receivers + [link(transfer)?.entry].compactMap({ $0 }) {
        arrivals[Key(flow: transfer.flow, vector: move.vector, block: block)] = end
      }
    }
  }

  /// The ports at both ends of a link that a transfer passes; `nil` on a chip.
  private func link(
    _ transfer: FabricTimetable.Transfer
  ) -> (exit: FabricBlock, entry: FabricBlock)? {
    guard let resource = transfer.resources.first,
      case .link(let chip, let isForward) = work.mesh.meaning(of: resource)
    else { return nil }
    let next = isForward ? chip + 1 : chip - 1
    return (
      work.mesh.port(of: chip, isForward: isForward),
      work.mesh.port(of: next, isForward: !isForward)
    )
  }

  /// When a vector is where a transfer takes it from; `nil` if never.
  private func ready(_ transfer: FabricTimetable.Transfer, _ vector: Int) -> Int? {
    let flow = work.flows[transfer.flow]
    let from = link(transfer)?.exit ?? transfer.source
    let key = Key(flow: transfer.flow, vector: vector, block: from)
    if let arrival = arrivals[key] { return arrival }
    let vectors = flow.vectors
    let turns = transfer.period / timetable.period(of: vectors)
    let source = work[flow.source]
    let sender = source.blocks[source.blocks.count > 1 ? slot(vector, of: vectors) % turns : 0]
    return sender == from ? release(flow, vector) : nil
  }

  /// When a stage has what a flow takes of it.
  private func release(_ flow: FabricFlow, _ vector: Int) -> Int? {
    let source = work[flow.source]
    let ends = done[flow.source.index]
    let (inference, index) = vector.quotientAndRemainder(dividingBy: flow.vectors)
    switch source.kind {
    case .attention: return ends[inference]
    case .accumulate: return ends[(inference + 1) * source.vectors - 1]
    case .input, .mvm, .light, .output: return ends[vector]
    case .store:
      var latest = 0
      for input in source.inputs {
        let written = work.flows[input].vectors
        let last: Int
        switch flow.need {
        case .each: last = index
        case .whole: last = written - 1
        case .windows(let windows): last = windows.last[index]
        }
        for vector in 0...last {
          let key = Key(
            flow: input, vector: inference * written + vector, block: source.blocks[0])
          // A store that is its own sender's block has the vector at once.
          guard
            let arrival = arrivals[key] ?? release(work.flows[input], inference * written + vector)
          else { return nil }
          latest = max(latest, arrival)
        }
      }
      return latest
    }
  }

  /// Work begins when all that it reads is there.
  private mutating func checkOrder() {
    for (index, stage) in work.stages.enumerated() where stage.kind != .store {
      for input in stage.inputs {
        let flow = work.flows[input]
        for vector in 0..<flow.vectors * inferences {
          let run = stage.kind == .attention ? vector / flow.vectors : vector
          let slot = slot(vector, of: flow.vectors)
          let block = stage.blocks[slot % stage.blocks.count]
          var start = done[index][run] - stage.time
          if stage.kind == .attention {
            // Token j is worked on when (j / S)² of the work is done.
            let share = Double(vector % flow.vectors) / Double(flow.vectors)
            start += Int((share * share * Double(stage.time)).rounded(.down))
          }
          let key = Key(flow: input, vector: vector, block: block)
          let source = work[flow.source]
          let isHere = source.blocks[slot % source.blocks.count] == block
          guard let arrival = arrivals[key] ?? (isHere ? release(flow, vector) : nil) else {
            report("vector \(vector) of flow \(input) does not come to \(stage.name)")
            continue
          }
          if arrival > start {
            report("\(stage.name) works on vector \(vector) before it is there")
          }
        }
      }
    }
  }

  private mutating func checkOccupation() {
    for (resource, spans) in taken {
      let sorted = spans.sorted { $0.lowerBound < $1.lowerBound }
      for (a, b) in zip(sorted, sorted.dropFirst()) where a.upperBound > b.lowerBound {
        report("\(work.mesh.meaning(of: resource)) is taken twice at \(b.lowerBound)")
      }
    }
  }
}
