/// What of some chips in series does not work: Specs/faults.md.
public struct FaultMap: Hashable, Sendable {
  /// The name of the chip description.
  public var chip: String
  /// The cores with faults, in ascending order of chips and cores.
  public var cores: [CoreFaults]

  /// Creates a map.
  public init(chip: String, cores: [CoreFaults] = []) {
    self.chip = chip
    self.cores = cores.sorted { ($0.chip, $0.core) < ($1.chip, $1.core) }
  }

  /// The faults of a core; `nil` if it has none.
  public func faults(ofChip chip: Int, core: CoreID) -> CoreFaults? {
    var (low, high) = (0, cores.count)
    while low < high {
      let middle = (low + high) / 2
      let found = cores[middle]
      if (found.chip, found.core) == (chip, core) { return found }
      if (found.chip, found.core) < (chip, core) { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// The dead cores of a chip, in ascending order.
  public func deadCores(ofChip chip: Int) -> [CoreID] {
    cores.filter { $0.chip == chip && $0.isDead }.map(\.core)
  }

  /// The dead cores of the chip that has most.
  public var mostDeadCores: Int {
    Dictionary(grouping: cores.filter(\.isDead), by: \.chip).values.map(\.count).max() ?? 0
  }

  /// The dead word lines, and the dead bit lines, of the living core that has most.
  public var mostDeadRows: Int { cores.filter { !$0.isDead }.map(\.deadRows.count).max() ?? 0 }
  public var mostDeadColumns: Int {
    cores.filter { !$0.isDead }.map(\.deadColumns.count).max() ?? 0
  }
}

/// What of a core does not work.
public struct CoreFaults: Hashable, Sendable {
  /// The chip.
  public var chip: Int
  /// The core of that chip.
  public var core: CoreID
  /// Whether nothing of it works.
  public var isDead = false
  /// The word lines that no input reaches, in ascending order.
  public var deadRows: [Int] = []
  /// The bit lines from which no result comes, in ascending order.
  public var deadColumns: [Int] = []
  /// The devices that do not change, in ascending order.
  public var stuck: [StuckDevice] = []

  /// Creates a core without faults.
  public init(chip: Int, core: CoreID) {
    self.chip = chip
    self.core = core
  }

  /// Whether there is no fault.
  public var isEmpty: Bool {
    !isDead && deadRows.isEmpty && deadColumns.isEmpty && stuck.isEmpty
  }
}

/// A device, or all of a side of a conductance pair, whose conductance does not change.
public struct StuckDevice: Hashable, Sendable, Comparable {
  /// The word line and the bit line of its cell.
  public var row: Int
  public var column: Int
  /// Whether it is on the negative side of the pair.
  public var isNegative: Bool
  /// Which device of that side, from 0 on; `nil` for all of it.
  public var device: Int?
  /// What it conducts, in µS.
  public var conductance: Double

  /// Creates a stuck device.
  public init(row: Int, column: Int, isNegative: Bool, device: Int? = nil, conductance: Double) {
    self.row = row
    self.column = column
    self.isNegative = isNegative
    self.device = device
    self.conductance = conductance
  }

  private var place: (Int, Int, Int, Int) { (row, column, isNegative ? 1 : 0, device ?? -1) }

  public static func < (a: StuckDevice, b: StuckDevice) -> Bool { a.place < b.place }
}

/// What a side of a conductance pair can still conduct.
public struct StuckSide: Hashable, Sendable {
  /// The word line and the bit line of its cell.
  public var row: Int
  public var column: Int
  /// Whether it is the negative side.
  public var isNegative: Bool
  /// The least and the most that it can conduct, in µS; the same where no device of it changes.
  public var range: ClosedRange<Double>

  /// Creates a side that conducts within `range`.
  public init(row: Int, column: Int, isNegative: Bool, range: ClosedRange<Double>) {
    self.row = row
    self.column = column
    self.isNegative = isNegative
    self.range = range
  }

  /// Whether none of its devices changes.
  public var isStuck: Bool { range.lowerBound == range.upperBound }
}

extension CoreFaults {
  /// The sides that cannot take every conductance, of a core of `crossbar`, of whose devices `used` on each side are
  /// programmed, in ascending order: all sides of dead lines, and those with stuck devices.
  public func sides(of crossbar: Crossbar, devices used: Int) -> [StuckSide] {
    let one = crossbar.gMax / Double(crossbar.devicesPerPolarity)
    var sides: [StuckSide] = []
    var start = 0
    while start < stuck.count {
      let first = stuck[start]
      let end =
        stuck[start...].firstIndex {
          ($0.row, $0.column, $0.isNegative) != (first.row, first.column, first.isNegative)
        } ?? stuck.count
      var low = 0.0
      var free = Set(0..<used)
      for device in stuck[start..<end] {
        low += device.conductance
        if let number = device.device { free.remove(number) } else { free = [] }
      }
      sides.append(
        StuckSide(
          row: first.row, column: first.column, isNegative: first.isNegative,
          range: low...low + one * Double(free.count)))
      start = end
    }
    return sides
  }
}
