import IR

/// How vectors come to the stages that read them: right away, or by way of memory cores.
extension WorkCollector {
  /// The stage that holds `value` on `chip`.
  ///
  /// What `isWhole` holds, readers take when all vectors have come, and the rest as soon as they need it.
  mutating func store(
    _ value: ValueID, for targets: [StageID], isWhole: Bool
  ) -> StageID {
    let chip = work[targets[0]].blocks[0].chip
    let key = StoreKey(value: value, chip: chip, isWhole: isWhole)
    if let known = stores[key] { return known }
    guard let stream = streams[value] else { preconditionFailure("the value has a stream") }
    let stage = addStore(
      graph[value].name, vectors: stream.vectors, near: work[targets[0]].blocks[0])
    stores[key] = stage
    for slice in stream.slices(of: 0..<stream.width) {
      // What is sent in several pieces anyway passes by here.
      let pieces = (deliveries[slice.stage] ?? [:]).keys.filter {
        slice.range.contains($0.range.lowerBound)
          && slice.range.upperBound >= $0.range.upperBound
      }.sorted { $0.range.lowerBound < $1.range.lowerBound }
      let isCovered =
        pieces.first?.range.lowerBound == slice.range.lowerBound
        && pieces.last?.range.upperBound == slice.range.upperBound
        && zip(pieces, pieces.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound }
      for piece in isCovered ? pieces : slice.pieces(of: fabric.wires) {
        deliver(piece, to: [stage], vectors: stream.vectors)
      }
    }
    return stage
  }

  /// A stage that holds vectors in the memory core of a chip that has room for them and least to do.
  mutating func addStore(_ name: String, vectors: Int, near other: FabricBlock) -> StageID {
    let bytes = storeCount < bytesToHold.count ? bytesToHold[storeCount] : 0
    storeCount += 1
    let cores = work.mesh.blocks(.memory, of: other.chip)
    let roomy = cores.filter { (held[$0] ?? 0) + bytes <= fabric.memoryBytes }
    let block = leastLoaded(roomy.isEmpty ? cores : roomy, plus: vectors, near: other)
    held[block, default: 0] += bytes
    return work.add(
      FabricStage(
        kind: .store, name: name, blocks: [block], vectors: vectors, time: 0, energy: 0))
  }

  /// Sends a slice of every vector that a stage sends, with what goes to others of it already.
  mutating func deliver(
    _ slice: FabricStream.Slice, to targets: [StageID], vectors: Int
  ) {
    guard vectors > 0 else { return }
    if let flow = deliveries[slice.stage]?[slice], work.flows[flow].vectors == vectors {
      work.flows[flow].targets += targets
      for target in targets { work[target].inputs.append(flow) }
      return
    }
    deliveries[slice.stage, default: [:]][slice] = work.flows.count
    work.connect(
      FabricFlow(
        source: slice.stage, targets: targets, elements: slice.range.count, vectors: vectors,
        need: work.needOfReaders(of: slice.stage)))
  }

  /// The block of several that has least to do, of equals the one nearest to another block.
  mutating func leastLoaded(
    _ blocks: [FabricBlock], plus load: Int, near other: FabricBlock
  ) -> FabricBlock {
    let mesh = work.mesh
    guard
      let block = blocks.min(by: {
        (loads[$0] ?? 0, mesh.distance($0, other), $0)
          < (loads[$1] ?? 0, mesh.distance($1, other), $1)
      })
    else { preconditionFailure("a fabric has light and memory cores") }
    loads[block, default: 0] += load
    return block
  }

  /// Sends a range of every vector of `value` to stages of one chip or several: right away where they take vector by
  /// vector, else by way of memory cores.
  mutating func send(
    _ value: ValueID, _ range: Range<Int>, to targets: [StageID], vectors: Int,
    need: FabricFlow.Need, waits: Bool = false
  ) {
    guard let stream = streams[value] else { return }
    if case .each = need, !waits {
      for slice in stream.slices(of: range) {
        for piece in slice.pieces(of: fabric.wires) {
          deliver(piece, to: targets, vectors: vectors)
        }
      }
      return
    }
    let byChip = Dictionary(grouping: targets) { work[$0].blocks[0].chip }
    for (_, targets) in byChip.sorted(by: { $0.key < $1.key }) {
      var isWhole = false
      if case .whole = need { isWhole = true }
      let stage = store(value, for: targets, isWhole: isWhole)
      loads[work[stage].blocks[0], default: 0] += vectors
      work.connect(
        FabricFlow(
          source: stage, targets: targets, elements: range.count, vectors: vectors, need: need))
    }
  }

  /// How a reader of `vectors` vectors needs those of a stream.
  func need(_ stream: FabricStream, vectors: Int) -> FabricFlow.Need {
    if stream.vectors == 1 && vectors == 1 { return .each }
    guard stream.vectors * stream.bundle == vectors, !stream.isReordered else { return .whole }
    return stream.bundle == 1 ? .each : .windows(.each(vectors).bundled(by: stream.bundle))
  }

  /// How a reader needs the vectors of a stream for its windows.
  func need(_ stream: FabricStream, of windows: WindowNeeds) -> FabricFlow.Need {
    windows.lastUse.count == stream.vectors * stream.bundle && !stream.isReordered
      ? .windows(windows.bundled(by: stream.bundle)) : .whole
  }
}
