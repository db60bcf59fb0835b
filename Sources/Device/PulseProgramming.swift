import CDevice
import Chip

/// Programming cell by cell, as a controller does it: RESET, SET, then rounds of one pulse and one read until a read is within
/// a margin of the target or the rounds are used up.
///
/// Devices of a side that are filled in turn (`DeviceModel.Filling`) are set and get their rounds one after the other, the
/// last one until the whole side is read to be within the margin.
///
/// Published (Le Gallo et al., Nature Electronics 6, 680, 2023) are the pulses, the margin, the most rounds, and how
/// cells are selected. Published too is the spread that conductances have at the first read some minutes later, the
/// programming spread of a device model. What a cell makes of a pulse is assumed: `Response`. Between the last round and
/// the first read conductances relax; how much follows from the two spreads, since what the rounds leave is a part of
/// the published one.
public struct PulseProgramming: Hashable, Sendable {
  /// What a controller does.
  public struct Scheme: Hashable, Sendable {
    /// Currents in µA and times in ns of RESET, SET with its tail, and of the pulses of rounds.
    public var resetCurrent = 700.0
    public var resetTime = 125.0
    public var setCurrent = 125.0
    public var setTime = 300.0
    public var pulseCurrents = 125.0...700.0
    public var pulseTime = 125.0
    /// The time of a read with its precharge, in ns.
    public var readTime = 768.0
    /// The most rounds, and the counts by which a read may miss its target.
    public var rounds = 30
    public var margin = 5.0
    /// The cells that are written at the same time.
    public var writeHeads = 32
    /// The voltage of pulses, in V: assumed.
    public var pulseVoltage = 1.5

    /// Creates the published scheme.
    public init() {}
  }

  /// What a device conducts after a pulse: Gₛ / (1 + exp((I − I₀) / w)), times a factor that each pulse draws. All figures
  /// are assumed.
  struct Response {
    /// Gₛ relative to the largest conductance of a device, and its relative spread over devices.
    static let full = 1.35
    static let fullSpread = 0.1
    /// I₀ in µA, and its spread.
    static let middle = 380.0
    static let middleSpread = 25.0
    /// w in µA, and its relative spread.
    static let width = 55.0
    static let widthSpread = 0.1
    /// The spread of the logarithm of what a pulse leaves.
    static let pulseSpread = 0.08
    /// The part of the error that a controller corrects in a round.
    static let gain = 0.7
    /// The smallest part of Gₛ that the controller aims at.
    static let least = 0.005
  }

  /// What programming a side of a pair gave.
  struct Outcome {
    /// The conductance when the last round ended, in µS.
    var conductance: Double
    /// Rounds with a pulse, and whether the last read was within the margin.
    var rounds: Int
    var hasConverged: Bool
  }

  /// The scheme.
  public let scheme: Scheme
  /// The device model, whose spread conductances have at the first read.
  public let model: DeviceModel
  /// The devices of a side, and those that get pulses together: all, or one where they are filled in turn.
  let devices: Int
  let pulsed: Int
  /// The conductance of a count of a read, in µS.
  let step: Double
  /// What the rounds leave, by target: the spread of the error in µS.
  private(set) var accepted: [Double] = []
  /// How many of `sampled` sides need at least k rounds, by target, at place k.
  private(set) var roundCounts: [[Int]] = []

  /// The targets of `accepted` and `roundCounts` are 0, 1/32, …, 1 of the model's largest conductance.
  static let levels = 33
  /// The sides that were tried at each of them.
  let sampled: Int

