import Basics
import Chip
import IR
import Program

extension Schedule {
  /// Writes the tile program: conductances, affine functions, descriptors and the code of every unit.
  ///
  /// `dimensionNames` gives, for each input and output in order, the names of the dimensions that
  /// were fixed for compiling.
  /// With `probes`, the program says how to calibrate the chip. Throws `Diagnostics` naming every node whose host code cannot be written, and every constant
  /// whose elements are not there.
  public func emitted(
    compiler: String, inputDimensionNames: [[String?]], outputDimensionNames: [[String?]],
    probes: Probes? = nil
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
      case .crossbars(let layer): emitter.emit(self, layer: layer, probes)
      }
      if emitter.hostCode.count > start {
        hostSymbols.append((start..<emitter.hostCode.count, node))
      }
    }
    try emitter.faults.throwIfErrors()
    emitter.waitForOutputs()
    emitter.finish(hostSymbols: hostSymbols)
    emitter.addPorts(
      self, inputDimensionNames: inputDimensionNames, outputDimensionNames: outputDimensionNames)
    return emitter.program
  }
}

extension Emitter {
  /// Writes the code of a layer on crossbars.
  mutating func emit(_ schedule: Schedule, layer index: Int, _ probes: Probes?) {
    let partition = schedule.placement.partition
    let layer = partition.layers[index]
    let ranges = schedule.quantization.layers[index]
    node = graph[layer.node]
    let weights: LayerWeights
    do {
      weights = try LayerWeights(of: node, in: graph)
    } catch {
      faults.items += error.items
      return
    }
    let firstBlock = program.blocks.count
    let quantizedLayer = ranges
    for (stack, quantized) in zip(layer.stacks, ranges.blocks) {
      for (rows, ranges) in zip(stack.rows, quantized) {
        let block = weights.block(
          rows: rows, columns: stack.columns, decoding: ranges.decoding)
        program.blocks.append(
          ConductanceBlock(
            node: node.name, rows: rows, columns: stack.columns, role: .primary, gMax: ranges.gMax,
            devicesPerPolarity: partition.chip.crossbar.devicesPerPolarity,
            columnScale: block.columnScale, decoding: ranges.decoding,
            conductances: Bytes(copying: block.values)))
        if let probes {
          program.probes.append(
            probes.probe(
              BlockID(program.blocks.count - 1), rows: rows, columns: stack.columns, of: weights,
              layer: layer.node, inputScale: quantizedLayer.inputScale,
              largestCode: partition.chip.dac.maximumCode))
        }
      }
    }
    let partials = Partials(of: layer, placed: schedule.placement.stacks[index], emitter: &self)
    for replica in 0..<layer.replicas {
      var block = firstBlock
      for (stackIndex, stack) in layer.stacks.enumerated() {
        let placed = schedule.placement.stacks[index][replica][stackIndex]
        var row = 0
        for (number, segment) in placed.segments.enumerated() {
          let chain = Chain(
            layer: layer, weights: weights, ranges: ranges, replica: replica, stack: stackIndex,
            columns: stack.columns, rows: stack.rows, firstRow: row, firstBlock: block,
            segment: segment, isLast: number == placed.segments.count - 1,
            isWhole: placed.segments.count == 1,
            result: placed.segments.count == 1 ? memory(of: result) : partials.buffers[number])
          emit(chain, codes: partition.chip.ldpu.maximumCode)
          row += segment.cores.count
          block += segment.cores.count
        }
      }
    }
    // Only now: units run in any order, so the host has to wait for all that write a memory.
    for replica in 0..<layer.replicas {
      for (stack, placed) in zip(layer.stacks, schedule.placement.stacks[index][replica])
      where placed.segments.count > 1 {
        partials.add(
          stack.columns, layer.vectors(of: replica), segments: placed.segments.count,
          matrix: weights.matrix, to: memory(of: result), emitter: &self)
      }
    }
  }

