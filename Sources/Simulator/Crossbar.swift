import Basics
import Chip
import Program

/// The conductances of a block as a crossbar multiplies with them.
///
/// Made once, before anything runs: a device model of programming and drift has its place here, and
/// then each tile has a block of its own.
struct ProgrammedBlock: Sendable {
  let rows: Int
  let columns: Int
  /// Column by column, `rows` values each: g in `ideal`; else the positive side of every column,
  /// then the negative side of every column.
  let conductances: [Float]

  /// Programs `block`.
  ///
  /// Throws `PlanFault` if it does not hold rows × columns values within −1 ... 1.
  init(_ block: ConductanceBlock, fidelity: Fidelity) throws(PlanFault) {
    rows = block.rows.count
    columns = block.columns.count
    let (count, overflows) = rows.multipliedReportingOverflow(by: columns)
    guard rows > 0, columns > 0, !overflows, count <= Int(Int32.max) / 8,
      block.conductances.count == 4 * count
    else {
      throw PlanFault("\(rows) × \(columns) values in \(block.conductances.count) bytes")
    }
    guard block.gMax > 0, block.gMax.isFinite else { throw PlanFault("g_max is \(block.gMax) µS") }
    let values = Tensor(type: .f32, shape: [rows, columns], bytes: block.conductances)
      .elements(of: Float.self)
    guard values.allSatisfy({ $0.magnitude <= 1 }) else {
      throw PlanFault("conductances beyond g_max")
    }
    var byColumn = [Float](repeating: 0, count: fidelity == .ideal ? count : 2 * count)
    for row in 0..<rows {
      for column in 0..<columns {
        let value = values[row * columns + column]
        if fidelity == .ideal {
          byColumn[column * rows + row] = value
        } else {
          byColumn[column * rows + row] = max(value, 0)
          byColumn[count + column * rows + row] = max(-value, 0)
        }
      }
    }
    conductances = byColumn
  }
}

/// The memory in which crossbars and LDPUs work on up to `width` vectors × lanes at a time.
struct Panel {
  static let width = 64

  /// Inputs, a line of `width` for each row; positive, then negative codes.
  let inputs: UnsafeMutablePointer<Float>
  let negativeInputs: UnsafeMutablePointer<Float>
  /// Results, a line for each column; of the positive, then of the negative side.
  let results: UnsafeMutablePointer<Float>

  init(rows: Int, columns: Int) {
    inputs = .allocate(capacity: 2 * rows * Self.width)
    inputs.initialize(repeating: 0, count: 2 * rows * Self.width)
    negativeInputs = inputs + rows * Self.width
    results = .allocate(capacity: 2 * columns * Self.width)
    results.initialize(repeating: 0, count: 2 * columns * Self.width)
  }

  func deallocate() {
    inputs.deallocate()
    results.deallocate()
  }
}

extension Machine {
  /// Runs an `mvm`: Specs/numerics.md, "The crossbar".
  func run(_ operation: Multiplication, iteration: Int) throws(RunFault) {
    let block = plan.crossbars[operation.crossbar]
    var source: Operand<Float> = try operand(operation.source, iteration, scratch: 0)
    var target: Operand<Float> = try operand(operation.target, iteration, scratch: 1)
    let size = block.rows * Panel.width
    let planes = plan.fidelity == .ideal ? 1 : 2
    forEachPanel(of: operation.source.count) { vectors in
      source.select(vectors)
      target.select(vectors)
      let used = vectors.count * lanes
      for row in 0..<block.rows {
        let line = panel.inputs + row * Panel.width
        source.fetch(element: row, into: line)
        if used < Panel.width {
          (line + used).update(repeating: 0, count: Panel.width - used)
        }
      }
      switch plan.fidelity {
      case .ideal:
        for i in 0..<size { panel.inputs[i] /= operation.scale }
        multiply(
          operation.product, block, columns: 0..<block.columns, panel.inputs, used: used, into: 0,
          adding: false)
      case .quantized:
        quantize(operation, block: block, used: used)
      }
      for plane in 0..<planes {
        for column in 0..<block.columns {
          let line = panel.results + (plane * block.columns + column) * Panel.width
          target.store(line, element: column, plane: plane)
        }
      }
    }
    let count = operation.source.count * lanes
    statistics.tiles[operation.tile].multiplications += count
    if case .host = plan.program.buffers[operation.source.memory.id.index].space {
      statistics.bytesToChip += count * block.rows * ((plan.program.chip.dac.bits + 7) / 8)
    }
  }

