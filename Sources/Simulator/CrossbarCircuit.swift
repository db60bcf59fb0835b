import CDevice
import Chip
import Device
import Program

/// What the circuits of a crossbar add to its products: Specs/numerics.md, "Circuits".
struct CrossbarCircuit: Sendable {
  /// The gain of the converter of each column.
  let gains: [Float]
  /// What it adds to the counts: of the positive sides, then of the negative sides.
  let offsets: [Float]
  /// The standard deviation of a count.
  let outputNoise: Float
  /// The white noise of a product, in parts of √Σ|w|x².
  let whiteNoise: Float
  /// What a current of one step of the input × g becomes at the end of a line of cells, in parts of the
  /// voltage.
  let resistance: Float
  /// The part of the fall of voltage that each row sees.
  let distances: [Float]
  /// The part by which a current of `fullCount` counts falls short.
  let nonLinearity: Float
  let fullCount: Float
  /// What is drawn for every vector: the noise of counts, and that of devices.
  let outputDraws, deviceDraws: LineDraws

  /// The circuits of every crossbar of `plan`, read in `epoch`; none if they add nothing.
  static func all(of plan: Plan, _ fidelity: Fidelity, _ epoch: Epoch) -> [CrossbarCircuit] {
    guard let devices = fidelity.devices, !fidelity.effects.isDisjoint(with: .ofCircuits) else {
      return []
    }
    return plan.crossbars.map {
      CrossbarCircuit($0, plan.program.chip, fidelity.effects, seed: devices.seed, epoch)
    }
  }

  private init(
    _ crossbar: PlannedCrossbar, _ chip: Chip, _ effects: Effects, seed: UInt64, _ epoch: Epoch
  ) {
    let (tile, circuit) = (crossbar.tile, chip.circuit)
    let randomness = LineRandomness(
      chip: tile.chip, core: tile.core, firstRow: tile.firstRow, firstColumn: tile.firstColumn,
      seed: seed, epoch: epoch, bitLines: crossbar.lines?.columns)
    (outputDraws, deviceDraws) = (randomness.draws(.output), randomness.draws(.devices))
    let columns = 0..<crossbar.columns
    if effects.contains(.converterSpread) {
      let spreads = circuit.converterSpreads(calibrated: effects.contains(.converterCalibration))
      gains = columns.map {
        Float(max(1 + spreads.gain * randomness.normals(.gain, column: $0).0, 0))
      }
      let pairs = columns.map { randomness.normals(.offset, column: $0) }
      offsets = (pairs.map(\.0) + pairs.map(\.1)).map { Float(spreads.offset * $0) }
    } else {
      gains = columns.map { _ in 1 }
      offsets = columns.map { _ in 0 } + columns.map { _ in 0 }
    }
    outputNoise =
      effects.contains(.outputNoise)
      ? Float(circuit.outputNoise * Double(chip.adc.maximumCount)) : 0
    whiteNoise = effects.contains(.whiteNoise) ? Float(circuit.whiteNoise) : 0
    nonLinearity = effects.contains(.nonLinearity) ? Float(circuit.nonLinearity) : 0
    fullCount = Float(chip.adc.maximumCount)
    let rows = Double(chip.crossbar.rows)
    // A step of the input is 1 / largest code of the read voltage, and g = 1 is g_max µS.
    let step = Double(crossbar.gMax) * 1e-6 / Double(chip.dac.maximumCode)
    resistance =
      effects.contains(.wireResistance) ? Float(circuit.wireResistance * step * rows) : 0
    distances = (0..<crossbar.rows).map { row in
      let line = crossbar.lines.map { $0.rows[row] } ?? tile.firstRow + row
      let near = 1 - (Double(line) + 0.5) / rows
      return Float(1 - near * near)
    }
  }
}

extension Machine {
  /// Adds to the difference of the polarities what devices with white noise add for each vector.
  func addWhiteNoise(_ circuit: CrossbarCircuit, _ crossbar: Int, used: Int) {
    let block = crossbars[crossbar]
    square_line(panel.inputs, panel.others, block.rows * Panel.step)
    multiply(block, plane: 1, panel.others, used: used, into: 2)
    for column in 0..<block.columns {
      let difference = panel.results + column * Panel.step
      let squares = difference + 2 * block.columns * Panel.step
      setDeviates(circuit.deviceDraws, column, used: used)
      add_device_noise(difference, squares, panel.deviates.0, circuit.whiteNoise, used)
    }
  }

  /// Multiplies the inputs, each as far as its row sees the fall of voltage, into the planes 2 and 3.
  func multiplyDistances(_ circuit: CrossbarCircuit, _ crossbar: Int, used: Int) {
    let block = crossbars[crossbar]
    for (row, distance) in circuit.distances.enumerated() {
      let line = row * Panel.step
      scale_line(panel.inputs + line, distance, panel.others + line, Panel.width)
    }
    let plane = block.columns * Panel.step
    _ = block.withPacked {
      kernels.multiply($0, panel.others, used, nil, panel.results + 2 * plane, plane)
    }
  }

  /// Makes the difference of the currents of each column and their sum counts of both polarities.
  func count(_ circuit: CrossbarCircuit, _ columns: Int, used: Int, countsPerCode: Float) {
    let plane = columns * Panel.step
    var line = line_circuit(
      counts_per_code: countsPerCode, resistance: circuit.resistance, gain: 1, positive_offset: 0,
      negative_offset: 0, bend: circuit.nonLinearity, full: circuit.fullCount,
      noise: circuit.outputNoise)
    for column in 0..<columns {
      line.gain = circuit.gains[column]
      line.positive_offset = circuit.offsets[column]
      line.negative_offset = circuit.offsets[columns + column]
      if circuit.outputNoise > 0 { setDeviates(circuit.outputDraws, column, used: used) }
      let positive = panel.results + column * Panel.step
      count_line(
        &line, positive, positive + plane, positive + 2 * plane, positive + 3 * plane,
        panel.deviates.0, panel.deviates.1, used)
    }
  }

  /// Counts the `used` vectors of the panel, of which the first is number `firstVector` of its instruction.
  func countVectors(_ crossbar: Int, used: Int, firstVector: Int) {
    let first = vectorCounts[crossbar] + firstVector
    for place in 0..<used {
      let inference = firstInference + place % lanes
      panel.counters.0[place] = UInt32(truncatingIfNeeded: first + place / lanes)
      panel.counters.1[place] = UInt32(truncatingIfNeeded: inference)
      panel.counters.2[place] = UInt32(truncatingIfNeeded: inference >> 32)
    }
  }

  /// Draws the deviates of a column for the vectors of the panel.
  private func setDeviates(_ draws: LineDraws, _ column: Int, used: Int) {
    let (numbers, inferences, high) = panel.counters
    draws.setNormals(
      panel.deviates.0, panel.deviates.1, column: column,
      for: counted_vectors(numbers: numbers, inferences: inferences, high_inferences: high),
      count: used)
  }
}
