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
  }

  /// The time from complete inputs to complete outputs, in ns.
  public var latency = 0.0
  /// The time that the connection from the host, and that to it, are busy, in ns.
  public var hostTransfer = (sending: 0.0, receiving: 0.0)
  /// The energy.
  public var energy = Energy()
  /// The work of every unit that has code, in the order of the streams.
  public var units: [Work] = []

  /// No time and no energy yet.
  init(units: [Unit]) {
    self.units = units.map { Work(unit: $0, start: .infinity, end: 0, busy: 0) }
  }

  /// The time between inferences that follow each other as closely as the busiest unit allows, in ns.
  public var interval: Double {
    max(units.map(\.busy).max() ?? 0, hostTransfer.sending, hostTransfer.receiving)
  }

  /// Runs the clock of `program`.
  ///
  /// Without `host`, what the host does takes no time and no energy, and its units do not stand in line: the
  /// time of the chips alone. Throws `Diagnostics` if a branch depends on data, or if units wait for each
  /// other for ever.
  public init(of program: Program, host: Bool) throws {
    var clock = Clock(program, host: host)
    try clock.run()
    self = clock.timing
  }
}
