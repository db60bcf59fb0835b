import CDevice
import Chip

/// Programming by the errors of matrix-vector multiplications: cells that are programmed already are corrected, round by
/// round, by what random vectors show of them.
///
/// Source: Büchel et al., "Gradient descent-based programming of analog in-memory computing cores", IEDM 2022, and
/// arXiv 2305.16647. A round multiplies a batch of vectors x. With e = y − xW the errors of their results, Σ x e / Σ x² is
/// the gradient, in which each cell finds its own error beside some of those of others. Cells that miss by more than a margin
/// get one more pulse. What the cells make of it is as in `PulseProgramming`. How rounds follow each other is assumed:
/// `Scheme`.
public struct GradientProgramming: Hashable, Sendable {
  /// What a controller does; all figures are assumed.
  public struct Scheme: Hashable, Sendable {
    /// The rounds, and the vectors of each.
    public var rounds = 12
    public var vectors = 2048
    /// The error from which on a side gets a pulse, in parts of the spread that a target has without this method.
    public var margin = 0.75
    /// The time between pulses and the vectors that show what they did, in s: conductances relax first.
    public var wait = 1.0
    /// The rounds in which a side that is wrong gets pulses, until the other side of the pair makes up for it.
    public var patience = 5

    /// Creates the assumed scheme.
    public init() {}
  }

  /// The scheme.
  public let scheme: Scheme
  private let pulses: PulseProgramming
  /// The part of the variance of relaxation that has passed by the next round: relaxation is even in log time.
  private let relaxed: Double
  /// The counts of a µS at the largest code, and the time and energy of a vector.
  private let countsPerMicrosiemens: Double
  private let largestCode: Int
  private let mvmTime: Double
  private let mvmEnergy: Double
  private let largestCount: Double

  /// Creates the method for cells that `pulses` program on `chip`.
  public init(_ pulses: PulseProgramming, on chip: Chip, scheme: Scheme = Scheme()) {
    self.pulses = pulses
    self.scheme = scheme
    let start = pulses.model.readTime
    relaxed = min(
      elementary_log(max(scheme.wait / start, 1)) / elementary_log(pulses.model.firstRead / start),
      1)
    countsPerMicrosiemens = chip.adc.countsPerGMax / chip.crossbar.gMax
    largestCount = Double(chip.adc.maximumCount)
    largestCode = chip.dac.maximumCode
    (mvmTime, mvmEnergy) = (chip.crossbar.mvmTime, chip.crossbar.mvmEnergy)
  }

  /// Corrects `cells`, which are to hold `targets` in parts of `gMax` µS, row by row, within `limits`, which ascend.
  ///
  /// Returns the cells, and what it took.
  func corrected(
    _ cells: ProgrammedCells, targets: [Float], gMax: Double, limits: [CellLimit]
  ) -> (cells: ProgrammedCells, costs: ProgrammingCosts) {
    var state = State(cells, targets: targets, gMax: gMax, limits: limits)
    var costs = ProgrammingCosts()
    for round in 0..<scheme.rounds {
      let errors = measured(state, round: round)
      let count = correct(&state, errors, round: round)
      costs.nanoseconds += scheme.wait * 1e9 + Double(scheme.vectors) * mvmTime
      costs.picojoules += Double(scheme.vectors) * mvmEnergy * 1e3
      costs.pulses += count * pulses.pulsed
      costs.picojoules +=
        Double(count * pulses.pulsed) * PulseProgramming.Response.middle
        * pulses.scheme.pulseVoltage * pulses.scheme.pulseTime / 1e3
      if count == 0 { break }
    }
    // What of relaxation is left shows until the first read.
    let left = max(1 - relaxed, 0).squareRoot()
    for side in 0..<2 {
      for cell in state.wanted.indices where state.tries[side][cell] > 0 {
        relax(&state, side: side, cell: cell, part: left, draw: 30, round: 0)
      }
    }
    return (state.cells(from: cells, pulses), costs)
  }

  /// The cells while they are corrected.
  private struct State {
    let rows: Int
    let columns: Int
    let randomness: CellRandomness
    /// By side: what it conducts, in µS, what it is to, and how often it got a pulse.
    var conductances: [[Double]]
    var targets: [[Double]]
    var tries: [[UInt8]]
    /// By side: the current of the last pulse; 0 where there was none.
    var currents: [[Double]]
    var limits: [[Int: CellLimit]]
    /// What each pair is to hold.
    let wanted: [Double]

