import Chip
import IR

/// Nodes that move elements, or put vectors together: poolings, sums over places, parts of values.
extension WorkCollector {
  mutating func addOther(_ node: Node) {
    let operands = node.operands.compactMap { $0 }.filter { streams[$0] != nil }
    guard let first = operands.first, let stream = streams[first] else { return }
    guard let shape = graph[node.results[0]].type.fixedShape,
      let old = graph[first].type.fixedShape
    else { return }
    switch node.op {
    case .pool(let pool): addPool(pool, node, stream, old, shape)
    case .globalPool: accumulate(node, first, stream)
    case .reduce, .extremum:
      guard let axis = stream.axis, !graph.reducedAxes(of: node).contains(axis) else {
        return refuse(node, "reduces other elements than those of vectors or of places")
      }
      accumulate(node, first, stream)
    case .transpose, .reshape, .flatten, .squeeze, .unsqueeze:
      streams[node.results[0]] = stream.moved(by: node, to: shape, from: old)
    case .expand where operands.count == 1:
      streams[node.results[0]] = stream.moved(by: node, to: shape, from: old)
    case .split(let axis): addSplit(node, axis < 0 ? axis + old.count : axis, stream)
    case .concat(let axis):
      concatenate(node, operands, axis < 0 ? axis + shape.count : axis, shape)
    case .pad, .slice, .gather, .resize, .movement(.tile), .movement(.depthToSpace),
      .movement(.spaceToDepth):
      guard operands.count == 1 else {
        return refuse(node, "takes places that are computed")
      }
      streams[node.results[0]] = rearranged(stream, to: shape)
    default: refuse(node, "is nothing that a block of a fabric computes")
    }
  }

  /// A stream whose elements are in other places: all of it is read from a memory core.
  private func rearranged(_ stream: FabricStream, to shape: [Int]) -> FabricStream {
    var stream = stream
    stream.isReordered = true
    if let axis = stream.axis, !shape.indices.contains(axis) { stream.axis = shape.indices.last }
    return stream
  }

  private mutating func addSplit(_ node: Node, _ axis: Int, _ stream: FabricStream) {
    var first = 0
    for result in node.results {
      guard let shape = graph[result].type.fixedShape else { continue }
      if axis == stream.axis {
        var part = stream
        part.parts = stream.senders(of: first..<first + shape[axis])
        streams[result] = part
        first += shape[axis]
      } else {
        streams[result] = rearranged(stream, to: shape)
      }
    }
  }

  private mutating func concatenate(
    _ node: Node, _ operands: [ValueID], _ axis: Int, _ shape: [Int]
  ) {
    let all = operands.compactMap { streams[$0] }
    let isAlong = all.allSatisfy {
      $0.axis == axis && $0.vectors == all[0].vectors && !$0.isReordered
    }
    let depth = all.map(\.depth).max() ?? 0
    if isAlong && all.count == node.operands.count {
      streams[node.results[0]] = FabricStream(
        vectors: all[0].vectors, parts: all.flatMap(\.parts), axis: axis, depth: depth)
      return
    }
    let lane = all[0].axis.map { min($0, shape.count - 1) } ?? shape.count - 1
    let vectors = shape.reduce(1, *) / max(shape[lane], 1)
    let stage = addStore(
      node.name, vectors: vectors, near: work[all[0].parts[0].stage].blocks[0])
    for stream in all {
      for part in stream.parts {
        work.connect(
          FabricFlow(
            source: part.stage, targets: [stage], elements: part.elements,
            vectors: stream.vectors, need: work.needOfReaders(of: part.stage)))
      }
    }
    streams[node.results[0]] = FabricStream(
      vectors: vectors, parts: [.init(stage: stage, elements: shape[lane])], axis: lane,
      isReordered: true, depth: depth + 1)
  }

  private mutating func addPool(
    _ pool: Pool, _ node: Node, _ stream: FabricStream, _ old: [Int], _ shape: [Int]
  ) {
    guard pool.positions == nil || node.results.count == 1 else {
      return refuse(node, "gives positions")
    }
    let spatial = old.count - 2
    let begin = (0..<spatial).map {
      (try? pool.window.resolved(dimension: $0, size: old[$0 + 2], ceil: pool.ceil))?.begin ?? 0
    }
    let vectors = shape[0] * shape[2...].reduce(1, *)
    let taps = pool.window.kernel.reduce(1, *)
    let (core, width) = (fabric.light, stream.width / stream.bundle)
    let home = work[stream.parts[0].stage].blocks[0].chip
    let stage = work.add(
      FabricStage(
        kind: .light, name: node.name, blocks: work.mesh.lightCores(of: home),
        vectors: vectors, time: (Double(taps - 1) * core.addTime(width)).ticks,
        energy: Double(taps - 1) * core.addEnergy(width)))
    let needs = WindowNeeds(
      input: [old[0]] + old[2...], output: [shape[0]] + shape[2...],
      window: pool.window.withBatch, begin: [0] + begin)
    let operand = node.operands[0]!
    let held = store(operand, for: [stage], isWhole: stream.isReordered)
    work.connect(
      FabricFlow(
        source: held, targets: [stage], elements: taps * width, vectors: vectors,
        need: need(stream, of: needs)))
    streams[node.results[0]] = FabricStream(
      vectors: vectors, parts: [.init(stage: stage, elements: width)], axis: stream.axis,
      depth: stream.depth + 2)
  }

  /// The sums of all vectors of a value, one after the other on one light core.
  private mutating func accumulate(_ node: Node, _ value: ValueID, _ stream: FabricStream) {
    let home = work[stream.parts[0].stage].blocks[0].chip
    let (core, width) = (fabric.light, stream.width / stream.bundle)
    let block = leastLoaded(
      work.mesh.blocks(.light, of: home), plus: stream.vectors * core.addTime(stream.width).ticks,
      near: work[stream.parts[0].stage].blocks[0])
    let stage = work.add(
      FabricStage(
        kind: .accumulate, name: node.name, blocks: [block], vectors: stream.vectors,
        time: core.addTime(stream.width).ticks, energy: core.addEnergy(stream.width)))
    send(value, 0..<stream.width, to: [stage], vectors: stream.vectors, need: .each)
    streams[node.results[0]] = FabricStream(
      vectors: 1, parts: [.init(stage: stage, elements: width)], axis: stream.axis,
      depth: stream.depth + 1)
  }
}
