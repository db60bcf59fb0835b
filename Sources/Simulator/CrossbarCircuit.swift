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
  let randomness: LineRandomness

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
    self.randomness = randomness
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
    outputNoise = effects.contains(.outputNoise) ? Float(circuit.outputNoise) : 0
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
  func addWhiteNoise(
    _ circuit: CrossbarCircuit, _ crossbar: Int, used: Int, firstVector: Int
  ) {
    let block = crossbars[crossbar]
    for i in 0..<(block.rows * Panel.step) {
      panel.others[i] = panel.inputs[i] * panel.inputs[i]
    }
    multiply(block, plane: 1, panel.others, used: used, into: 2)
    for column in 0..<block.columns {
      let difference = panel.results + column * Panel.step
      let squares = difference + 2 * block.columns * Panel.step
      for i in 0..<used {
        let deviate = noise(
          .devices, circuit, crossbar, column, i, firstVector: firstVector
        ).0
        difference[i] += circuit.whiteNoise * max(squares[i], 0).squareRoot() * Float(deviate)
      }
    }
  }

  /// Multiplies the inputs, each as far as its row sees the fall of voltage, into the planes 2 and 3.
  func multiplyDistances(_ circuit: CrossbarCircuit, _ crossbar: Int, used: Int) {
    let block = crossbars[crossbar]
    for row in 0..<block.rows {
      let distance = circuit.distances[row]
      for i in row * Panel.step..<(row + 1) * Panel.step {
        panel.others[i] = panel.inputs[i] * distance
      }
    }
    multiply(block, plane: 0, panel.others, used: used, into: 2)
    for i in 0..<(block.rows * Panel.step) { panel.others[i] = abs(panel.others[i]) }
    multiply(block, plane: 1, panel.others, used: used, into: 3)
  }

  /// Takes from the currents of both polarities what the resistance of their lines costs.
  func dropVoltages(_ circuit: CrossbarCircuit, _ columns: Int, used: Int) {
    for column in 0..<columns {
      let positive = panel.results + column * Panel.step
      let negative = positive + columns * Panel.step
      let difference = negative + columns * Panel.step
      let sum = difference + columns * Panel.step
      for i in 0..<used {
        let far = (max(sum[i] + difference[i], 0) / 2, max(sum[i] - difference[i], 0) / 2)
        positive[i] = max(positive[i] - circuit.fall(positive[i]) * far.0, 0)
        negative[i] = max(negative[i] - circuit.fall(negative[i]) * far.1, 0)
      }
    }
  }

  /// What converters with gains, offsets, bends and noise of their own make of the counts.
  func distort(_ circuit: CrossbarCircuit, _ crossbar: Int, used: Int, firstVector: Int) {
    let columns = crossbars[crossbar].columns
    for column in 0..<columns {
      let positive = panel.results + column * Panel.step
      let negative = positive + columns * Panel.step
      let gain = circuit.gains[column]
      for (line, offset) in [
        (positive, circuit.offsets[column]), (negative, circuit.offsets[columns + column]),
      ] {
        for i in 0..<used {
          let bend = 1 + circuit.nonLinearity * line[i] / circuit.fullCount
          line[i] = max(gain * (line[i] / bend) + offset, 0)
        }
      }
      guard circuit.outputNoise > 0 else { continue }
      for i in 0..<used {
        let (first, second) = noise(
          .output, circuit, crossbar, column, i, firstVector: firstVector)
        positive[i] = max(positive[i] + circuit.outputNoise * Float(first), 0)
        negative[i] = max(negative[i] + circuit.outputNoise * Float(second), 0)
      }
    }
  }

  /// The deviates of place `place` of the panel, whose first vector is number `firstVector` of its
  /// instruction.
  private func noise(
    _ draw: LineRandomness.Draw, _ circuit: CrossbarCircuit, _ crossbar: Int, _ column: Int,
    _ place: Int, firstVector: Int
  ) -> (Double, Double) {
    circuit.randomness.normals(
      draw, column: column, vector: vectorCounts[crossbar] + firstVector + place / lanes,
      inference: firstInference + place % lanes)
  }
}

extension CrossbarCircuit {
  /// The part of the voltage that a current costs at the far end of its line, in two parts: 0.5 a of
  /// a current that is the same everywhere, less what the smaller voltage then draws.
  @inline(__always)
  func fall(_ current: Float) -> Float {
    let a = current * resistance
    return a * (0.5 + a * (-0.2 + a * 0.05))
  }
}
