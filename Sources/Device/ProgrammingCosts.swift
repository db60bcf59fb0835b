import Chip

/// What programming cells pulse by pulse takes.
public struct ProgrammingCosts: Hashable, Sendable {
  /// The pulses, and the reads of one cell each.
  public var pulses = 0
  public var reads = 0
  /// The time, and the energy of pulses and reads.
  public var nanoseconds = 0.0
  public var picojoules = 0.0

  /// Nothing.
  public init() {}

  /// Adds what comes after it.
  public static func += (a: inout ProgrammingCosts, b: ProgrammingCosts) {
    a.pulses += b.pulses
    a.reads += b.reads
    a.nanoseconds += b.nanoseconds
    a.picojoules += b.picojoules
  }
}

/// The cells of one polarity of a core, as diagonal selection takes them: at a time those of which no two share a word
/// line or a bit line, and of these as many as there are write heads get a pulse at once.
struct DiagonalSelection {
  fileprivate let scheme: PulseProgramming.Scheme
  private let chip: Chip
  /// Of each diagonal: its cells, those that are set and get pulses, and the most rounds of one of them.
  fileprivate var cells: [Int]
  fileprivate var written: [Int]
  fileprivate var mostRounds: [Double]
  fileprivate var costs = ProgrammingCosts()
  /// Of each diagonal, the most parts of a side that are set.
  fileprivate var mostParts: [Int]
  private let pulses: PulseProgramming

  init(_ pulses: PulseProgramming, chip: Chip) {
    scheme = pulses.scheme
    self.pulses = pulses
    self.chip = chip
    let count = max(chip.crossbar.rows, chip.crossbar.columns)
    cells = Array(repeating: 0, count: count)
    (written, mostParts, mostRounds) = (cells, cells, cells.map(Double.init))
  }

  /// The diagonal of a cell of a crossbar.
  func diagonal(row: Int, column: Int) -> Int {
    (column - row + cells.count) % cells.count
  }

  /// Adds a cell that is to conduct `target` µS, and takes so many rounds if that is more than 0.
  mutating func add(row: Int, column: Int, target: Double, rounds: Int) {
    let diagonal = diagonal(row: row, column: column)
    cells[diagonal] += 1
    addReset(cells: 1)
    guard target > 0 else { return }
    written[diagonal] += 1
    mostRounds[diagonal] = max(mostRounds[diagonal], Double(rounds))
    addRounds(on: diagonal, cells: 1, target: target, rounds: Double(rounds))
  }

  /// Adds RESET of all devices, and the first read.
  fileprivate mutating func addReset(cells: Int) {
    addPulses(
      Double(cells * pulses.devices), current: scheme.resetCurrent, time: scheme.resetTime)
    costs.reads += cells
  }

  /// Adds SET of the parts that `target` µS need, rounds, and their reads.
  fileprivate mutating func addRounds(
    on diagonal: Int, cells: Double, target: Double, rounds: Double
  ) {
    let parts = pulses.model.lastPart(of: target) + 1
    mostParts[diagonal] = max(mostParts[diagonal], parts)
    addPulses(
      cells * Double(parts * pulses.pulsed), current: scheme.setCurrent, time: scheme.setTime)
    let middle = PulseProgramming.Response.middle
    addPulses(cells * rounds * Double(pulses.pulsed), current: middle, time: scheme.pulseTime)
    costs.reads += Int((cells * rounds).rounded())
  }

  private mutating func addPulses(_ count: Double, current: Double, time: Double) {
    costs.pulses += Int(count.rounded())
    // µA · V · ns = fJ.
    costs.picojoules += count * current * scheme.pulseVoltage * time / 1e3
  }

  /// What all of it takes.
  var total: ProgrammingCosts {
    var costs = costs
    for diagonal in cells.indices where cells[diagonal] > 0 {
      func cycles(_ count: Int) -> Double {
        Double((count + scheme.writeHeads - 1) / scheme.writeHeads)
      }
      let (all, some) = (cycles(cells[diagonal]), cycles(written[diagonal]))
      let rounds = mostRounds[diagonal]
      let sets = some * Double(mostParts[diagonal])
      costs.nanoseconds += all * scheme.resetTime + sets * scheme.setTime + scheme.readTime
      costs.nanoseconds += rounds * (some * scheme.pulseTime + scheme.readTime)
      // One read of a diagonal takes the converters of all bit lines, as an MVM does.
      costs.picojoules += (1 + rounds) * chip.crossbar.mvmEnergy * 1e3
    }
    return costs
  }
}

