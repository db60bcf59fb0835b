import CCrossbar
import Program

/// The memory in which crossbars and LDPUs work on up to `width` vectors × lanes at a time.
struct Panel {
  static let width = 64
  /// The distance of its lines.
  static let step = Int(panel_step)
  /// The elements of vectors that are best taken together, so that they stay in a cache.
  static let group = 16

  /// Inputs, a line for each row.
  let inputs: UnsafeMutablePointer<Float>
  /// Room for other inputs.
  let others: UnsafeMutablePointer<Float>
  /// Results, a line for each column; of the positive, then of the negative side, then where circuits
  /// add something, two planes more.
  let results: UnsafeMutablePointer<Float>
  /// The distances of lines from the first.
  let offsets: UnsafeMutablePointer<Int>
  /// For each vector what circuits count it by: its number, and its inference in two words.
  let counters:
    (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>)
  /// Pairs of normal deviates, one for each vector.
  let deviates: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)

  init(rows: Int, columns: Int, planes: Int) {
    inputs = .zeroed(2 * rows * Self.step)
    others = inputs + rows * Self.step
    results = .zeroed(planes * columns * Self.step)
    offsets = .allocate(capacity: Self.group)
    for line in 0..<Self.group { (offsets + line).initialize(to: line * Self.step) }
    let counters = UnsafeMutablePointer<UInt32>.allocate(capacity: 3 * Self.width)
    counters.initialize(repeating: 0, count: 3 * Self.width)
    self.counters = (counters, counters + Self.width, counters + 2 * Self.width)
    let deviates = UnsafeMutablePointer<Float>.zeroed(2 * Self.width)
    self.deviates = (deviates, deviates + Self.width)
  }

  func deallocate() {
    inputs.deallocate()
    results.deallocate()
    offsets.deallocate()
    counters.0.deallocate()
    deviates.0.deallocate()
  }

  /// At most `group` lines from `first` on.
  func lines(_ first: UnsafeMutablePointer<Float>) -> memory_lines {
    memory_lines(base: first, offsets: offsets, scale: 1)
  }
}

extension UnsafeMutablePointer<Float> {
  /// So many zeros, from the beginning of a line of a cache on.
  static func zeroed(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = count * MemoryLayout<Float>.stride
    let floats = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      .bindMemory(to: Float.self, capacity: count)
    floats.initialize(repeating: 0, count: count)
    return floats
  }
}

/// What part of its terms a sum in f32 is at least, if it is not 0: less has no digit that is right.
let roundingRest: Float = 0x1p-21

extension Machine {
  /// Runs an `mvm`: Specs/numerics.md, "The crossbar".
  func run(_ operation: Multiplication, iteration: Int) {
    let (rows, columns) = (operation.source.elementCount, operation.target.elementCount)
    var source: Operand<Float> = operand(operation.source, iteration, scratch: 0)
    var target: Operand<Float> = operand(operation.target, iteration, scratch: 1)
    forEachPanel(of: operation.source.count) { vectors in
      source.select(vectors)
      target.select(vectors)
      let used = vectors.count * lanes
      for rows in groups(of: rows) {
        let lines = panel.inputs + rows.lowerBound * Panel.step
        source.fetch(elements: rows, into: lines, kernels)
        encode(lines, count: rows.count, used: used, scale: operation.scale, operation.tile)
      }
      multiply(operation.crossbar, used: used, operation.tile, firstVector: vectors.lowerBound)
      for plane in 0..<(plan.hasPolarities ? 2 : 1) {
        target.store(
          panel.results + plane * columns * Panel.step, elements: 0..<columns, plane: plane,
          kernels)
      }
    }
    let count = operation.source.count * lanes
    statistics.tiles[operation.tile].multiplications += count
    if !circuits.isEmpty { vectorCounts[operation.crossbar] += operation.source.count }
    if case .host = plan.program.buffers[operation.source.memory.id.index].space {
      statistics.bytesToChip += count * rows * ((plan.program.chip.dac.bits + 7) / 8)
    }
  }

  /// Makes inputs of `count` lines steps of the input, and codes where there are converters. Places up to the next
  /// strip become 0.
  private func encode(
    _ lines: UnsafeMutablePointer<Float>, count: Int, used: Int, scale: Float, _ tile: Int
  ) {
    if plan.effects.contains(.inputConverters) {
      statistics.tiles[tile].inputsClipped += kernels.encode(
        lines, count, used, scale, Float(plan.program.chip.dac.maximumCode))
      return
    }
    for number in 0..<count {
      let line = lines + number * Panel.step
      for i in 0..<used { line[i] /= scale }
      for i in used..<Panel.width { line[i] = 0 }
    }
  }

  /// Multiplies `used` vectors of the panel, in steps of the input, with a crossbar, and converts
  /// the currents of its columns. The first of them is number `firstVector` of its instruction.
  func multiply(_ crossbar: Int, used: Int, _ tile: Int, firstVector: Int) {
    let (block, countsPerCode) = (crossbars[crossbar], plan.crossbars[crossbar].countsPerCode)
    guard plan.hasPolarities else {
      multiply(block, plane: 0, panel.inputs, used: used, into: 0)
      return clearRests(block, used: used)
    }
    let plane = block.columns * Panel.step
    let adc = plan.program.chip.adc
    var conversion = current_conversion(
      counts_per_code: countsPerCode, limit: Float(adc.maximumCount),
      floors: adc.rounding == .floor)
    if circuits.isEmpty {
      statistics.tiles[tile].columnsClipped += block.withPacked {
        kernels.multiply($0, panel.inputs, used, &conversion, panel.results, plane)
      }
      return
    }
    _ = block.withPacked { kernels.multiply($0, panel.inputs, used, nil, panel.results, plane) }
    let circuit = circuits[crossbar]
    countVectors(crossbar, used: used, firstVector: firstVector)
    if circuit.whiteNoise > 0 { addWhiteNoise(circuit, crossbar, used: used) }
    if circuit.resistance > 0 { multiplyDistances(circuit, crossbar, used: used) }
    count(circuit, block.columns, used: used, countsPerCode: countsPerCode)
    if plan.effects.contains(.outputConverters) {
      statistics.tiles[tile].columnsClipped += kernels.round(
        panel.results, 2 * block.columns, used, &conversion)
    }
  }

  /// Makes sums 0 that are less than the rounding of their terms may leave of 0.
  private func clearRests(_ block: ProgrammedBlock, used: Int) {
    let largest = panel.others
    largest.update(repeating: 0, count: used)
    for row in 0..<block.rows {
      let line = panel.inputs + row * Panel.step
      for i in 0..<used { largest[i] = max(largest[i], abs(line[i])) }
    }
    for (column, sum) in block.sums.enumerated() {
      let line = panel.results + column * Panel.step
      let part = sum * roundingRest
      for i in 0..<used { line[i] = abs(line[i]) < part * largest[i] ? 0 : line[i] }
    }
  }

  /// Multiplies `used` vectors of a panel with a plane of a block into the results of plane `target`.
  func multiply(
    _ block: ProgrammedBlock, plane: Int, _ inputs: UnsafeMutablePointer<Float>, used: Int,
    into target: Int
  ) {
    block.withPacked {
      kernels.multiply_plane(
        $0, plane, inputs, used, panel.results + target * block.columns * Panel.step)
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