    init(_ cells: ProgrammedCells, targets: [Float], gMax: Double, limits: [CellLimit]) {
      (rows, columns, randomness) = (cells.rows, cells.columns, cells.randomness)
      conductances = [cells.positive.programmed, cells.negative.programmed]
      wanted = targets.map { Double($0) * gMax }
      self.targets = [wanted.map { max($0, 0) }, wanted.map { max(-$0, 0) }]
      tries = Array(repeating: Array(repeating: 0, count: targets.count), count: 2)
      currents = Array(repeating: Array(repeating: 0, count: targets.count), count: 2)
      self.limits = [false, true].map { side in
        Dictionary(
          limits.filter { $0.isNegative == side }.map { ($0.cell, $0) },
          uniquingKeysWith: { first, _ in first })
      }
    }

    func cells(from cells: ProgrammedCells, _ pulses: PulseProgramming) -> ProgrammedCells {
      var sides = [cells.positive, cells.negative]
      for side in 0..<2 {
        sides[side].programmed = conductances[side]
        for cell in wanted.indices where !sides[side].converged.isEmpty {
          sides[side].converged[cell] = pulses.isWithinMargin(
            conductances[side][cell], targets[side][cell])
        }
      }
      return ProgrammedCells(
        model: cells.model, randomness: cells.randomness, rows: cells.rows,
        columns: cells.columns, positive: sides[0], negative: sides[1])
    }
  }

  /// What the gradient says each pair conducts beyond what it is to, in µS.
  private func measured(_ state: State, round: Int) -> [Double] {
    let (rows, columns) = (state.rows, state.columns)
    var inputs = [Float](repeating: 0, count: scheme.vectors * rows)
    var squares = [Float](repeating: 0, count: rows)
    for vector in 0..<scheme.vectors {
      for row in 0..<rows {
        let x = Float(code(state.randomness, vector: vector, row: row, round: round))
        inputs[vector * rows + row] = x
        squares[row] += x * x
      }
    }
    var (positive, negative) = (
      [Float](repeating: 0, count: rows * columns), [Float](repeating: 0, count: rows * columns)
    )
    for row in 0..<rows {
      for column in 0..<columns {
        let cell = row * columns + column
        let (a, b) = state.randomness.normalPair(
          .pulses(side: 2, part: 0, round: round), row: row, column: column)
        let (p, n) = (state.conductances[0][cell], state.conductances[1][cell])
        positive[cell] = Float(max(0, p * (1 + pulses.model.readNoise(of: p) * a)))
        negative[cell] = Float(max(0, n * (1 + pulses.model.readNoise(of: n) * b)))
      }
    }
    let wanted = state.wanted.map { Float($0) }
    var gradient = [Float](repeating: 0, count: rows * columns)
    let scale = Float(countsPerMicrosiemens) / Float(largestCode)
    let most = Float(largestCount)
    var (sums, others, ideal) = (
      [Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns),
      [Float](repeating: 0, count: columns)
    )
    for vector in 0..<scheme.vectors {
      for column in 0..<columns { (sums[column], others[column], ideal[column]) = (0, 0, 0) }
      for row in 0..<rows {
        let x = inputs[vector * rows + row]
        let (start, size) = (row * columns, abs(x))
        // Of an input below 0, the sides change their roles.
        if x >= 0 {
          add(size, positive, start, &sums)
          add(size, negative, start, &others)
        } else {
          add(size, negative, start, &sums)
          add(size, positive, start, &others)
        }
        add(x, wanted, start, &ideal)
      }
      for column in 0..<columns {
        let counts =
          min((sums[column] * scale).rounded(.down), most)
          - min((others[column] * scale).rounded(.down), most)
        ideal[column] = counts / scale - ideal[column]
      }
      for row in 0..<rows {
        let x = inputs[vector * rows + row]
        let start = row * columns
        gradient.withUnsafeMutableBufferPointer { gradient in
          ideal.withUnsafeBufferPointer { errors in
            for column in 0..<columns { gradient[start &+ column] += x * errors[column] }
          }
        }
      }
    }
    return gradient.enumerated().map { Double($1 / max(squares[$0 / columns], 1)) }
  }

