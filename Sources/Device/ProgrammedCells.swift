import Chip

/// The conductance pairs of a block after programming: Specs/numerics.md, "Devices".
///
/// Both sides of every pair are programmed, also the one whose target is zero. Values lie row by row.
public struct ProgrammedCells: Sendable {
  /// One side of every pair.
  public struct Side: Sendable {
    /// The conductance just after programming, in µS.
    public var programmed: [Double]
    /// The exponents of drift: those of the first part of all sides, then those of the next one, if there are parts.
    public var exponents: [Double]
    /// The rounds that programming pulse by pulse took, and whether its last read was within the margin of the
    /// target; empty for programming at once.
    public var rounds: [UInt8] = []
    public var converged: [Bool] = []

    /// Creates a side.
    public init(programmed: [Double], exponents: [Double]) {
      self.programmed = programmed
      self.exponents = exponents
    }
  }

  /// The model.
  public let model: DeviceModel
  /// The random numbers of the cells.
  public let randomness: CellRandomness
  /// The number of word lines.
  public let rows: Int
  /// The number of bit lines.
  public let columns: Int
  /// The positive side.
  public let positive: Side
  /// The negative side.
  public let negative: Side
  /// What correcting them by the errors of MVMs took.
  public private(set) var corrections = ProgrammingCosts()

  /// Creates cells from their values: `rows` × `columns` values on each side.
  public init(
    model: DeviceModel, randomness: CellRandomness, rows: Int, columns: Int, positive: Side,
    negative: Side
  ) {
    let count = rows * columns
    precondition(
      [positive, negative].allSatisfy {
        $0.programmed.count == count && $0.exponents.count == count * model.parts
      }
    )
    self.model = model
    self.randomness = randomness
    self.rows = rows
    self.columns = columns
    self.positive = positive
    self.negative = negative
  }

  /// Programs `targets`, rows × columns values within −1 ... 1 in units of `gMax` µS.
  ///
  /// The programming error and the exponent of drift follow from the absolute target conductance, so
  /// that both are relatively larger where g_max is smaller. With `pulses`, errors are those that
  /// programming pulse by pulse leaves, and with `gradient` too those that correcting by MVMs leaves. Sides with `limits`, which ascend, take the nearest conductance that they can.
  public init(
    _ targets: [Float], columns: Int, gMax: Double, model: DeviceModel, randomness: CellRandomness,
    faults: CellFaults = .none, limits: [CellLimit] = [], pulses: PulseProgramming? = nil,
    gradient: GradientProgramming? = nil
  ) {
    precondition(columns > 0 && targets.count % columns == 0 && faults.isValid)
    let rows = targets.count / columns
    var positive = SideBuilder(count: targets.count, columns: columns, parts: model.parts)
    var negative = SideBuilder(count: targets.count, columns: columns, parts: model.parts)
    var nextLimit = 0
    var stuck: [CellLimit] = []
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      for (column, index) in range.enumerated() {
        positive.targets[column] = max(Double(targets[index]), 0) * gMax
        negative.targets[column] = max(-Double(targets[index]), 0) * gMax
      }
      randomness.normals(
        .programming, row: row, count: columns, positive: &positive.deviates,
        negative: &negative.deviates)
      positive.program(model, range)
      negative.program(model, range)
      if let pulses {
        positive.program(pulses, randomness, row: row, side: 0)
        negative.program(pulses, randomness, row: row, side: 1)
      }
      for part in 0..<model.parts {
        randomness.normals(
          .drift(part: part), row: row, count: columns, positive: &positive.deviates,
          negative: &negative.deviates)
        positive.drawExponents(model, range, part: part)
        negative.drawExponents(model, range, part: part)
      }
      for (column, index) in range.enumerated() where faults != .none {
        let words = randomness.words(.faults, row: row, column: column)
        let outcomes = (
          faults.outcome(choice: words.0, level: words.1),
          faults.outcome(choice: words.2, level: words.3)
        )
        positive.apply(outcomes.0, at: index, gMax: gMax, pulses)
        negative.apply(outcomes.1, at: index, gMax: gMax, pulses)
        for (outcome, isNegative) in [(outcomes.0, false), (outcomes.1, true)] {
          guard let outcome, outcome.isStuck else { continue }
          let conductance = outcome.conductance * gMax
          stuck.append(
            CellLimit(cell: index, isNegative: isNegative, range: conductance...conductance))
        }
      }
      while nextLimit < limits.count, limits[nextLimit].cell < range.upperBound {
        let limit = limits[nextLimit]
        if limit.isNegative { negative.apply(limit, pulses) } else { positive.apply(limit, pulses) }
        nextLimit += 1
      }
    }
    self.init(
      model: model, randomness: randomness, rows: rows, columns: columns, positive: positive.side,
      negative: negative.side)
    if let gradient {
      let (cells, costs) = gradient.corrected(
        self, targets: targets, gMax: gMax, limits: limits + stuck)
      self = cells
      corrections = costs
    }
  }
}

