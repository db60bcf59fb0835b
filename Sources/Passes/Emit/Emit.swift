import Basics
import Chip
import IR
import Program

extension Schedule {
  /// Writes the tile program: conductances, affine functions, descriptors and the code of every unit.
  ///
  /// `dimensionNames` gives, for each input and output in order, the names of the dimensions that
  /// were fixed for compiling.
  /// With `probes`, the program says how to calibrate the chip. `errors` tells how large errors of
  /// programming are, if products have columns for them. Throws `Diagnostics` naming every node whose host code cannot be written, and every constant
  /// whose elements are not there.
  public func emitted(
    compiler: String, inputDimensionNames: [[String?]], outputDimensionNames: [[String?]],
    probes: Probes? = nil, errors: ProgrammingErrors? = nil
  ) throws -> Program {
    let partition = placement.partition
    let graph = partition.graph
    try Diagnostics(
      graph.unresolvedConstants.map { name in
        Diagnostic(
          .error, "constant \(quoted(name)) is known by its checksum only",
          help: "give the file that has its elements")
      }
    ).throwIfErrors()
    var emitter = Emitter(
      graph: graph,
      program: Program(
        network: graph.name, compiler: compiler, chip: partition.chip, chipCount: partition.chips))
    for input in graph.inputs { _ = emitter.memory(of: input) }
    var hostSymbols: [(range: Range<Int>, node: Node)] = []
    for task in tasks {
      let node = graph[task.node]
      let start = emitter.hostCode.count
      switch task.place {
      case .host: emitter.lower(node)
      case .crossbars(let layer): emitter.emit(self, layer: layer, probes, errors)
      }
      if emitter.hostCode.count > start {
        hostSymbols.append((start..<emitter.hostCode.count, node))
      }
    }
    try emitter.faults.throwIfErrors()
    emitter.waitForOutputs()
    emitter.finish(hostSymbols: hostSymbols)
    emitter.addPorts(
      inputDimensionNames: inputDimensionNames, outputDimensionNames: outputDimensionNames,
      samples: probes?.layers?.inferences ?? [])
    return emitter.program
  }
}

extension Emitter {
  /// Writes the code of a layer on crossbars.
  mutating func emit(
    _ schedule: Schedule, layer index: Int, _ probes: Probes?, _ errors: ProgrammingErrors?
  ) {
    node = graph[schedule.placement.partition.layers[index].node]
    guard let layer = addLayer(schedule, index, probes, errors) else { return }
    if case .recurrent(let recurrent) = node.op { return lower(recurrent, on: layer) }
    var source = layer.weights.matrix.source
    source.buffer = memory(of: layer.weights.matrix.input)
    multiply(
      with: layer, ProductSource(input: source), to: memory(of: result),
      count: graph[result].type.count ?? 0)
  }

