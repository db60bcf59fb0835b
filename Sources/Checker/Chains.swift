import Program

/// Some columns of some vectors of a layer.
struct Rectangle: Hashable {
  var vectors: Range<Int>
  var columns: Range<Int>
}

/// What lies at a rectangle of a layer's result, or of a memory of the same shape.
struct PartialSum {
  var layer: Int
  /// The blocks whose products have been added.
  var blocks: [BlockID]
  /// How often the bias has been added.
  var biases: Int
  /// Whether negative sums have become 0.
  var isRectified: Bool
  /// The instruction that wrote it.
  var place: Place
  /// The memory of the hidden state that it is a product of, in a recurrent layer.
  var state: BufferID?
  /// Whether it has become part of another sum.
  var isAdded = false
}

/// An `mvm`: the vectors that it multiplies with a block.
private struct Multiplication {
  var place: Place
  var block: BlockID
  var layer: Int
  var vectors: Range<Int>
  var scale: Float
  var source: BufferID
  var destination: Descriptor
  var isRead = false
}

/// An `affine` and the multiplication whose columns it scales.
private struct Stage {
  var place: Place
  var instruction: Instruction
  var multiplication: Multiplication
  var isReached = false
}

extension Prover {
  /// Follows every product from the converters through local digital units and links to the host or to
  /// slices of a GDPU,
  /// and notes in `sums` what arrives there.
  mutating func followChains() {
    var written: [BufferID: Multiplication] = multiplications()
    var stages: [Stage] = []
    var stageOfLink: [BufferID: Int] = [:]
    forEachInstruction(.affine) { prover, place, instruction in
      let source = prover.descriptor(instruction, 1)
      guard let multiplication = written[source.buffer] else {
        prover.report(at: place, "reads columns that no mvm of a known block writes")
        return
      }
      if multiplication.isRead {
        prover.report(
          layer: multiplication.layer, block: multiplication.block, at: place,
          "reads columns that another affine has read")
      }
      written[source.buffer]?.isRead = true
      if !source.agrees(with: multiplication.destination) {
        prover.report(
          layer: multiplication.layer, block: multiplication.block, at: place,
          "does not read the columns as its mvm writes them")
      }
      let target = prover.descriptor(instruction, 0).buffer
      if !prover.isEnd(target) && stageOfLink.updateValue(stages.count, forKey: target) != nil {
        prover.report(
          layer: multiplication.layer, block: multiplication.block, at: place,
          "writes partial sums over others in buffer \(target.index)")
      }
      stages.append(
        Stage(place: place, instruction: instruction, multiplication: multiplication))
    }
    for multiplication in written.values.filter({ !$0.isRead }).sorted(by: { $0.block < $1.block })
    {
      report(
        layer: multiplication.layer, block: multiplication.block, at: multiplication.place,
        "no affine reads its columns")
    }
    for end in stages.indices where isEnd(descriptor(stages[end].instruction, 0).buffer) {
      follow(end, in: &stages, stageOfLink)
    }
    for stage in stages where !stage.isReached {
      report(
        layer: stage.multiplication.layer, block: stage.multiplication.block, at: stage.place,
        "its partial sums reach neither the host nor a GDPU slice")
    }
  }

  /// Whether a memory is where chains end: in the host or in a slice of a GDPU.
  private func isEnd(_ buffer: BufferID) -> Bool {
    if program.buffers[buffer.index].space == .host { return true }
    return isInSlice(buffer)
  }

  /// Whether a memory is in a slice of a GDPU.
  func isInSlice(_ buffer: BufferID) -> Bool {
    if case .gdpu = program.buffers[buffer.index].space { true } else { false }
  }

  private mutating func forEachInstruction(
    _ opcode: Opcode, _ body: (inout Prover, Place, Instruction) -> Void
  ) {
    for (stream, code) in program.streams.map(\.code).enumerated() {
      for (number, instruction) in code.enumerated() where instruction.opcode == opcode {
        body(&self, Place(stream: stream, instruction: number), instruction)
      }
    }
  }

