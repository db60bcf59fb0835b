import Chip

/// What a memory core holds for a stage.
public struct FabricBuffer: Sendable {
  public var stage: StageID
  public var block: FabricBlock
  /// The most vectors that are there at a time.
  public var vectors: Int
  /// The activations of one.
  public var elements: Int
  /// The size in bytes, one an activation.
  public var bytes: Int { vectors * elements }
}

extension FabricTimetable {
  /// What memory cores hold, stage by stage, from the first byte that may arrive to the last that is sent.
  public func buffers() -> [FabricBuffer] {
    var sent = Array(repeating: [Int](), count: work.stages.count)
    var received = sent
    for (index, transfer) in transfers.enumerated() where work.mesh.isLink(transfer) == false {
      let flow = work.flows[transfer.flow]
      if work[flow.source].kind == .store { sent[flow.source.index].append(index) }
      for target in flow.targets
      where work[target].kind == .store && transfer.receivers.contains(work[target].blocks[0]) {
        received[target.index].append(index)
      }
    }
    return work.stages.indices.compactMap { index in
      let stage = work.stages[index]
      guard stage.kind == .store else { return nil }
      return buffer(StageID(index: index), received[index], sent[index])
    }
  }

  private func buffer(_ id: StageID, _ received: [Int], _ sent: [Int]) -> FabricBuffer {
    let stage = work[id]
    // Flows of other numbers of vectors fill other parts of what the stage sends as one.
    let all = stage.inputs.reduce(0) { $0 + work.flows[$1].elements * work.flows[$1].vectors }
    let elements = stage.vectors > 0 ? (all + stage.vectors - 1) / stage.vectors : 0
    // Vector n comes no earlier than `first` + n periods.
    let writer = period(of: stage.vectors)
    let first =
      received.map { index in
        let transfer = transfers[index]
        return transfer.start - transfer.turn * period(of: work.flows[transfer.flow].vectors)
      }.min() ?? starts[id.index][0]
    var ends = Array(repeating: Int.min, count: stage.vectors)
    for index in sent {
      let transfer = transfers[index]
      let flow = work.flows[transfer.flow]
      let reader = period(of: flow.vectors)
      let last = transfer.start + transfer.length - transfer.turn * reader
      switch flow.need {
      case .each: for v in ends.indices { ends[v] = max(ends[v], last + v * reader) }
      case .whole:
        let end = last + (flow.vectors - 1) * reader
        for v in ends.indices { ends[v] = max(ends[v], end) }
      case .windows(let windows):
        for v in ends.indices where v < windows.lastUse.count && windows.lastUse[v] >= 0 {
          ends[v] = max(ends[v], last + windows.lastUse[v] * reader)
        }
      }
    }
    let spans = ends.indices.map { v in
      let begin = first + v * writer
      return begin..<max(ends[v], begin)
    }
    return FabricBuffer(
      stage: id, block: stage.blocks[0], vectors: Self.peak(of: spans, every: interval),
      elements: elements)
  }

  /// The most spans that hold a time, where all come again after every `interval`.
  public static func peak(of spans: [Range<Int>], every interval: Int) -> Int {
    var always = 0
    var events: [(time: Int, change: Int)] = []
    for span in spans where !span.isEmpty {
      let (whole, rest) = span.count.quotientAndRemainder(dividingBy: interval)
      always += whole
      guard rest > 0 else { continue }
      var start = span.lowerBound % interval
      if start < 0 { start += interval }
      events.append((start, 1))
      if start + rest > interval {
        // What goes on into the next interval is there at the start of every one.
        events.append((0, 1))
        events.append((start + rest - interval, -1))
      } else {
        events.append((start + rest, -1))
      }
    }
    events.sort { ($0.time, $0.change) < ($1.time, $1.change) }
    var (now, most) = (0, 0)
    for event in events {
      now += event.change
      most = max(most, now)
    }
    return always + most
  }
}

extension FabricMesh {
  /// Whether a transfer is over a link between chips.
  func isLink(_ transfer: FabricTimetable.Transfer) -> Bool {
    guard let resource = transfer.resources.first else { return false }
    if case .link = meaning(of: resource) { return true }
    return false
  }
}
