import Basics
import Chip
import Program

/// When everything in a program happens in one inference, and what it costs.
///
/// It follows from the program's descriptors and the chip's figures alone, at the granularity of vectors:
/// an instruction takes a vector as soon as all elements that it reads are written, units work at
/// the same time, each of them in order (Specs/isa.md, "Times").
public struct Timing: Sendable {
  /// The energy of one inference by what takes it, in nJ.
  public struct Energy: Hashable, Sendable {
    /// MVMs with their converters.
    public var crossbars = 0.0
    /// What LDPUs do to columns.
    public var digitalUnits = 0.0
    /// Cores that are on.
    public var power = 0.0
    /// Partial sums on links.
    public var links = 0.0
    /// Arithmetic of the host.
    public var hostArithmetic = 0.0
    /// Bytes between host and chip.
    public var hostTransfers = 0.0

    /// What the chips take.
    public var chip: Double { crossbars + digitalUnits + power + links }
    /// All of it.
    public var total: Double { chip + hostArithmetic + hostTransfers }
  }

  /// How long a unit is busy in an inference.
  public struct Work: Hashable, Sendable {
    /// The unit.
    public var unit: Unit
    /// When it begins, in ns.
    public var start: Double
    /// When it is done, in ns.
    public var end: Double
    /// The time that it works between, in ns.
    public var busy: Double
    /// What its work takes, in nJ, without the power of its core.
    public var energy = 0.0
    /// How much of each part of the latency it works, from 0 to 1; empty unless parts are asked for.
    public var shares: [Double] = []

    /// Adds work of `time` from `start` on to the first parts of `length`, of which there are as many as
    /// shares.
    mutating func record(from start: Double, for time: Double, in length: Double) {
      var now = start
      while now < start + time && now < Double(shares.count) * length {
        let part = min(Int(now / length), shares.count - 1)
        let next = min(Double(part + 1) * length, start + time)
        shares[part] += max(next - now, 0) / length
        now = max(next, now.nextUp)
      }
    }
  }

  /// The time from complete inputs to complete outputs, in ns.
  public var latency = 0.0
  /// The time that the connection from the host, and that to it, are busy, in ns.
  public var hostTransfer = (sending: 0.0, receiving: 0.0)
  /// The energy.
  public var energy = Energy()
  /// The bytes on links, each as often as it passes one.
  public var byteHops = 0
  /// The vectors that are multiplied with each block.
  public var vectors: [Int]
  /// The work of every unit that has code, in the order of the streams.
  public var units: [Work] = []

  /// What it takes that a core is on, in nJ; cores that are never on are missing.
  public var power: [Core: Double] = [:]

  /// A core of a chip.
  public struct Core: Hashable, Sendable {
    public var chip: Int
    public var core: Int

    /// Creates the place of a core.
    public init(chip: Int, core: Int) { (self.chip, self.core) = (chip, core) }
  }

  /// No time and no energy yet.
  init(units: [Unit], blocks: Int, parts: Int) {
    vectors = Array(repeating: 0, count: blocks)
    self.units = units.map {
      Work(
        unit: $0, start: .infinity, end: 0, busy: 0, shares: Array(repeating: 0, count: parts))
    }
  }

  /// What may be busiest in an inference.
  public enum Bottleneck: Hashable, Sendable {
    case unit(Unit)
    /// The connection from the host to the chips, or back.
    case sending, receiving
  }

  /// What is busiest in an inference, and for how long, in ns: inferences cannot follow each other more closely.
  public var bottleneck: (of: Bottleneck, time: Double) {
    let unit = units.max { $0.busy < $1.busy }
    let candidates: [(Bottleneck, Double)] = [
      (.unit(unit?.unit ?? .host), unit?.busy ?? 0), (.sending, hostTransfer.sending),
      (.receiving, hostTransfer.receiving),
    ]
    return candidates.dropFirst().reduce(candidates[0]) { $1.1 > $0.1 ? $1 : $0 }
  }

  /// The time between inferences that follow each other as closely as the busiest unit allows, in ns.
  public var interval: Double { bottleneck.time }

  /// The multiply-accumulates of the crossbars of `program`, which these are the times of, those with weights
  /// that are 0 left out.
  public func products(of program: ValidProgram) -> Int {
    zip(program.blocks, vectors).reduce(0) { sum, block in
      let weights = block.0.conductances.withUnsafeBytes { bytes in
        bytes.bindMemory(to: Float.self).reduce(0) { $1 == 0 ? $0 : $0 + 1 }
      }
      return sum + block.1 * weights
    }
  }

  /// Runs the clock of `program`.
  ///
  /// Without `host`, what the host does takes no time and no energy, and its units do not stand in line: the
  /// time of the chips alone. Throws `Diagnostics` if a branch depends on data, if units wait for each other for
  /// ever, or if an inference takes more than `limits` allow: those of a program from a file, `.none` for one that has just
  /// been compiled or is planned for a simulation.
  public init(of program: ValidProgram, host: Bool, limits: Limits) throws {
    try limits.requireClock(of: program)
    var clock = Clock(StreamFlow(program), host: host)
    try clock.run()
    self = clock.timing
  }

  /// The times of one inference of `program` with the host, and what happens when.
  ///
  /// Throws `Diagnostics` as the initializer does.
  public static func traced(
    _ program: ValidProgram, limits: Limits
  ) throws -> (timing: Timing, trace: Trace) {
    try limits.requireClock(of: program)
    var clock = Clock(StreamFlow(program), host: true, traces: true)
    try clock.run()
    return (clock.timing, clock.trace ?? Trace())
  }

  /// The times of the chips alone: of one inference, with the work of units told for so many equal parts
  /// of its latency, and, in ns, the time between the results of inferences that follow each other
  /// without a pause, when it changes no more.
  ///
  /// Units take up the next inference as soon as they are done with the last one, and each inference has
  /// memories of its own in the host. Where the busiest unit is not the last to be done, many inferences
  /// pass before results keep its pace; after `steadyLimit` it is taken as it is. Throws `Diagnostics`
  /// as the initializer does.
  public static func chips(
    of program: ValidProgram, parts: Int, limits: Limits
  ) throws -> (inference: Timing, steadyInterval: Double) {
    try limits.requireClock(of: program)
    let flow = StreamFlow(program)
    var clock = Clock(flow, host: false)
    try clock.run()
    let inference = try clock.timing.inParts(parts, of: flow)
    let busiest = clock.timing.units.map(\.busy).max() ?? 0
    var (last, interval) = (clock.timing.latency, 0.0)
    for _ in 0..<steadyLimit {
      clock.startNextInference()
      try clock.run()
      let next = clock.timing.latency - last
      last = clock.timing.latency
      let isSteady = (next - interval).magnitude <= 1e-3 * next
      interval = next
      if isSteady && interval >= busiest * (1 - 1e-6) { break }
    }
    return (inference, max(interval, busiest))
  }

  /// The same with the work of units told for parts of the latency, which has to be known for that.
  private func inParts(_ parts: Int, of flow: StreamFlow) throws -> Timing {
    var timing = self
    if parts > 0 && latency > 0 {
      var clock = Clock(flow, host: false, parts: (parts, latency / Double(parts)))
      try clock.run()
      timing = clock.timing
    }
    for unit in timing.units.indices where timing.units[unit].shares.isEmpty {
      timing.units[unit].shares = Array(repeating: 0, count: parts)
    }
    return timing
  }

  /// How many inferences follow the first one at most.
  private static let steadyLimit = 16
}