  /// Creates the programming of cells after `model` on `chip`, from what `samples` sides show at each of some targets.
  public init(
    _ model: DeviceModel, on chip: Chip, scheme: Scheme = Scheme(), samples: Int = 2000
  ) {
    precondition(samples > 0)
    self.scheme = scheme
    self.model = model
    sampled = samples
    devices = model.devicesPerPolarity ?? chip.crossbar.devicesPerPolarity
    pulsed = devices / model.parts
    step = chip.crossbar.gMax / chip.adc.countsPerGMax
    let source = CellRandomness(
      chip: 0, core: CoreID(0), firstRow: 0, firstColumn: 0, coreColumns: samples,
      seed: 0x5EED)
    for level in 0..<Self.levels {
      let target = model.maximumConductance * Double(level) / Double(Self.levels - 1)
      var (sum, squares, count) = (0.0, 0.0, 0.0)
      var rounds = [Int](repeating: 0, count: scheme.rounds + 1)
      for sample in 0..<samples {
        let outcome = programmed(target, source, row: level, column: sample, side: 0)
        rounds[outcome.rounds] += 1
        guard outcome.hasConverged else { continue }
        let error = outcome.conductance - target
        (sum, squares, count) = (sum + error, squares + error * error, count + 1)
      }
      let mean = sum / max(count, 1)
      accepted.append(max(squares / max(count, 1) - mean * mean, 0).squareRoot())
      // From the last on, since whoever needs k rounds needs k − 1 as well.
      for k in rounds.indices.dropLast().reversed() { rounds[k] += rounds[k + 1] }
      roundCounts.append(rounds)
    }
  }

  /// Programs one side of the cell at a row and a column of a block to `target` µS.
  func programmed(
    _ target: Double, _ randomness: CellRandomness, row: Int, column: Int, side: Int
  ) -> Outcome {
    // A cell that is to conduct nothing stays as RESET leaves it, which is the published spread at 0.
    if target <= 0 {
      let (deviate, _) = randomness.normalPair(
        .pulses(side: side, part: 0, round: 0), row: row, column: column)
      let left = max(0, model.programmingSpread(of: 0) * deviate)
      return Outcome(conductance: left, rounds: 0, hasConverged: isWithinMargin(left, 0))
    }
    var (outcome, known) = (Outcome(conductance: 0, rounds: 0, hasConverged: true), 0.0)
    let last = model.lastPart(of: target)
    for part in 0...last {
      let wanted = part == last ? target : model.partConductance * Double(part + 1)
      (outcome, known) = filled(
        part, to: wanted, from: outcome, read: known, randomness, row: row, column: column,
        side: side)
      if !outcome.hasConverged { break }
    }
    return outcome
  }

  /// Sets a part, and gives it pulses until the side is read to conduct `target` µS; the parts before it conduct what
  /// `before` says, and were read to conduct `known` µS. Returns the last read too.
  private func filled(
    _ part: Int, to target: Double, from before: Outcome, read known: Double,
    _ randomness: CellRandomness, row: Int, column: Int, side: Int
  ) -> (outcome: Outcome, read: Double) {
    func normals(_ number: Int, round: Int = 0) -> (Double, Double) {
      randomness.normalPair(
        .pulses(side: side, part: number, round: round), row: row, column: column)
    }
    let places = part * pulsed..<(part + 1) * pulsed
    return withUnsafeTemporaryAllocation(of: Cell.self, capacity: pulsed) { cells in
      var conductance = before.conductance
      for (place, device) in places.enumerated() {
        let (cell, set) = drawn(normals(2 * device), normals(2 * device + 1))
        cells.initializeElement(at: place, to: cell)
        conductance += cell.full * set
      }
      var current = aim(target - known)
      var found = known
      for round in before.rounds...scheme.rounds {
        let (noise, _) = normals(2 * devices, round: round)
        found = read(max(0, conductance * (1 + model.readNoise(of: conductance) * noise)))
        if (found - target).magnitude <= scheme.margin * step {
          return (Outcome(conductance: conductance, rounds: round, hasConverged: true), found)
        }
        if round == scheme.rounds { break }
        if round > before.rounds {
          current += Response.gain * (aim(target - known) - aim(found - known))
        }
        current = min(
          max(current, scheme.pulseCurrents.lowerBound), scheme.pulseCurrents.upperBound)
        conductance = before.conductance
        for (place, device) in places.enumerated() {
          let (deviate, _) = normals(2 * devices + 1 + device, round: round)
          conductance += cells[place].conductance(after: current, deviate)
        }
      }
      let outcome = Outcome(
        conductance: conductance, rounds: scheme.rounds, hasConverged: false)
      return (outcome, found)
    }
  }

