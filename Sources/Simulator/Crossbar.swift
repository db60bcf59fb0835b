import Program

/// The memory in which crossbars and LDPUs work on up to `width` vectors × lanes at a time.
struct Panel {
  static let width = 64
  /// The elements of vectors that are best taken together: those of a line of a cache.
  static let group = 16

  /// Inputs, a line of `width` for each row, and their magnitudes.
  let inputs: UnsafeMutablePointer<Float>
  let magnitudes: UnsafeMutablePointer<Float>
  /// Room for other inputs.
  let others: UnsafeMutablePointer<Float>
  /// Results, a line for each column; of the positive, then of the negative side, then where circuits
  /// add something, two planes more.
  let results: UnsafeMutablePointer<Float>

  init(rows: Int, columns: Int, planes: Int) {
    inputs = .allocate(capacity: 3 * rows * Self.width)
    inputs.initialize(repeating: 0, count: 3 * rows * Self.width)
    magnitudes = inputs + rows * Self.width
    others = magnitudes + rows * Self.width
    results = .allocate(capacity: planes * columns * Self.width)
    results.initialize(repeating: 0, count: planes * columns * Self.width)
  }

  func deallocate() {
    inputs.deallocate()
    results.deallocate()
  }
}

/// What part of its terms a sum in f32 is at least, if it is not 0: less has no digit that is right.
let roundingRest: Float = 0x1p-21

extension Machine {
  /// Runs an `mvm`: Specs/numerics.md, "The crossbar".
  func run(_ operation: Multiplication, iteration: Int) {
    let block = crossbars[operation.crossbar]
    var source: Operand<Float> = operand(operation.source, iteration, scratch: 0)
    var target: Operand<Float> = operand(operation.target, iteration, scratch: 1)
    let size = block.rows * Panel.width
    let planes = plan.hasPolarities ? 2 : 1
    forEachPanel(of: operation.source.count) { vectors in
      source.select(vectors)
      target.select(vectors)
      let used = vectors.count * lanes
      for rows in groups(of: block.rows) {
        source.fetch(elements: rows, into: panel.inputs + rows.lowerBound * Panel.width)
      }
      if used < Panel.width {
        for row in 0..<block.rows {
          (panel.inputs + row * Panel.width + used).update(
            repeating: 0, count: Panel.width - used)
        }
      }
      if plan.effects.contains(.inputConverters) {
        encode(panel.inputs, count: size, scale: operation.scale, operation.tile)
      } else {
        for i in 0..<size { panel.inputs[i] /= operation.scale }
      }
      multiply(operation.crossbar, used: used, operation.tile, firstVector: vectors.lowerBound)
      for plane in 0..<planes {
        for columns in groups(of: block.columns) {
          let line = panel.results + (plane * block.columns + columns.lowerBound) * Panel.width
          target.store(line, elements: columns, plane: plane)
        }
      }
    }
    let count = operation.source.count * lanes
    statistics.tiles[operation.tile].multiplications += count
    if !circuits.isEmpty { vectorCounts[operation.crossbar] += operation.source.count }
    if case .host = plan.program.buffers[operation.source.memory.id.index].space {
      statistics.bytesToChip += count * block.rows * ((plan.program.chip.dac.bits + 7) / 8)
    }
  }

  /// Rounds inputs to the codes of the input converters.
  private func encode(
    _ inputs: UnsafeMutablePointer<Float>, count: Int, scale: Float, _ tile: Int
  ) {
    let limit = Float(plan.program.chip.dac.maximumCode)
    var clips: Int32 = 0
    for i in 0..<count {
      let value = inputs[i] / scale
      clips &+= abs(value) < limit + 0.5 ? 0 : 1
      inputs[i] = nearestInteger(clipped(value, to: limit))
    }
    statistics.tiles[tile].inputsClipped += Int(clips)
  }

  /// Finds the currents of both polarities of each column from their difference and their sum, in
  /// steps of the input × g.
  private func separate(_ columns: Int, used: Int) {
    for column in 0..<columns {
      let positive = panel.results + column * Panel.width
      let negative = positive + columns * Panel.width
      for i in 0..<used {
        let (difference, sum) = (positive[i], negative[i])
        positive[i] = max((sum + difference) / 2, 0)
        negative[i] = max((sum - difference) / 2, 0)
      }
    }
  }