  /// Inputs to codes, products of both polarities, currents to counts.
  private func quantize(_ operation: Multiplication, block: ProgrammedBlock, used: Int) {
    let size = block.rows * Panel.width
    let limit = Float(plan.program.chip.dac.maximumCode)
    let isSigned = encode(
      panel.inputs, count: size, scale: operation.scale, limit: limit, operation.tile)
    if isSigned {
      for i in 0..<size {
        let code = panel.inputs[i]
        panel.inputs[i] = code > 0 ? code : 0
        panel.negativeInputs[i] = code < 0 ? -code : 0
      }
    }
    let columns = block.columns
    let all = 0..<(2 * columns)
    let product = operation.product
    multiply(product, block, columns: all, panel.inputs, used: used, into: 0, adding: false)
    if isSigned {
      let (positive, negative) = (0..<columns, columns..<(2 * columns))
      let inputs = panel.negativeInputs
      multiply(product, block, columns: negative, inputs, used: used, into: 0, adding: true)
      multiply(product, block, columns: positive, inputs, used: used, into: columns, adding: true)
    }
    count(
      lines: 2 * columns, used: used, countsPerCode: operation.countsPerCode, operation.tile)
  }

  /// Rounds inputs to the codes of the input converters. Returns whether a code is negative.
  private func encode(
    _ inputs: UnsafeMutablePointer<Float>, count: Int, scale: Float, limit: Float, _ tile: Int
  ) -> Bool {
    var signs: UInt32 = 0
    var clips: Int32 = 0
    for i in 0..<count {
      let value = inputs[i] / scale
      let code = nearestInteger(clipped(value, to: limit))
      signs |= code.bitPattern
      clips &+= abs(value) < limit + 0.5 ? 0 : 1
      inputs[i] = code
    }
    statistics.tiles[tile].inputsClipped += Int(clips)
    return signs >> 31 != 0
  }

  /// Rounds currents, in steps of the input × g, to the counts of the output converters.
  private func count(lines: Int, used: Int, countsPerCode: Float, _ tile: Int) {
    let adc = plan.program.chip.adc
    let limit = Float(adc.maximumCount)
    let floors = adc.rounding == .floor
    var clips: Int32 = 0
    for number in 0..<lines {
      let line = panel.results + number * Panel.width
      for i in 0..<used {
        let current = line[i] * countsPerCode
        let cut = current < limit + 1 ? current : limit + 1
        let nearest = nearestInteger(cut)
        let counts = floors && nearest > cut ? nearest - 1 : nearest
        clips &+= counts > limit ? 1 : 0
        line[i] = counts > limit ? limit : counts
      }
    }
    statistics.tiles[tile].columnsClipped += Int(clips)
  }

  /// Multiplies `used` vectors of a panel with columns of a block into lines of the results.
  private func multiply(
    _ product: Product, _ block: ProgrammedBlock, columns: Range<Int>,
    _ inputs: UnsafeMutablePointer<Float>, used: Int, into line: Int, adding: Bool
  ) {
    block.conductances.withUnsafeBufferPointer { conductances in
      product.run(
        conductances.baseAddress! + columns.lowerBound * block.rows, columns: columns.count,
        inputs, used: used, into: panel.results + line * Panel.width, adding: adding)
    }
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
