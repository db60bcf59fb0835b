import Basics

/// How much of chips fails, at random: Specs/faults.md, "Random faults".
public struct FaultRates: Hashable, Sendable {
  /// The cores of each chip that are dead.
  public var deadCores = 0
  /// The shares of word lines, and of bit lines, that are dead.
  public var deadRows = 0.0
  public var deadColumns = 0.0
  /// The share of cells of which one side is stuck, at any conductance.
  public var stuck = 0.0
  /// The share of cells of which one side conducts nothing, and of which one side conducts g_max, for ever.
  public var stuckAtZero = 0.0
  public var stuckAtMaximum = 0.0
  /// The share of devices that are stuck, each at any conductance.
  public var stuckDevices = 0.0
  /// What the draw starts from.
  public var seed: UInt64 = 0

  /// Creates rates of chips without faults.
  public init() {}

  private static let shares: [(key: String, path: WritableKeyPath<FaultRates, Double> & Sendable)] =
    [
      ("dead-rows", \.deadRows), ("dead-columns", \.deadColumns), ("stuck", \.stuck),
      ("stuck-at-zero", \.stuckAtZero), ("stuck-at-maximum", \.stuckAtMaximum),
      ("stuck-devices", \.stuckDevices),
    ]

  /// What a text of rates looks like.
  public static let form =
    "words such as stuck=1%,dead-cores=2,seed=3: dead-cores and seed are numbers, "
    + shares.map(\.key).joined(separator: ", ") + " shares"

  /// Whether a text is one of rates, and no name of a file.
  public static func isRates(_ text: String) -> Bool { text.contains("=") }

  /// Reads a text such as `stuck=1%,dead-cores=2,seed=3`; `nil` if it is none, or says that more than everything
  /// fails.
  public init?(_ text: String) {
    self.init()
    var seen: Set<String> = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, seen.insert(parts[0]).inserted else { return nil }
      switch parts[0] {
      case "dead-cores":
        guard let count = UInt16(parts[1]) else { return nil }
        deadCores = Int(count)
      case "seed":
        guard let number = UInt64(parts[1]) else { return nil }
        seed = number
      default:
        guard let row = Self.shares.first(where: { $0.key == parts[0] }),
          let share = Self.share(parts[1])
        else { return nil }
        self[keyPath: row.path] = share
      }
    }
    guard stuck + stuckAtZero + stuckAtMaximum <= 1 else { return nil }
  }

  /// Reads `1%` or `0.01`.
  private static func share(_ text: String) -> Double? {
    let isPercent = text.hasSuffix("%")
    guard let number = Double(isPercent ? String(text.dropLast()) : text) else { return nil }
    let share = isPercent ? number / 100 : number
    return (0...1).contains(share) ? share : nil
  }
}

extension FaultRates: CustomStringConvertible {
  /// The words that say the same.
  public var description: String {
    var words = Self.shares.filter { self[keyPath: $0.path] > 0 }.map {
      "\($0.key)=\(self[keyPath: $0.path])"
    }
    if deadCores > 0 { words.append("dead-cores=\(deadCores)") }
    return (words + ["seed=\(seed)"]).joined(separator: ",")
  }
}

extension FaultMap {
  /// Faults of `count` chips like `chip`, drawn at `rates`: the same for the same rates, whatever the number of chips.
  public init(_ rates: FaultRates, on chip: Chip, chips count: Int) {
    self.init(chip: chip.name)
    for number in 0..<count {
      var dead = FaultDraw(seed: rates.seed, chip: number, core: -1)
      var isDead = [Bool](repeating: false, count: chip.cores.count)
      for _ in 0..<min(rates.deadCores, chip.cores.count) {
        // The next living core from a random one on.
        var core = Int(dead.next() % UInt64(chip.cores.count))
        while isDead[core] { core = (core + 1) % chip.cores.count }
        isDead[core] = true
      }
      for core in 0..<chip.cores.count {
        var faults = CoreFaults(chip: number, core: CoreID(core))
        faults.isDead = isDead[core]
        if !faults.isDead {
          faults.draw(rates, chip.crossbar, FaultDraw(seed: rates.seed, chip: number, core: core))
        }
        if !faults.isEmpty { cores.append(faults) }
      }
    }
  }
}

extension CoreFaults {
  fileprivate mutating func draw(_ rates: FaultRates, _ crossbar: Crossbar, _ draw: FaultDraw) {
    var draw = draw
    deadRows = draw.places(crossbar.rows, share: rates.deadRows)
    deadColumns = draw.places(crossbar.columns, share: rates.deadColumns)
    let cells = crossbar.rows * crossbar.columns
    let one = crossbar.gMax / Double(crossbar.devicesPerPolarity)
    let kinds: [(share: Double, conductance: Double?)] = [
      (rates.stuck, nil), (rates.stuckAtZero, 0), (rates.stuckAtMaximum, crossbar.gMax),
    ]
    var isTaken: Set<Int> = []
    for (share, conductance) in kinds {
      for cell in draw.places(cells, share: share) where isTaken.insert(cell).inserted {
        let (side, level) = (draw.next() & 1 == 1, draw.uniform())
        stuck.append(
          StuckDevice(
            row: cell / crossbar.columns, column: cell % crossbar.columns, isNegative: side,
            conductance: conductance ?? level * crossbar.gMax))
      }
    }
    let perCell = 2 * crossbar.devicesPerPolarity
    for place in draw.places(cells * perCell, share: rates.stuckDevices) {
      let (cell, number) = place.quotientAndRemainder(dividingBy: perCell)
      let level = draw.uniform()
      if isTaken.contains(cell) { continue }
      stuck.append(
        StuckDevice(
          row: cell / crossbar.columns, column: cell % crossbar.columns,
          isNegative: number >= crossbar.devicesPerPolarity,
          device: number % crossbar.devicesPerPolarity, conductance: level * one))
    }
    stuck.sort()
  }
}

/// Random numbers (SplitMix64, Steele, Lea and Flood 2014) of a core.
private struct FaultDraw {
  private var state: UInt64

  init(seed: UInt64, chip: Int, core: Int) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(chip) << 32 &+ UInt64(bitPattern: Int64(core))
    // Neighbours begin far from each other.
    state = next() ^ seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A number from 0 on below 1.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// The places of `count` that a share of them falls on, each with that chance, in ascending order.
  mutating func places(_ count: Int, share: Double) -> [Int] {
    guard share > 0 else { return [] }
    return (0..<count).filter { _ in uniform() < share }
  }
}