  /// Every `mvm`, by the memory of the columns that it writes.
  private mutating func multiplications() -> [BufferID: Multiplication] {
    var written: [BufferID: Multiplication] = [:]
    var isUsed = [Bool](repeating: false, count: program.tiles.count)
    forEachInstruction(.mvm) { prover, place, instruction in
      isUsed[Int(instruction.operands[2])] = true
      let id = prover.program.tiles[Int(instruction.operands[2])].block
      guard let layer = prover.layerOfBlock[id.index] else { return }
      let (destination, source) = (
        prover.descriptor(instruction, 0), prover.descriptor(instruction, 1)
      )
      prover.checkSource(source, layer: layer, block: id, at: place)
      switch destination.isOneToOne(within: prover.memory) {
      case true?: break
      case false?:
        prover.report(layer: layer, block: id, at: place, "writes a column twice, or nowhere")
      case nil:
        prover.report(
          layer: layer, block: id, at: place,
          "spreads its columns over more memory than can be followed: up to \(prover.memory) bytes")
      }
      let step = ConverterStep(
        place: place, step: instruction.immediates[0], rows: prover.program.blocks[id.index].rows)
      if prover.layers[layer].matrix.state.map({
        prover.program.blocks[id.index].rows.lowerBound >= $0.row
      }) == true {
        prover.layers[layer].steps.state.append(step)
      } else {
        prover.layers[layer].steps.input.append(step)
      }
      let multiplication = Multiplication(
        place: place, block: id, layer: layer, vectors: source.vectors,
        scale: instruction.immediates[0], source: source.buffer, destination: destination)
      if written.updateValue(multiplication, forKey: destination.buffer) != nil {
        prover.report(layer: layer, block: id, at: place, "writes over the columns of another mvm")
      }
    }
    for (index, tile) in program.tiles.enumerated() where !isUsed[index] {
      report(
        layer: layerOfBlock[tile.block.index], block: tile.block,
        "no mvm uses tile \(index) on core \(tile.chip).\(tile.core.index)")
    }
    let placed = Set(program.tiles.map(\.block))
    for index in program.blocks.indices where !placed.contains(BlockID(index)) {
      report(layer: layerOfBlock[index], block: BlockID(index), "is on no core")
    }
    return written
  }

  /// Checks that a walk reads the rows of a block, of the vectors that it says, from the layer's
  /// input.
  private mutating func checkSource(
    _ source: Descriptor, layer: Int, block id: BlockID, at place: Place
  ) {
    let matrix = layers[layer].matrix
    checkLoop(at: place, of: layer)
    if let state = matrix.state {
      let rows = program.blocks[id.index].rows
      if rows.lowerBound >= state.row {
        return checkState(source, state, layer: layer, block: id, at: place)
      }
      if rows.upperBound > state.row {
        report(layer: layer, block: id, at: place, "has rows of x and of the hidden state")
      }
    }
    if source.buffer != memory(of: matrix.input) {
      report(
        layer: layer, block: id, at: place,
        "reads \"\(program.buffers[source.buffer.index].name)\", not \"\(graph[matrix.input].name)\""
      )
    }
    var expected = matrix.source
    expected.vectors = source.vectors
    expected.elements = program.blocks[id.index].rows
    if source.vectors.upperBound > matrix.vectors || expected.elements.upperBound > matrix.rows
      || !source.agrees(with: expected)
    {
      report(
        layer: layer, block: id, at: place,
        "does not read rows \(expected.elements) of vectors \(source.vectors)")
    }
  }

  /// Checks that an instruction of a recurrent layer runs with each step, and another one once.
  private mutating func checkLoop(at place: Place, of layer: Int) {
    let steps = layers[layer].matrix.state?.steps
    if loop(place)?.count != steps {
      report(layer: layer, at: place, "does not run \(steps.map { "\($0) times" } ?? "once")")
    }
  }

  /// Follows a chain back from the stage that writes to the host or to a GDPU slice, and notes the sum.
  private mutating func follow(_ end: Int, in stages: inout [Stage], _ links: [BufferID: Int]) {
    let last = stages[end].multiplication
    let rectangle = Rectangle(
      vectors: last.vectors, columns: program.blocks[last.block.index].columns)
    var sum = PartialSum(
      layer: last.layer, blocks: [], biases: 0, isRectified: false, place: stages[end].place)
    var number = end
    while true {
      let (instruction, place) = (stages[number].instruction, stages[number].place)
      if stages[number].isReached {
        report(
          layer: last.layer, block: last.block, at: place, "its partial sums are read twice")
        return
      }
      stages[number].isReached = true
      guard add(stages[number], to: &sum, last, rectangle, isEnd: number == end) else { return }
      guard instruction.operands[2] != Instruction.none else { break }
      guard let writer = links[descriptor(instruction, 2).buffer] else {
        report(
          layer: last.layer, block: stages[number].multiplication.block, at: place,
          "reads a link that nothing writes to")
        return
      }
      checkLink(from: stages[writer], to: stages[number], layer: last.layer)
      number = writer
    }
    let rows = sum.blocks.reduce(0) { $0 + program.blocks[$1.index].rows.count }
    if rows >= layers[last.layer].matrix.rows(of: rectangle.columns).count {
      layers[last.layer].steps.result.append(
        ConverterStep(
          place: stages[end].place, step: stages[end].instruction.immediates[0],
          columns: rectangle.columns, parts: affine(of: stages[end]).steps))
    }
    note(sum, at: rectangle, through: descriptor(stages[end].instruction, 0))
  }

