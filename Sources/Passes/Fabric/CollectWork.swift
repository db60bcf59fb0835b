import Basics
import Chip
import IR

extension Partition {
  /// The network as stages on the blocks of a fabric, blocks of weights on tiles in the order of the layers.
  ///
  /// `turns` light cores of each chip take the vectors of every stream in turn.
  func fabricWork(turns: Int) throws -> FabricWork {
    guard let fabric = chip.fabric else { preconditionFailure("the chip is a fabric") }
    var collector = WorkCollector(self, FabricMesh(fabric, chips: chips, turns: turns))
    collector.collect()
    try collector.faults.throwIfErrors()
    return collector.work
  }
}

/// Goes through a network and finds the stages and what they send each other.
struct WorkCollector {
  let partition: Partition
  var graph: Graph { partition.graph }
  var chip: Chip { partition.chip }
  var work: FabricWork
  var faults = Diagnostics()
  /// The stream of every value that a stage sends.
  var streams: [ValueID: FabricStream] = [:]
  /// The tile of every block of weights.
  private let tiles: [PackedBlock: FabricBlock]
  /// The flows of slices that go to others vector by vector.
  private var deliveries: [FabricStream.Slice: Int] = [:]
  /// The memory core of a value on a chip.
  private var stores: [StoreKey: StageID] = [:]
  /// How many vectors each memory core takes, and how much accumulating light cores do, by which the next is chosen.
  private var loads: [FabricBlock: Int] = [:]

  private struct StoreKey: Hashable {
    var value: ValueID
    var chip: Int
    var isWhole: Bool
  }

  init(_ partition: Partition, _ mesh: FabricMesh) {
    self.partition = partition
    work = FabricWork(mesh: mesh)
    tiles = partition.fabricTiles(of: mesh)
  }

  var fabric: Fabric { work.mesh.fabric }

  mutating func collect() {
    let attentions = graph.attentions()
    let inAttention = Set(attentions.flatMap(\.nodes))
    let contexts = Dictionary(uniqueKeysWithValues: attentions.map { ($0.nodes.last!, $0) })
    let light = graph.lightWork(except: inAttention)
    let lightOf = Dictionary(
      uniqueKeysWithValues: light.enumerated().flatMap { index, work in
        work.nodes.map { ($0, index) }
      })
    let layers = Dictionary(
      uniqueKeysWithValues: partition.layers.indices.map { (partition.layers[$0].node, $0) })
    for input in graph.inputs { addInput(input) }
    for (index, node) in graph.nodes.enumerated() {
      let id = NodeID(index)
      if let layer = layers[id] {
        addProduct(layer, node)
      } else if let attention = contexts[id] {
        addAttention(attention, node)
      } else if inAttention.contains(id) {
        continue
      } else if let number = lightOf[id] {
        if light[number].nodes.first == id { addLight(light[number]) }
      } else {
        addOther(node)
      }
    }
    for output in graph.outputs { addOutput(output) }
  }

  // MARK: Ends of the network

  private mutating func addInput(_ value: ValueID) {
    guard let shape = graph[value].type.fixedShape else { return }
    let axis = graph.vectorAxis(ofInput: value)
    let width = axis.map { shape[$0] } ?? 1
    // Of an image, as many places of a row enter at once as the wires carry.
    var bundle = 1
    if axis == 1, shape.count > 2, let row = shape.last {
      bundle = (1...max(row, 1)).last { row.isMultiple(of: $0) && $0 * width <= fabric.wires } ?? 1
    }
    let vectors = shape.reduce(1, *) / max(width * bundle, 1)
    let stage = work.add(
      FabricStage(
        kind: .input, name: graph[value].name,
        blocks: [work.mesh.port(of: 0, isForward: false)],
        vectors: vectors, time: 0, energy: 0))
    streams[value] = FabricStream(
      vectors: vectors, parts: [.init(stage: stage, elements: width * bundle)], axis: axis,
      bundle: bundle, depth: 0)
  }