  /// Makes counts of currents.
  private func scale(_ columns: Int, used: Int, countsPerCode: Float) {
    for line in 0..<2 * columns {
      let counts = panel.results + line * Panel.width
      for i in 0..<used { counts[i] *= countsPerCode }
    }
  }

  /// Rounds counts to those of the output converters.
  private func round(_ columns: Int, used: Int, _ tile: Int) {
    let adc = plan.program.chip.adc
    let limit = Float(adc.maximumCount)
    let floors = adc.rounding == .floor
    var clips: Int32 = 0
    for index in 0..<2 * columns {
      let line = panel.results + index * Panel.width
      for i in 0..<used {
        let cut = line[i] < limit + 1 ? line[i] : limit + 1
        let nearest = nearestInteger(cut)
        let counts = floors && nearest > cut ? nearest - 1 : nearest
        clips &+= counts > limit ? 1 : 0
        line[i] = counts > limit ? limit : counts
      }
    }
    statistics.tiles[tile].columnsClipped += Int(clips)
  }

  /// Multiplies `used` vectors of the panel, in steps of the input, with a crossbar, and converts
  /// the currents of its columns. The first of them is number `firstVector` of its instruction.
  func multiply(_ crossbar: Int, used: Int, _ tile: Int, firstVector: Int) {
    let (block, planned) = (crossbars[crossbar], plan.crossbars[crossbar])
    multiply(planned.product, block, plane: 0, panel.inputs, used: used)
    guard plan.hasPolarities else { return clearRests(block, used: used) }
    for i in 0..<(block.rows * Panel.width) { panel.magnitudes[i] = abs(panel.inputs[i]) }
    multiply(planned.product, block, plane: 1, panel.magnitudes, used: used)
    if circuits.isEmpty {
      separate(block.columns, used: used)
      scale(block.columns, used: used, countsPerCode: planned.countsPerCode)
    } else {
      let circuit = circuits[crossbar]
      if circuit.whiteNoise > 0 {
        addWhiteNoise(circuit, crossbar, used: used, firstVector: firstVector)
      }
      if circuit.resistance > 0 { multiplyDistances(circuit, crossbar, used: used) }
      separate(block.columns, used: used)
      if circuit.resistance > 0 { dropVoltages(circuit, block.columns, used: used) }
      scale(block.columns, used: used, countsPerCode: planned.countsPerCode)
      distort(circuit, crossbar, used: used, firstVector: firstVector)
    }
    if plan.effects.contains(.outputConverters) { round(block.columns, used: used, tile) }
  }

  /// Makes sums 0 that are less than the rounding of their terms may leave of 0.
  private func clearRests(_ block: ProgrammedBlock, used: Int) {
    let largest = panel.magnitudes
    largest.update(repeating: 0, count: used)
    for row in 0..<block.rows {
      let line = panel.inputs + row * Panel.width
      for i in 0..<used { largest[i] = max(largest[i], abs(line[i])) }
    }
    for (column, sum) in block.sums.enumerated() {
      let line = panel.results + column * Panel.width
      let part = sum * roundingRest
      for i in 0..<used { line[i] = abs(line[i]) < part * largest[i] ? 0 : line[i] }
    }
  }

  /// Multiplies `used` vectors of a panel with a plane of a block into the results of that plane, or of
  /// `target`.
  func multiply(
    _ product: Product, _ block: ProgrammedBlock, plane: Int, _ inputs: UnsafeMutablePointer<Float>,
    used: Int, into target: Int? = nil
  ) {
    block.conductances.withUnsafeBufferPointer { conductances in
      product.run(
        conductances.baseAddress! + plane * block.columns * block.rows, columns: block.columns,
        inputs, used: used,
        into: panel.results + (target ?? plane) * block.columns * Panel.width)
    }
  }

  /// The elements of vectors of `count`, as many at a time as are best taken together.
  func groups(of count: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: count, by: Panel.group).lazy.map { $0..<min($0 + Panel.group, count) }
  }

  /// Calls `body` with ranges of as many of `count` vectors as fit the width of the panel.
  func forEachPanel(of count: Int, _ body: (Range<Int>) -> Void) {
    let step = Panel.width / lanes
    var start = 0
    while start < count {
      body(start..<min(start + step, count))
      start += step
    }
  }
}