  /// Adds the product of a stage to the sum of a chain that ends with `last`. Returns whether it is of the
  /// same columns and vectors.
  private mutating func add(
    _ stage: Stage, to sum: inout PartialSum, _ last: Multiplication, _ rectangle: Rectangle,
    isEnd: Bool
  ) -> Bool {
    let (instruction, place, block) = (stage.instruction, stage.place, stage.multiplication.block)
    let layer = last.layer
    if stage.multiplication.layer != layer || stage.multiplication.vectors != rectangle.vectors
      || program.blocks[block.index].columns != rectangle.columns
    {
      report(
        layer: layer, block: block, at: place,
        "is added to other columns or vectors, those of block \(last.block.index)")
      return false
    }
    checkLoop(at: place, of: layer)
    if let state = layers[layer].matrix.state,
      program.blocks[block.index].rows.lowerBound >= state.row
    {
      if let other = sum.state, other != stage.multiplication.source {
        report(layer: layer, block: block, at: place, "is added to a product of another state")
      }
      sum.state = stage.multiplication.source
    }
    sum.blocks.append(block)
    sum.biases += biases(of: stage)
    checkGain(of: stage)
    let hasPartial = instruction.operands[2] != Instruction.none
    let rectifies =
      instruction.flags.contains(.reluAfter)
      || instruction.flags.contains(.reluBefore) && !hasPartial
    if instruction.flags.contains(.reluBefore) && hasPartial || rectifies && !isEnd {
      report(
        layer: layer, block: block, at: place, "applies ReLU before the sum is complete")
    }
    if isEnd { sum.isRectified = rectifies }
    return true
  }

  /// Checks that a stage takes partial sums from a link as another one gives them: the same elements, in the
  /// same steps.
  private mutating func checkLink(from writer: Stage, to reader: Stage, layer: Int) {
    let (link, target) = (descriptor(reader.instruction, 2), descriptor(writer.instruction, 0))
    func fault(_ message: String) {
      report(layer: layer, block: reader.multiplication.block, at: reader.place, message)
    }
    if !link.agrees(with: target)
      || target.isOneToOne(within: memory) != true
    {
      fault("does not read the link as block \(writer.multiplication.block.index) writes it")
    }
    if affine(of: reader).partialSteps != affine(of: writer).steps {
      fault("reads partial sums in other steps of the columns than they are written in")
    }
    let (taken, given) = (reader.instruction.immediates[1], writer.instruction.immediates[0])
    if taken != given {
      fault("reads partial sums in steps of \(taken), but they are written in steps of \(given)")
    }
  }

  private func affine(of stage: Stage) -> Affine {
    program.affines[Int(stage.instruction.operands[3])]
  }

  /// Checks that a column's gain takes its scale and the converter's step back.
  private mutating func checkGain(of stage: Stage) {
    let (layer, block) = (stage.multiplication.layer, stage.multiplication.block)
    let gains = affine(of: stage).gain
    for (column, (gain, scale)) in zip(gains, program.blocks[block.index].columnScale).enumerated()
    {
      let product = Double(scale) * Double(stage.multiplication.scale)
      if (Double(gain) - product).magnitude > product.magnitude * 0x1p-23 + 0x1p-149 {
        report(
          layer: layer, block: block, at: stage.place,
          "the gain of column \(column) is \(gain), not \(product)")
        return
      }
    }
  }

  /// How often a stage adds the bias: once or not at all.
  private mutating func biases(of stage: Stage) -> Int {
    let (layer, block) = (stage.multiplication.layer, stage.multiplication.block)
    let offsets = affine(of: stage).offset
    if offsets.allSatisfy({ $0 == 0 }) { return 0 }
    let columns = program.blocks[block.index].columns
    if let bias = layers[layer].matrix.bias, columns.upperBound <= bias.count,
      bias[columns].elementsEqual(offsets)
    {
      return 1
    }
    report(layer: layer, block: block, at: stage.place, "its offsets are not the bias")
    return 0
  }

  /// Notes that a sum is written through `walk`, which must lie as `expectedWalk` says.
  mutating func note(_ sum: PartialSum, at rectangle: Rectangle, through walk: Descriptor) {
    let matrix = layers[sum.layer].matrix
    if rectangle.vectors.upperBound > matrix.vectors
      || rectangle.columns.upperBound > matrix.columns
      || !walk.agrees(with: expectedWalk(of: rectangle, layer: sum.layer, in: walk.buffer))
    {
      report(
        layer: sum.layer, block: sum.blocks.first, at: sum.place,
        "does not write columns \(rectangle.columns) of vectors \(rectangle.vectors)")
      return
    }
    if sums[walk.buffer, default: [:]].updateValue(sum, forKey: rectangle) != nil {
      report(
        layer: sum.layer, block: sum.blocks.first, at: sum.place,
        "writes columns \(rectangle.columns) of vectors \(rectangle.vectors) a second time")
    }
  }

  /// How a sum lies in a memory: in the host where the result's elements do, in a slice of a GDPU alone,
  /// vector behind vector.
  func expectedWalk(of rectangle: Rectangle, layer: Int, in buffer: BufferID) -> Descriptor {
    guard !isInSlice(buffer) else {
      let (vectors, columns) = (rectangle.vectors.count, rectangle.columns.count)
      return ProductMatrix.walk([(vectors, columns), (columns, 1)])
    }
    var expected = layers[layer].matrix.destination
    expected.vectors = rectangle.vectors
    expected.elements = rectangle.columns
    return expected
  }
}