  private mutating func addOutput(_ value: ValueID) {
    guard let stream = streams[value] else { return }
    let chip = work[stream.parts[0].stage].blocks[0].chip
    let stage = work.add(
      FabricStage(
        kind: .output, name: graph[value].name,
        blocks: [work.mesh.port(of: chip, isForward: true)],
        vectors: stream.vectors, time: 0, energy: 0))
    for part in stream.parts {
      work.connect(
        FabricFlow(
          source: part.stage, targets: [stage], elements: part.elements, vectors: stream.vectors,
          need: work.needOfReaders(of: part.stage)))
    }
  }

  // MARK: Memory

  /// The stage that holds `value` on `chip`.
  ///
  /// What `isWhole` holds, readers take when all vectors have come, and the rest as soon as they need it.
  private mutating func store(
    _ value: ValueID, for targets: [StageID], isWhole: Bool
  ) -> StageID {
    let chip = work[targets[0]].blocks[0].chip
    let key = StoreKey(value: value, chip: chip, isWhole: isWhole)
    if let known = stores[key] { return known }
    guard let stream = streams[value] else { preconditionFailure("the value has a stream") }
    let block = leastLoaded(
      work.mesh.blocks(.memory, of: chip), plus: stream.vectors, near: work[targets[0]].blocks[0])
    let stage = work.add(
      FabricStage(
        kind: .store, name: graph[value].name, blocks: [block], vectors: stream.vectors, time: 0,
        energy: 0))
    stores[key] = stage
    for slice in stream.slices(of: 0..<stream.width) {
      // What is sent in several pieces anyway passes by here.
      let pieces = deliveries.keys.filter {
        $0.stage == slice.stage && slice.range.contains($0.range.lowerBound)
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

  /// Sends a slice of every vector that a stage sends, with what goes to others of it already.
  private mutating func deliver(
    _ slice: FabricStream.Slice, to targets: [StageID], vectors: Int
  ) {
    guard vectors > 0 else { return }
    if let flow = deliveries[slice], work.flows[flow].vectors == vectors {
      work.flows[flow].targets += targets
      for target in targets { work[target].inputs.append(flow) }
      return
    }
    deliveries[slice] = work.flows.count
    work.connect(
      FabricFlow(
        source: slice.stage, targets: targets, elements: slice.range.count, vectors: vectors,
        need: work.needOfReaders(of: slice.stage)))
  }

  /// The block of several that has least to do, of equals the one nearest to another block.
  private mutating func leastLoaded(
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
  private mutating func send(
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
  private func need(_ stream: FabricStream, vectors: Int) -> FabricFlow.Need {
    if stream.vectors == 1 && vectors == 1 { return .each }
    guard stream.vectors * stream.bundle == vectors, !stream.isReordered else { return .whole }
    return stream.bundle == 1 ? .each : .windows(.each(vectors).bundled(by: stream.bundle))
  }

  /// How a reader needs the vectors of a stream for its windows.
  private func need(_ stream: FabricStream, of windows: WindowNeeds) -> FabricFlow.Need {
    windows.lastUse.count == stream.vectors * stream.bundle && !stream.isReordered
      ? .windows(windows.bundled(by: stream.bundle)) : .whole
  }

  // MARK: Products

  private mutating func addProduct(_ index: Int, _ node: Node) {
    let layer = partition.layers[index]
    let product = layer.product
    guard product.gates == nil else {
      return refuse(node, "has a state that tiles would wait for at every step")
    }
    guard let stream = streams[product.input] else { return }
    var need = need(stream, vectors: layer.vectors)
    if let windows = product.windows, case .columnByColumn = product.order, !windows.isPointwise {
      need = self.need(stream, of: windows.needs)
    }
    var tileStages: [[StageID]] = []
    var rowsOf: [Range<Int>: [StageID]] = [:]
    for (stack, blocks) in layer.stacks.enumerated() {
      var stages: [StageID] = []
      for (row, rows) in blocks.rows.enumerated() {
        let block = PackedBlock(
          layer: index, replica: 0, stack: stack, row: row, firstRow: 0, firstColumn: 0)
        let share = fabric.rowShare
        let (r, c) = (chip.crossbar.rows, chip.crossbar.columns)
        let use =
          share * Double(rows.count) / Double(r)
          + (1 - share) * Double(blocks.columns.count) / Double(c)
        let stage = work.add(
          FabricStage(
            kind: .mvm, name: node.name, blocks: [tiles[block]!], vectors: layer.vectors,
            time: chip.crossbar.mvmTime.ticks, energy: chip.crossbar.mvmEnergy * 1000 * use))
        stages.append(stage)
        rowsOf[rows, default: []].append(stage)
      }
      tileStages.append(stages)
    }
    for (rows, targets) in rowsOf.sorted(by: { $0.value[0] < $1.value[0] }) {
      send(product.input, rows, to: targets, vectors: layer.vectors, need: need)
    }
    let parts = sums(of: layer, tileStages, node)
    streams[product.result] = FabricStream(
      vectors: layer.vectors, parts: parts,
      axis: product.columnAxis ?? graph[product.result].type.fixedShape.map { $0.count - 1 },
      depth: stream.depth + 2)
  }

  /// What sends the columns of a layer: tiles alone, or light cores of the chip of the last tile that add what several
  /// tiles find.
  private mutating func sums(
    of layer: Layer, _ tiles: [[StageID]], _ node: Node
  ) -> [FabricStream.Part] {
    var parts: [FabricStream.Part] = []
    var first = 0
    while first < tiles.count {
      let stack = layer.stacks[first]
      guard tiles[first].count > 1 else {
        parts.append(.init(stage: tiles[first][0], elements: stack.columns.count))
        first += 1
        continue
      }
      func home(_ stack: Int) -> Int { work[tiles[stack].last!].blocks[0].chip }
      var end = first + 1
      while end < tiles.count, tiles[end].count > 1, home(end) == home(first) { end += 1 }
      let range = first..<end
      let width = range.reduce(0) { $0 + layer.stacks[$1].columns.count }
      let adds = range.map { tiles[$0].count }.max()! - 1
      let core = fabric.light
      let time =
        Double(adds) * core.addTime(width) + (layer.product.relu ? core.rectifyTime(width) : 0)
      let energy =
        Double(adds) * core.addEnergy(width) + (layer.product.relu ? core.rectifyEnergy(width) : 0)
      let stage = work.add(
        FabricStage(
          kind: .light, name: node.name, blocks: work.mesh.lightCores(of: home(first)),
          vectors: layer.vectors, time: time.ticks, energy: energy))
      for index in range {
        for tile in tiles[index] {
          work.connect(
            FabricFlow(
              source: tile, targets: [stage], elements: layer.stacks[index].columns.count,
              vectors: layer.vectors, need: work.needOfReaders(of: tile)))
        }
      }
      parts.append(.init(stage: stage, elements: width))
      first = end
    }
    return parts
  }

  // MARK: Digital work

  private mutating func addLight(_ light: LightWork) {
    let roots = light.roots.filter { streams[$0] != nil }
    // The work is done where the last of what it reads comes from.
    guard
      let main = roots.max(by: {
        let (a, b) = (streams[$0]!, streams[$1]!)
        return (a.vectors, a.depth) < (b.vectors, b.depth)
      }), let lead = streams[main]
    else { return }
    let firstNode = graph[light.nodes[0]]
    if light.steps.contains(.normalize), let axis = lead.axis,
      let rank = graph[main].type.fixedShape?.count, axis != rank - 1
    {
      return refuse(firstNode, "normalises over several vectors")
    }
    let vectors = lead.vectors
    let depth = roots.map { streams[$0]!.depth }.max() ?? 0
    let homes = light.steps.contains(.normalize) ? [] : lead.homes(in: work)
    let isSplit =
      homes.count > 1
      && roots.allSatisfy {
        let stream = streams[$0]!
        return stream.vectors == vectors && !stream.isReordered && stream.homes(in: work) == homes
      }
    let places =
      isSplit ? homes : [.init(chip: work[lead.parts[0].stage].blocks[0].chip, width: lead.width)]
    var parts: [FabricStream.Part] = []
    var first = 0
    for place in places {
      let stage = work.add(
        FabricStage(
          kind: .light, name: firstNode.name, blocks: work.mesh.lightCores(of: place.chip),
          vectors: vectors, time: light.time(on: fabric.light, width: place.width).ticks,
          energy: light.energy(on: fabric.light, width: place.width)))
      for root in roots {
        let stream = streams[root]!
        let range = isSplit ? first..<first + place.width : 0..<stream.width
        // A branch that comes much sooner than the others waits in a memory core.
        send(
          root, range, to: [stage], vectors: vectors, need: need(stream, vectors: vectors),
          waits: stream.depth + 2 < depth && vectors > 1)
      }
      parts.append(.init(stage: stage, elements: place.width))
      first += place.width
    }
    for result in light.nodes.flatMap({ graph[$0].results }) {
      guard let shape = graph[result].type.fixedShape else { continue }
      let width = shape.reduce(1, *) / max(vectors, 1)
      let isWhole = width == lead.width
      streams[result] = FabricStream(
        vectors: vectors,
        parts: isWhole ? parts : [.init(stage: parts[0].stage, elements: max(width, 1))],
        axis: isWhole ? lead.axis : nil, depth: depth + 1)
    }
  }

  private mutating func addAttention(_ attention: FoundAttention, _ node: Node) {
    guard let q = streams[attention.queries], let k = streams[attention.keys],
      let v = streams[attention.values]
    else { return }
    let homeChip = work[q.parts[0].stage].blocks[0].chip
    let cores = work.mesh.blocks(.heavy, of: homeChip)
    guard !cores.isEmpty else { return refuse(node, "needs a heavy core, and the fabric has none") }
    let shape = graph[attention.queries].type.fixedShape ?? []
    let heads = shape.dropLast(2).last ?? 1
    let used = cores.prefix(max(min(cores.count, heads), 1))
    let share = (q.width + used.count - 1) / used.count
    var parts: [FabricStream.Part] = []
    for (index, core) in used.enumerated() {
      let range = index * share..<min((index + 1) * share, q.width)
      guard !range.isEmpty else { break }
      let stage = work.add(
        FabricStage(
          kind: .attention, name: node.name, blocks: [core], vectors: q.vectors,
          time: fabric.heavy.time(tokens: k.vectors, elements: range.count).ticks,
          energy: fabric.heavy.energy(tokens: k.vectors, elements: range.count)))
      // What one stage has of all three is sent together.
      var sources: [StageID: (elements: Int, vectors: Int)] = [:]
      for stream in [q, k, v] {
        // Several heads may share keys and values.
        let first = range.lowerBound * stream.width / max(q.width, 1)
        let end = max(range.upperBound * stream.width / max(q.width, 1), first + 1)
        for part in stream.senders(of: first..<min(end, stream.width)) {
          sources[part.stage, default: (0, stream.vectors)].elements += part.elements
        }
      }
      for (source, sent) in sources.sorted(by: { $0.key < $1.key }) {
        work.connect(
          FabricFlow(
            source: source, targets: [stage], elements: sent.elements, vectors: sent.vectors,
            need: work.needOfReaders(of: source)))
      }
      parts.append(.init(stage: stage, elements: range.count))
    }
    streams[node.results[0]] = FabricStream(
      vectors: q.vectors, parts: parts, axis: nil, depth: max(q.depth, k.depth, v.depth) + 1)
  }

  private mutating func addOther(_ node: Node) {
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
    let home = work[all[0].parts[0].stage].blocks[0].chip
    let block = leastLoaded(
      work.mesh.blocks(.memory, of: home), plus: vectors,
      near: work[all[0].parts[0].stage].blocks[0])
    let stage = work.add(
      FabricStage(
        kind: .store, name: node.name, blocks: [block], vectors: vectors, time: 0, energy: 0))
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
    let (core, width) = (fabric.light, stream.width)
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
    let (core, width) = (fabric.light, stream.width)
    let block = leastLoaded(
      work.mesh.blocks(.light, of: home), plus: stream.vectors * core.addTime(width).ticks,
      near: work[stream.parts[0].stage].blocks[0])
    let stage = work.add(
      FabricStage(
        kind: .accumulate, name: node.name, blocks: [block], vectors: stream.vectors,
        time: core.addTime(width).ticks, energy: core.addEnergy(width)))
    send(value, 0..<width, to: [stage], vectors: stream.vectors, need: .each)
    streams[node.results[0]] = FabricStream(
      vectors: 1, parts: [.init(stage: stage, elements: width)], axis: stream.axis,
      depth: stream.depth + 1)
  }

  private mutating func refuse(_ node: Node, _ what: String) {
    faults.append(
      Diagnostic(
        .error, node: node.name, op: node.op.onnxName, "\(what) on chip \(chip.name)",
        supported: "products with constant weights on tiles, softmax attention on heavy cores; "
          + "element-wise functions, softmax and normalisation of vectors, pooling, sums over places and movement "
          + "of elements on light and memory cores",
        help: "compile for a chip with a host, such as hermes"))
  }
}

extension Double {
  /// The time in whole ns.
  var ticks: Int { Int(rounded(.up)) }
}

extension FabricStream {
  /// A chip that sends a part of every vector.
  struct Home: Equatable {
    var chip: Int
    var width: Int
  }

  /// The chips that send the elements of a vector, in order.
  func homes(in work: FabricWork) -> [Home] {
    parts.reduce(into: []) { homes, part in
      let chip = work[part.stage].blocks[0].chip
      if homes.last?.chip == chip {
        homes[homes.count - 1].width += part.elements
      } else {
        homes.append(Home(chip: chip, width: part.elements))
      }
    }
  }
}

extension Windows {
  /// Whether every window is one place of the input, in order.
  fileprivate var isPointwise: Bool {
    !arePadded && window.kernel.allSatisfy { $0 == 1 } && window.strides.allSatisfy { $0 == 1 }
  }

  /// Which vectors of the input its windows read.
  fileprivate var needs: WindowNeeds {
    WindowNeeds(
      input: [input[0]] + input[2...], output: [output[0]] + output[2...],
      window: window.withBatch, begin: [0] + begin)
  }
}

extension Window {
  /// The same windows with a dimension for the images of a batch.
  fileprivate var withBatch: Window {
    Window(
      kernel: [1] + kernel, strides: [1] + strides, dilations: [1] + dilations, padding: .valid)
  }
}

extension Partition {
  /// The tile of every block: tiles are taken in order, and all chips of a series take as many, as far as blocks whose
  /// results are added stay together.
  fileprivate func fabricTiles(of mesh: FabricMesh) -> [PackedBlock: FabricBlock] {
    let crossbars = virtualCrossbars
    let starts = crossbars.indices.map { packing != nil || crossbars[$0].blocks[0].row == 0 }
    var tiles: [PackedBlock: FabricBlock] = [:]
    var first = 0
    for chip in 0..<mesh.chips {
      let places = mesh.blocks(.tile, of: chip)
      let left = mesh.chips - 1 - chip
      let least = max(first, crossbars.count - left * places.count)
      let most = min(first + places.count, crossbars.count)
      let fair = first + (crossbars.count - first + left) / (left + 1)
      let ends = (least...max(least, most)).filter { $0 == crossbars.count || starts[$0] }
      let end = ends.min { abs($0 - fair) < abs($1 - fair) } ?? min(max(fair, least), most)
      for (place, crossbar) in zip(places, crossbars[first..<end]) {
        for var block in crossbar.blocks {
          (block.firstRow, block.firstColumn) = (0, 0)
          tiles[block] = place
        }
      }
      first = end
    }
    return tiles
  }
}

extension Graph {
  /// The axis of an input along which its vectors lie: channels of images, else the last.
  fileprivate func vectorAxis(ofInput value: ValueID) -> Int? {
    guard let rank = type(of: value)?.count, rank > 0 else { return nil }
    guard rank > 2 else { return rank - 1 }
    var seen: Set<ValueID> = []
    var next = [value]
    while let value = next.popLast() {
      guard seen.insert(value).inserted else { continue }
      for node in nodes where node.operands.contains(value) {
        switch node.op {
        case .conv, .pool, .globalPool: return 1
        case .unary, .binary, .clip, .cast, .quantize, .dequantize, .pad, .resize:
          next += node.results
        default: continue
        }
      }
    }
    return rank - 1
  }

  private func type(of value: ValueID) -> [Int]? { self[value].type.fixedShape }
}
