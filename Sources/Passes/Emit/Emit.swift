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
    let product = schedule.placement.partition.layers[index].product
    node = graph[product.node]
    guard let layer = addLayer(schedule, index, probes, errors) else { return }
    if let gates = product.gates { return lower(gates.recurrent, on: layer) }
    var source = product.source
    source.buffer = memory(of: product.input)
    multiply(
      with: layer, ProductSource(input: source), to: memory(of: product.result),
      count: graph[product.result].type.count ?? 0)
  }

  /// Adds the conductances of a layer, what lies on which core, and the functions of its columns.
  ///
  /// Returns `nil` and notes the faults if its weights are not there.
  private mutating func addLayer(
    _ schedule: Schedule, _ index: Int, _ probes: Probes?, _ errors: ProgrammingErrors?
  ) -> CrossbarLayer? {
    let shape = schedule.placement.partition.layers[index]
    let ranges = schedule.quantization.layers[index]
    let weights: LayerWeights
    do {
      weights = try LayerWeights(of: shape.product, in: graph)
    } catch {
      faults.items += error.items
      return nil
    }
    let firstBlock = program.blocks.count
    let blocks = blocks(of: shape, weights, ranges, firstBlock, probes, errors)
    let isFinite = blocks.allSatisfy { block, probe in
      let inputScale = shape.product.scale(of: block.rows, ranges)
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
      shape: shape, ranges: ranges, codes: program.chip.ldpu.maximumCode)
    for replica in 0..<shape.replicas {
      var block = firstBlock
      for (number, stack) in shape.stacks.enumerated() {
        let placed = schedule.placement.stacks[index][replica][number]
        addChains(
          of: stack, number, replica, placed, firstBlock: block, bias: weights.bias, to: &layer)
        block += stack.rows.count
      }
    }
    return layer
  }

  /// The conductances of a layer, whose first block has number `first`, and with `probes` what they are
  /// calibrated with.
  private func blocks(
    of layer: Layer, _ weights: LayerWeights, _ ranges: LayerQuantization, _ first: Int,
    _ probes: Probes?, _ errors: ProgrammingErrors?
  ) -> [(block: ConductanceBlock, probe: Probe?)] {
    let cuts = zip(layer.stacks, ranges.blocks).flatMap { stack, quantized in
      zip(stack.rows, quantized).map { (rows: $0, columns: stack.columns, ranges: $1) }
    }
    return mappedInParallel(cuts.count, cost: 1 << 20) { [node, chip = program.chip] index in
      let (rows, columns, blockRanges) = cuts[index]
      let values = weights.block(
        rows: rows, columns: columns, factors: blockRanges.columnFactors,
        decoding: blockRanges.decoding)
      var block = ConductanceBlock(
        node: node.name, rows: rows, columns: columns, gMax: blockRanges.gMax,
        devicesPerPolarity: chip.crossbar.devicesPerPolarity, columnScale: values.columnScale,
        isCut: blockRanges.columnFactors.contains { $0 < 1 }, decoding: blockRanges.decoding,
        conductances: Bytes(copying: values.values))
      errors?.addResiduals(
        to: &block, of: weights, factors: ranges.columnFactors(of: rows, in: layer))
      let probe = probes?.probe(
        BlockID(first + index), rows: rows, columns: columns, of: weights,
        factors: blockRanges.columnFactors, inputScale: layer.product.scale(of: rows, ranges),
        largestCode: chip.dac.maximumCode)
      return (block, probe)
    }
  }

  /// Adds the chains of a stack of a replica to `layer`, with the tiles and functions of their cores.
  private mutating func addChains(
    of stack: Stack, _ number: Int, _ replica: Int, _ placed: StackPlacement, firstBlock: Int,
    bias: [Float]?, to layer: inout CrossbarLayer
  ) {
    let ranges = layer.ranges
    var row = 0
    for (place, segment) in placed.segments.enumerated() {
      layer.chains.append(
        Chain(
          replica: replica, stack: number, columns: stack.columns, rows: stack.rows,
          firstRow: row, segment: segment, number: place, segments: placed.segments.count,
          firstTile: program.tiles.count, firstAffine: program.affines.count))
      /// The steps of the columns that a core of the segment hands on.
      func steps(_ hop: Int) -> [Float] {
        if hop == segment.cores.count - 1 && placed.segments.count == 1 {
          return ranges.outputSteps.isEmpty ? [] : Array(ranges.outputSteps[stack.columns])
        }
        return ranges.partialSteps(stack: number, from: row, through: row + hop)
      }
      for (hop, core) in segment.cores.enumerated() {
        let (block, origin) = (firstBlock + row + hop, segment.origin(hop))
        program.tiles.append(
          Tile(
            chip: segment.chip, core: core, block: BlockID(block), firstRow: origin.row,
            firstColumn: origin.column))
        let isEnd = hop == segment.cores.count - 1 && place == placed.segments.count - 1
        addAffine(
          program.blocks[block],
          inputScale: layer.shape.product.scale(of: stack.rows[row + hop], ranges),
          bias: isEnd ? bias : nil, steps: steps(hop),
          partialSteps: hop == 0 ? [] : steps(hop - 1))
      }
      row += segment.cores.count
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
}