/// A side while it is programmed row by row.
private struct SideBuilder {
  var side: ProgrammedCells.Side
  /// The targets of the row, in µS.
  var targets: [Double]
  /// The deviates of the row.
  var deviates: [Double]
  private var ratios: [Double]
  private var means: [Double]
  private var spreads: [Double]

  init(count: Int, columns: Int, parts: Int) {
    side = ProgrammedCells.Side(
      programmed: Array(repeating: 0, count: count),
      exponents: Array(repeating: 0, count: count * parts))
    targets = [Double](repeating: 0, count: columns)
    (deviates, ratios, means, spreads) = (targets, targets, targets, targets)
  }

  /// g = max(0, g_T + σ(r) · ξ), r = g_T / g_ref.
  mutating func program(_ model: DeviceModel, _ range: Range<Int>) {
    let columns = range.count
    for i in 0..<columns { ratios[i] = targets[i] / model.maximumConductance }
    model.programmingSpread.values(at: ratios, count: columns, into: &spreads)
    for i in 0..<columns {
      side.programmed[range.lowerBound + i] = max(0, targets[i] + spreads[i] * deviates[i])
    }
  }

  /// Programs a row pulse by pulse; the deviates, which `program` has used, become those of the relaxation.
  mutating func program(
    _ pulses: PulseProgramming, _ randomness: CellRandomness, row: Int, side number: Int
  ) {
    if side.rounds.isEmpty {
      side.rounds = [UInt8](repeating: 0, count: side.programmed.count)
      side.converged = [Bool](repeating: false, count: side.programmed.count)
    }
    for (column, target) in targets.enumerated() {
      let index = row * targets.count + column
      let outcome = pulses.programmed(
        target, randomness, row: row, column: column, side: number)
      side.rounds[index] = UInt8(clamping: outcome.rounds)
      side.converged[index] = outcome.hasConverged
      side.programmed[index] = max(
        0, outcome.conductance + pulses.relaxation(of: target) * deviates[column])
    }
  }

  /// ν = |μ(r) + σ_ν(r) · ξ|, with r of what `part` holds of the target; of one part, `program` has left that.
  mutating func drawExponents(_ model: DeviceModel, _ range: Range<Int>, part: Int) {
    let columns = range.count
    if model.parts > 1 {
      for i in 0..<columns {
        ratios[i] = model.share(of: targets[i], part: part) / model.partConductance
      }
    }
    model.driftMean.values(at: ratios, count: columns, into: &means)
    model.driftSpread.values(at: ratios, count: columns, into: &spreads)
    let start = part * side.programmed.count + range.lowerBound
    for i in 0..<columns {
      side.exponents[start + i] = (means[i] + spreads[i] * deviates[i]).magnitude
    }
    guard part > 0 else { return }
    // What is programmed beyond the last part of the target lies in that part.
    for i in 0..<columns where part > model.lastPart(of: targets[i]) {
      side.exponents[start + i] = side.exponents[start + i - side.programmed.count]
    }
  }

  /// Keeps a side within what it can take; what is stuck does not drift.
  mutating func apply(_ limit: CellLimit, _ pulses: PulseProgramming?) {
    let found = side.programmed[limit.cell]
    let isStuck = limit.range.lowerBound == limit.range.upperBound
    side.programmed[limit.cell] = limit.nearest(to: found)
    if isStuck { stopDrift(at: limit.cell) }
    guard let pulses, isStuck || !limit.range.contains(found) else { return }
    let target = targets[limit.cell % targets.count]
    side.converged[limit.cell] = pulses.isWithinMargin(side.programmed[limit.cell], target)
    side.rounds[limit.cell] =
      side.converged[limit.cell] ? 0 : UInt8(clamping: pulses.scheme.rounds)
  }

  /// Puts a faulty side where it was left; what is stuck does not drift.
  mutating func apply(
    _ outcome: (conductance: Double, isStuck: Bool)?, at index: Int, gMax: Double,
    _ pulses: PulseProgramming?
  ) {
    guard let outcome else { return }
    side.programmed[index] = outcome.conductance * gMax
    if let pulses {
      let target = targets[index % targets.count]
      side.converged[index] = pulses.isWithinMargin(side.programmed[index], target)
      side.rounds[index] = side.converged[index] ? 0 : UInt8(clamping: pulses.scheme.rounds)
    }
    if outcome.isStuck { stopDrift(at: index) }
  }

  private mutating func stopDrift(at index: Int) {
    for place in stride(from: index, to: side.exponents.count, by: side.programmed.count) {
      side.exponents[place] = 0
    }
  }
}