  /// Writes the code of blocks on linked cores, each of which adds its result to that of the one
  /// before.
  private mutating func emit(_ chain: Chain, codes: Int) {
    var source = chain.weights.matrix.source
    source.buffer = memory(of: chain.weights.matrix.input)
    source.vectors = chain.layer.vectors(of: chain.replica)
    var incoming: (descriptor: Descriptor, scale: Float)?
    for (hop, core) in chain.segment.cores.enumerated() {
      let row = chain.firstRow + hop
      let chip = chain.segment.chip
      let isEnd = hop == chain.segment.cores.count - 1
      let origin = chain.segment.origin(hop)
      program.tiles.append(
        Tile(
          chip: chip, core: core, block: BlockID(chain.firstBlock + hop), firstRow: origin.row,
          firstColumn: origin.column))
      source.elements = chain.rows[row]
      let columns = addMatrix(
        "columns\(core.index)", .columns(chip: chip, core: core), source.vectors.count,
        chain.columns.count)
      let read = self.source(source)
      append(
        .crossbar(chip: chip, core: core),
        Instruction(
          .mvm,
          operands: [
            destination(columns).rawValue, read.rawValue, UInt32(program.tiles.count - 1),
          ], immediates: [chain.ranges.inputScale]))

      let target: Descriptor
      if isEnd {
        var descriptor = chain.weights.matrix.destination
        descriptor.buffer = chain.result
        descriptor.vectors = source.vectors
        descriptor.elements = chain.columns
        target = descriptor
      } else {
        let next = chain.segment.cores[hop + 1]
        target = addMatrix(
          "link\(core.index)·\(next.index)", .link(chip: chip, source: core, target: next),
          source.vectors.count, chain.columns.count)
      }
      let scale =
        isEnd && chain.isWhole
        ? chain.ranges.outputScale
        : chain.ranges.partialScale(
          stack: chain.stack, from: chain.firstRow, through: row, codes: codes)
      let affine = addAffine(chain, hop: hop, withBias: isEnd && chain.isLast)
      let columnSource = self.source(columns).rawValue
      let linkSource = incoming.map { self.source($0.descriptor).rawValue }
      append(
        .ldpu(chip: chip, core: core),
        Instruction(
          .affine,
          flags: isEnd && chain.isWhole && chain.weights.matrix.relu ? [.reluAfter] : [],
          operands: [
            destination(target).rawValue, columnSource, linkSource ?? Instruction.none,
            affine.rawValue,
          ], immediates: [scale, incoming?.scale ?? 0]))
      incoming = (target, scale)
    }
  }

  private mutating func addAffine(_ chain: Chain, hop: Int, withBias: Bool) -> AffineID {
    let block = program.blocks[chain.firstBlock + hop]
    let bias = withBias ? chain.weights.bias : nil
    program.affines.append(
      Affine(
        gain: block.columnScale.map { $0 * chain.ranges.inputScale },
        offset: chain.columns.map { bias?[$0] ?? 0 }))
    return AffineID(program.affines.count - 1)
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

/// Blocks of one stack of one replica on linked cores.
private struct Chain {
  var layer: Layer
  var weights: LayerWeights
  var ranges: LayerQuantization
  var replica: Int
  var stack: Int
  var columns: Range<Int>
  var rows: [Range<Int>]
  /// The row block of the first core.
  var firstRow: Int
  /// The index of the conductances of the first core.
  var firstBlock: Int
  var segment: StackPlacement.Segment
  /// Whether the chain ends with the last row block, which adds the bias.
  var isLast: Bool
  /// Whether the chain is the whole stack, so that its sum is the result.
  var isWhole: Bool
  /// Where the sum goes.
  var result: BufferID
}

/// The memories in which the host receives what no link adds up.
private struct Partials {
  /// One a segment, each of the size of the layer's result.
  var buffers: [BufferID] = []

  init(of layer: Layer, placed: [[StackPlacement]], emitter: inout Emitter) {
    let segments = placed.joined().map(\.segments.count).max() ?? 1
    guard segments > 1 else { return }
    let result = emitter.node.results[0]
    buffers = (0..<segments).map { number in
      emitter.addBuffer(
        name: "\(emitter.graph[result].name)·partial\(number)", space: .host, element: .f32,
        count: emitter.graph[result].type.count ?? 0)
    }
  }

  /// Lets the host add the segments' sums of some vectors and columns.
  func add(
    _ columns: Range<Int>, _ vectors: Range<Int>, segments: Int, matrix: LayerMatrix,
    to result: BufferID, emitter: inout Emitter
  ) {
    var walk = matrix.destination
    walk.vectors = vectors
    walk.elements = columns
    func through(_ buffer: BufferID) -> Descriptor {
      var descriptor = walk
      descriptor.buffer = buffer
      return descriptor
    }
    var sum = buffers[0]
    for number in 1..<segments {
      let sources = [
        emitter.source(through(sum)), emitter.source(through(buffers[number])),
      ]
      sum = result
      emitter.hostCode.append(
        Instruction(
          .zip, function: ZipFunction.add.rawValue,
          operands: [emitter.destination(through(sum)).rawValue] + sources.map(\.rawValue)))
    }
    if matrix.relu {
      let source = emitter.source(through(result))
      emitter.hostCode.append(
        Instruction(
          .map, function: MapFunction.clip.rawValue,
          operands: [emitter.destination(through(result)).rawValue, source.rawValue],
          immediates: [0, .infinity]))
    }
  }
}