  /// Adds the conductances of a layer, what lies on which core, and the functions of its columns.
  ///
  /// Returns `nil` and notes the faults if its weights are not there.
  private mutating func addLayer(
    _ schedule: Schedule, _ index: Int, _ probes: Probes?, _ errors: ProgrammingErrors?
  ) -> CrossbarLayer? {
    let partition = schedule.placement.partition
    let shape = partition.layers[index]
    let ranges = schedule.quantization.layers[index]
    let weights: LayerWeights
    do {
      weights = try LayerWeights(of: node, in: graph)
    } catch {
      faults.items += error.items
      return nil
    }
    let firstBlock = program.blocks.count
    let cuts = zip(shape.stacks, ranges.blocks).flatMap { stack, quantized in
      zip(stack.rows, quantized).map { (rows: $0, columns: stack.columns, ranges: $1) }
    }
    let blocks = mappedInParallel(cuts.count, cost: 1 << 20) {
      [node] index -> (block: ConductanceBlock, probe: Probe?) in
      let (rows, columns, blockRanges) = cuts[index]
      let values = weights.block(
        rows: rows, columns: columns, factors: blockRanges.columnFactors,
        decoding: blockRanges.decoding)
      var block = ConductanceBlock(
        node: node.name, rows: rows, columns: columns, gMax: blockRanges.gMax,
        devicesPerPolarity: partition.chip.crossbar.devicesPerPolarity,
        columnScale: values.columnScale,
        isCut: blockRanges.columnFactors.contains { $0 < 1 }, decoding: blockRanges.decoding,
        conductances: Bytes(copying: values.values))
      errors?.addResiduals(
        to: &block, of: weights, factors: ranges.columnFactors(of: rows, in: shape), node)
      let probe = probes?.probe(
        BlockID(firstBlock + index), rows: rows, columns: columns, of: weights,
        factors: blockRanges.columnFactors, layer: shape.node,
        inputScale: weights.matrix.scale(of: rows, ranges),
        largestCode: partition.chip.dac.maximumCode)
      return (block, probe)
    }
    let isFinite = blocks.allSatisfy { block, probe in
      let inputScale = weights.matrix.scale(of: block.rows, ranges)
      return block.columnScale.allSatisfy { ($0 * inputScale).isFinite }
        && (probe.map { ($0.mean + $0.spread).allSatisfy(\.isFinite) } ?? true)
    }
    guard isFinite, weights.bias?.allSatisfy(\.isFinite) ?? true else {
      faults.append(.sumsTooLarge(of: node))
      return nil
    }
    program.blocks += blocks.map(\.block)
    program.probes += blocks.compactMap(\.probe)
    var layer = CrossbarLayer(
      shape: shape, weights: weights, ranges: ranges, codes: partition.chip.ldpu.maximumCode)
    for replica in 0..<shape.replicas {
      var block = firstBlock
      for (stackIndex, stack) in shape.stacks.enumerated() {
        let placed = schedule.placement.stacks[index][replica][stackIndex]
        var row = 0
        for (number, segment) in placed.segments.enumerated() {
          layer.chains.append(
            Chain(
              replica: replica, stack: stackIndex, columns: stack.columns, rows: stack.rows,
              firstRow: row, segment: segment, number: number,
              segments: placed.segments.count, firstTile: program.tiles.count,
              firstAffine: program.affines.count))
          for (hop, core) in segment.cores.enumerated() {
            let origin = segment.origin(hop)
            program.tiles.append(
              Tile(
                chip: segment.chip, core: core, block: BlockID(block + hop), firstRow: origin.row,
                firstColumn: origin.column))
            let isEnd = hop == segment.cores.count - 1
            let columns = { (hop: Int) -> [Float] in
              if hop == segment.cores.count - 1 && placed.segments.count == 1 {
                return ranges.outputSteps.isEmpty ? [] : Array(ranges.outputSteps[stack.columns])
              }
              return ranges.partialSteps(stack: stackIndex, from: row, through: row + hop)
            }
            addAffine(
              program.blocks[block + hop],
              inputScale: weights.matrix.scale(of: stack.rows[row + hop], ranges),
              bias: isEnd && number == placed.segments.count - 1 ? weights.bias : nil,
              steps: columns(hop), partialSteps: hop == 0 ? [] : columns(hop - 1))
          }
          row += segment.cores.count
          block += segment.cores.count
        }
      }
    }
    return layer
  }

  /// Writes code that multiplies the vectors of `source` with a layer's matrix.
  ///
  /// Results go to `result`, of `count` elements, as the destination of the layer's matrix says.
  mutating func multiply(
    with layer: CrossbarLayer, _ source: ProductSource, to result: BufferID, count: Int
  ) {
    let partials = writeChains(of: layer, source, to: result, count: count)
    add(partials, of: layer, to: result)
  }

  /// Writes the part of a product that is on crossbars, and returns where the host gets the sums that no
  /// link adds up.
  mutating func writeChains(
    of layer: CrossbarLayer, _ source: ProductSource, to result: BufferID, count: Int
  ) -> Partials {
    let partials = Partials(of: layer, named: program.buffers[result.index].name, count, &self)
    for chain in layer.chains {
      let target = layer.weights.matrix.walk(
        chain.columns, layer.shape.vectors(of: chain.replica),
        in: chain.isWhole ? result : partials.buffers[chain.number])
      emit(chain, of: layer, source, to: target)
    }
    return partials
  }