  @inline(__always)
  private func add(_ x: Float, _ values: [Float], _ start: Int, _ sums: inout [Float]) {
    values.withUnsafeBufferPointer { values in
      sums.withUnsafeMutableBufferPointer { sums in
        for column in sums.indices { sums[column] += x * values[start &+ column] }
      }
    }
  }

  /// A code of a random vector: each from the most negative to the largest alike.
  private func code(_ randomness: CellRandomness, vector: Int, row: Int, round: Int) -> Int {
    // Vectors are the same for all columns of a block.
    let words = Philox.words(
      (
        UInt32(truncatingIfNeeded: row), UInt32(truncatingIfNeeded: vector),
        UInt32(truncatingIfNeeded: round), 0x6D76_6D00
      ),
      key: (UInt32(truncatingIfNeeded: randomness.seed), randomness.core.rawValue))
    return Int(words.0 % UInt32(2 * largestCode + 1)) - largestCode
  }

  /// Gives pulses to the sides of pairs that miss by more than the margin; returns how many.
  private func correct(_ state: inout State, _ errors: [Double], round: Int) -> Int {
    var count = 0
    let spreads = (0...64).map {
      pulses.model.programmingSpread(of: pulses.model.maximumConductance * Double($0) / 64)
    }
    for (cell, error) in errors.enumerated() {
      let own = state.wanted[cell] >= 0 ? 0 : 1
      let level = Int(min(state.wanted[cell].magnitude / pulses.model.maximumConductance, 1) * 64)
      guard error.magnitude > scheme.margin * spreads[level] else { continue }
      // The part of the error that a side has to lose.
      let excess = own == 0 ? error : -error
      let isOther =
        state.targets[own][cell] <= 0
        || (Int(state.tries[own][cell]) >= scheme.patience && excess > 0)
      let side = isOther ? 1 - own : own
      let change = isOther ? excess : -excess
      // A side that is to conduct nothing, and conducts too little for the other one, stays reset.
      guard !isOther || state.conductances[side][cell] + change > 0 else { continue }
      pulse(&state, side: side, cell: cell, by: change, round: round)
      count += 1
    }
    return count
  }

  /// Gives a side a pulse after which it is to conduct `change` µS more.
  private func pulse(
    _ state: inout State, side: Int, cell: Int, by change: Double, round: Int
  ) {
    let (row, column) = cell.quotientAndRemainder(dividingBy: state.columns)
    // Parts before the one in which the target ends are full.
    let part = pulses.model.lastPart(of: state.targets[side][cell])
    let full = pulses.model.partConductance * Double(part)
    let found = max(state.conductances[side][cell] - full, 0)
    if state.currents[side][cell] == 0 { state.currents[side][cell] = pulses.aim(found) }
    state.currents[side][cell] +=
      PulseProgramming.Response.gain * (pulses.aim(max(found + change, 0)) - pulses.aim(found))
    let current = min(
      max(state.currents[side][cell], pulses.scheme.pulseCurrents.lowerBound),
      pulses.scheme.pulseCurrents.upperBound)
    state.currents[side][cell] = current
    state.tries[side][cell] = min(state.tries[side][cell], .max - 1) + 1
    state.conductances[side][cell] =
      full
      + pulses.conductance(
        of: part, after: current, state.randomness, row: row, column: column, side: side,
        round: pulses.scheme.rounds + 1 + round)
    relax(&state, side: side, cell: cell, part: relaxed.squareRoot(), draw: 31, round: round)
  }

  /// Lets a side relax by `part` of the spread that it has until the first read.
  private func relax(
    _ state: inout State, side: Int, cell: Int, part: Double, draw: Int, round: Int
  ) {
    let (row, column) = cell.quotientAndRemainder(dividingBy: state.columns)
    let (deviate, _) = state.randomness.normalPair(
      .pulses(side: side, part: draw, round: round), row: row, column: column)
    let found = state.conductances[side][cell]
    let value = max(0, found + part * pulses.relaxation(of: found) * deviate)
    state.conductances[side][cell] =
      state.limits[side][cell].map { $0.nearest(to: value) } ?? value
  }
}