extension ProgrammedCells {
  /// What programming these cells took, which lie on one core, with targets in units of a `gMax` in µS; nothing for cells that were not programmed by pulses.
  public static func costs(
    of blocks: [(cells: ProgrammedCells, targets: [Float], gMax: Double)], on chip: Chip,
    _ pulses: PulseProgramming
  ) -> ProgrammingCosts {
    var costs = ProgrammingCosts()
    for sign: Float in [1, -1] {
      var selection = DiagonalSelection(pulses, chip: chip)
      for (cells, targets, gMax) in blocks {
        let side = sign > 0 ? cells.positive : cells.negative
        for (index, target) in targets.enumerated() {
          let (row, column) = index.quotientAndRemainder(dividingBy: cells.columns)
          let rounds = side.rounds.isEmpty ? 0 : Int(side.rounds[index])
          selection.add(
            row: cells.randomness.wordLine(row), column: cells.randomness.bitLine(column),
            target: Double(max(sign * target, 0)) * gMax, rounds: rounds)
        }
      }
      costs += selection.total
    }
    // Blocks of a core multiply one after the other.
    for (cells, _, _) in blocks { costs += cells.corrections }
    return costs
  }
}

extension PulseProgramming {
  /// What programming blocks of one core is expected to take: of each the targets in units of `gMax` µS, and its first
  /// word line and bit line.
  ///
  /// The rounds of a diagonal are those of the cell that needs most, of independent ones.
  public func expectedCosts(of blocks: [PlacedTargets], on chip: Chip) -> ProgrammingCosts {
    var costs = ProgrammingCosts()
    for sign: Float in [1, -1] {
      costs += expectedCosts(of: blocks, sign: sign, on: chip)
    }
    return costs
  }

  /// Targets that lie at a place of a crossbar.
  public struct PlacedTargets {
    var targets: [Float]
    var columns: Int
    var gMax: Double
    var firstRow: Int
    var firstColumn: Int
    var lines: BlockLines?

    /// Creates rows × `columns` targets in units of `gMax` µS; without `lines` theirs follow each other.
    public init(
      _ targets: [Float], columns: Int, gMax: Double, firstRow: Int, firstColumn: Int,
      lines: BlockLines? = nil
    ) {
      self.lines = lines
      (self.targets, self.columns, self.gMax) = (targets, columns, gMax)
      (self.firstRow, self.firstColumn) = (firstRow, firstColumn)
    }
  }

  private func expectedCosts(
    of blocks: [PlacedTargets], sign: Float, on chip: Chip
  ) -> ProgrammingCosts {
    var selection = DiagonalSelection(self, chip: chip)
    // Of each diagonal, its cells by level.
    let count = max(chip.crossbar.rows, chip.crossbar.columns)
    var levels = [Int](repeating: 0, count: count * Self.levels)
    for block in blocks {
      for (index, target) in block.targets.enumerated() {
        var (row, column) = index.quotientAndRemainder(dividingBy: block.columns)
        (row, column) =
          block.lines.map { ($0.rows[row], $0.columns[column]) }
          ?? (block.firstRow + row, block.firstColumn + column)
        let wanted = Double(sign * target) * block.gMax / model.maximumConductance
        guard wanted > 0 else {
          selection.add(row: row, column: column, target: 0, rounds: 0)
          continue
        }
        // A side with any target above 0 is set, so that it takes rounds as one of level 1 does.
        let level = max(1, Int((min(wanted, 1) * Double(Self.levels - 1)).rounded()))
        levels[selection.diagonal(row: row, column: column) * Self.levels + level] += 1
      }
    }
    for diagonal in 0..<count {
      let row = levels[diagonal * Self.levels..<(diagonal + 1) * Self.levels]
      selection.add(Array(row), on: diagonal, self)
    }
    return selection.total
  }
}

extension DiagonalSelection {
  /// Adds cells of a diagonal, by level, which are expected to take the rounds that sampled ones show, or all where they fail.
  fileprivate mutating func add(_ levels: [Int], on diagonal: Int, _ pulses: PulseProgramming) {
    let (counts, samples) = (pulses.roundCounts, pulses.sampled)
    let most = counts[0].count - 1
    let failing = CellFaults(chip.circuit).share
    var expected = 0.0
    for k in 1...most {
      // The chance that none of the cells needs k rounds.
      var none = 1.0
      for (level, count) in levels.enumerated() {
        let share = (1 - failing) * Double(samples - counts[level][k]) / Double(samples)
        for _ in 0..<count where none > 0 { none *= share }
      }
      expected += 1 - none
      if none == 1 { break }
    }
    mostRounds[diagonal] = expected
    for (level, count) in levels.enumerated() where count > 0 {
      cells[diagonal] += count
      written[diagonal] += count
      let sampled = counts[level].dropFirst().reduce(0) { $0 + Double($1) } / Double(samples)
      let rounds = (1 - failing) * sampled + failing * Double(most)
      addReset(cells: count)
      let target =
        pulses.model.maximumConductance * Double(level) / Double(PulseProgramming.levels - 1)
      addRounds(on: diagonal, cells: Double(count), target: target, rounds: rounds)
    }
  }
}