  /// Lets the host add what no link has added up to `result`, once all units are written that write
  /// to it: they run in any order, so the host has to wait for all of them.
  mutating func add(_ partials: Partials, of layer: CrossbarLayer, to result: BufferID) {
    guard !partials.buffers.isEmpty else { return }
    // Chains that are whole write the same memory: within a step, they come before the host.
    if steps != nil {
      let count = program.buffers[result.index].count
      waitFor(View(result, shape: [count]), in: .host)
    }
    for chain in layer.chains where !chain.isWhole && chain.number == 0 {
      partials.add(
        chain.columns, layer.shape.vectors(of: chain.replica), segments: chain.segments,
        matrix: layer.weights.matrix, to: result, emitter: &self)
    }
  }

  /// Writes the code of blocks on linked cores, each of which adds its result to that of the one
  /// before.
  mutating func emit(
    _ chain: Chain, of layer: CrossbarLayer, _ productSource: ProductSource, to result: Descriptor
  ) {
    let vectors = layer.shape.vectors(of: chain.replica)
    var incoming: (descriptor: Descriptor, scale: Float)?
    for (hop, core) in chain.segment.cores.enumerated() {
      let row = chain.firstRow + hop
      let chip = chain.segment.chip
      let isEnd = hop == chain.segment.cores.count - 1
      var (source, pace) = productSource.walk(rows: chain.rows[row])
      source.vectors = vectors
      let columns = addMatrix(
        "columns\(core.index)", .columns(chip: chip, core: core), vectors.count,
        chain.columns.count)
      if let pace {
        append(
          .crossbar(chip: chip, core: core),
          Instruction(.wait, operands: [self.source(pace).rawValue]))
      }
      let read = self.source(source)
      append(
        .crossbar(chip: chip, core: core),
        Instruction(
          .mvm,
          operands: [
            destination(columns).rawValue, read.rawValue, UInt32(chain.firstTile + hop),
          ], immediates: [layer.weights.matrix.scale(of: chain.rows[row], layer.ranges)]))

      let target: Descriptor
      if isEnd {
        target = result
      } else {
        let next = chain.segment.cores[hop + 1]
        target = addMatrix(
          "link\(core.index)·\(next.index)", .link(chip: chip, source: core, target: next),
          vectors.count, chain.columns.count)
      }
      let scale =
        isEnd && chain.isWhole
        ? layer.ranges.outputScale
        : layer.ranges.partialScale(
          stack: chain.stack, from: chain.firstRow, through: row, codes: layer.codes)
      let columnSource = self.source(columns).rawValue
      let linkSource = incoming.map { self.source($0.descriptor).rawValue }
      append(
        .ldpu(chip: chip, core: core),
        Instruction(
          .affine,
          flags: isEnd && chain.isWhole && layer.weights.matrix.relu ? [.reluAfter] : [],
          operands: [
            destination(target).rawValue, columnSource, linkSource ?? Instruction.none,
            UInt32(chain.firstAffine + hop),
          ], immediates: [scale, incoming?.scale ?? 0]))
      incoming = (target, scale)
    }
  }

  private mutating func addAffine(
    _ block: ConductanceBlock, inputScale: Float, bias: [Float]?, steps: [Float],
    partialSteps: [Float]
  ) {
    program.affines.append(
      Affine(
        gain: block.columnScale.map { $0 * inputScale },
        offset: block.columns.map { bias?[$0] ?? 0 },
        steps: steps.contains { $0 != 1 } ? steps : [],
        partialSteps: partialSteps.contains { $0 != 1 } ? partialSteps : []))
  }

  /// Adds a memory of `vectors` rows and `columns` columns and returns the walk through it.
  private mutating func addMatrix(
    _ suffix: String, _ space: Buffer.Space, _ vectors: Int, _ columns: Int
  ) -> Descriptor {
    let buffer = addBuffer(
      name: "\(node.name)·\(suffix)", space: space, element: .f32, count: vectors * columns)
    return View(buffer, shape: [vectors, columns]).descriptor(inner: 1)!
  }
}

/// A layer whose blocks lie on cores.
struct CrossbarLayer {
  /// The layer, with the vectors that one product takes.
  var shape: Layer
  var weights: LayerWeights
  var ranges: LayerQuantization
  /// The largest code of a partial sum.
  var codes: Int
  var chains: [Chain] = []
}