  /// The response of one device.
  private struct Cell {
    var full: Double
    var middle: Double
    var width: Double

    /// What it conducts after a pulse of `current` µA.
    func conductance(after current: Double, _ deviate: Double) -> Double {
      let share = 1 / (1 + elementary_exp((current - middle) / width))
      return full * share * elementary_exp(Response.pulseSpread * deviate)
    }
  }

  /// A device, and what SET leaves of its Gₛ, from normal deviates.
  private func drawn(_ a: (Double, Double), _ b: (Double, Double)) -> (cell: Cell, set: Double) {
    let usual = Response.full * model.partConductance / Double(pulsed)
    let cell = Cell(
      full: usual * max(1 + Response.fullSpread * a.0, 0.1),
      middle: Response.middle + Response.middleSpread * a.1,
      width: Response.width * max(1 + Response.widthSpread * b.0, 0.1))
    return (cell, elementary_exp(Response.pulseSpread * b.1))
  }

  /// What a part of a side conducts after one more pulse of `current` µA, in µS; `round` tells draws apart.
  func conductance(
    of part: Int, after current: Double, _ randomness: CellRandomness, row: Int, column: Int,
    side: Int, round: Int
  ) -> Double {
    func normals(_ number: Int, round: Int = 0) -> (Double, Double) {
      randomness.normalPair(
        .pulses(side: side, part: number, round: round), row: row, column: column)
    }
    return (part * pulsed..<(part + 1) * pulsed).reduce(0) { sum, device in
      let (cell, _) = drawn(normals(2 * device), normals(2 * device + 1))
      let (deviate, _) = normals(2 * devices + 1 + device, round: round)
      return sum + cell.conductance(after: current, deviate)
    }
  }

  /// The current after which a usual part conducts `conductance` µS.
  func aim(_ conductance: Double) -> Double {
    let share = conductance / (Response.full * model.partConductance)
    let part = min(max(share, Response.least), 1 - Response.least)
    return Response.middle + Response.width * elementary_log(1 / part - 1)
  }

  /// Whether a read of `conductance` is within the margin of `target`.
  func isWithinMargin(_ conductance: Double, _ target: Double) -> Bool {
    (read(conductance) - target).magnitude <= scheme.margin * step
  }

  /// What the counts of a read say of a conductance.
  private func read(_ conductance: Double) -> Double {
    ((conductance / step).rounded(.down) + 0.5) * step
  }

  /// The spread of what a conductance changes from the last round to the first read, for a target, in µS.
  func relaxation(of target: Double) -> Double {
    // What RESET leaves has the published spread already.
    if target <= 0 { return 0 }
    let place = min(target / model.maximumConductance, 1) * Double(Self.levels - 1)
    let lower = min(Int(place), Self.levels - 2)
    let part = place - Double(lower)
    let left = (1 - part) * accepted[lower] + part * accepted[lower + 1]
    let whole = model.programmingSpread(of: target)
    return max(whole * whole - left * left, 0).squareRoot()
  }
}

extension CellRandomness {
  /// Two normal deviates, independent and with variance 1, of a cell.
  func normalPair(_ draw: Draw, row: Int, column: Int) -> (Double, Double) {
    let words = words(draw, row: row, column: column)
    let pair = normal_pair(
      CDevice.philox_words(a: words.0, b: words.1, c: words.2, d: words.3))
    return (pair.first, pair.second)
  }
}