/// Blocks of one stack of one replica on linked cores.
struct Chain {
  var replica: Int
  var stack: Int
  var columns: Range<Int>
  var rows: [Range<Int>]
  /// The row block of the first core.
  var firstRow: Int
  var segment: StackPlacement.Segment
  /// The place of the chain among those of the stack, of which the last one adds the bias.
  var number: Int
  /// The number of chains of the stack.
  var segments: Int
  /// The tile of the first core.
  var firstTile: Int
  /// The affine function of the first core.
  var firstAffine: Int
  /// The core at its end, and the chip of that.
  var end: (chip: Int, core: CoreID) { (segment.chip, segment.cores.last!) }
  /// Whether the chain is the whole stack, so that its sum is the result.
  var isWhole: Bool { segments == 1 }
}

/// Where the vectors that a layer multiplies lie.
struct ProductSource {
  /// The vectors; in a recurrent layer, the part of them that is x.
  var input: Descriptor
  /// The part of the vectors that is the hidden state, and its first row in the layer's matrix.
  var state: (walk: Descriptor, row: Int)?

  /// Creates the source of a layer.
  init(input: Descriptor, state: (walk: Descriptor, row: Int)? = nil) {
    self.input = input
    self.state = state
  }

  /// The walk over some rows of every vector, and what has to be waited for beside it: the hidden
  /// state begins a step, also for those that only read x.
  func walk(rows: Range<Int>) -> (source: Descriptor, pace: Descriptor?) {
    guard let state else {
      var source = input
      source.elements = rows
      return (source, nil)
    }
    let isState = rows.lowerBound >= state.row
    var source = isState ? state.walk : input
    source.elements =
      isState ? rows.lowerBound - state.row..<rows.upperBound - state.row : rows
    return (source, isState ? nil : state.walk)
  }
}

extension LayerMatrix {
  /// The step of the DAC for some rows.
  func scale(of rows: Range<Int>, _ ranges: LayerQuantization) -> Float {
    guard let gates, rows.lowerBound >= gates.stateRow else { return ranges.inputScale }
    return ranges.stateScale ?? ranges.inputScale
  }

  /// The walk through a memory of the layer's result that writes some columns of some vectors.
  func walk(_ columns: Range<Int>, _ vectors: Range<Int>, in buffer: BufferID) -> Descriptor {
    var walk = destination
    walk.buffer = buffer
    walk.vectors = vectors
    walk.elements = columns
    return walk
  }
}

/// The memories in which the host receives what no link adds up.
struct Partials {
  /// One a segment, each of the size of the layer's result.
  fileprivate var buffers: [BufferID] = []

  fileprivate init(
    of layer: CrossbarLayer, named result: String, _ count: Int, _ emitter: inout Emitter
  ) {
    let segments = layer.chains.map(\.segments).max() ?? 1
    guard segments > 1 else { return }
    buffers = (0..<segments).map { number in
      emitter.addBuffer(
        name: "\(result)·partial\(number)", space: .host, element: .f32, count: count)
    }
  }

  /// Lets the host add the segments' sums of some vectors and columns.
  fileprivate func add(
    _ columns: Range<Int>, _ vectors: Range<Int>, segments: Int, matrix: LayerMatrix,
    to result: BufferID, emitter: inout Emitter
  ) {
    func through(_ buffer: BufferID) -> Descriptor { matrix.walk(columns, vectors, in: buffer) }
    var sum = buffers[0]
    for number in 1..<segments {
      let sources = [
        emitter.source(through(sum)), emitter.source(through(buffers[number])),
      ]
      sum = result
      emitter.hostCode.append(
        Instruction(
          .zip, function: ZipFunction.add.rawValue,
          operands: [emitter.hostDestination(through(sum)).rawValue] + sources.map(\.rawValue)))
    }
    if matrix.relu {
      let source = emitter.source(through(result))
      emitter.hostCode.append(
        Instruction(
          .map, function: MapFunction.clip.rawValue,
          operands: [emitter.hostDestination(through(result)).rawValue, source.rawValue],
          immediates: [0, .infinity]))
    }
  }
}
