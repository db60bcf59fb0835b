import Chip
import Program

/// What every unit and connection does in one inference, and when, with the host.
public struct Trace: Sendable {
  /// Who does it.
  public enum Track: Hashable, Comparable, Sendable {
    case unit(Unit)
    /// The converters of a core's inputs, and those of its columns: they work as long as its crossbar does, since the
    /// clock has one time for an MVM.
    case dac(chip: Int, core: CoreID)
    case adc(chip: Int, core: CoreID)
    /// A link from the LDPU of a core to that of another, or into a slice of the GDPU.
    case link(chip: Int, source: CoreID, target: CoreID)
    case sliceLink(chip: Int, source: CoreID, slice: Int)
    /// The connection of the host to a chip's units, and back.
    case sending, receiving
  }

  /// Work without a pause for one node.
  public struct Span: Hashable, Sendable {
    /// Who works.
    public var track: Track
    /// The ONNX node, or the unit that data go to or come from.
    public var name: String
    /// When it begins and ends, in ns.
    public var start: Double
    public var end: Double
    /// How long of that it works, in ns.
    public var busy: Double
    /// How many pieces follow each other in it: vectors, or transfers.
    public var pieces: Int
    /// What converters convert, and the bytes on links and connections; 0 of units.
    public var amount: Int
  }

  /// Data that one track gives and another takes: when the work begins that makes or carries them, and when that
  /// begins which takes them, in ns.
  public struct Flow: Hashable, Sendable {
    public var source: Track
    public var start: Double
    public var target: Track
    public var end: Double
  }

  /// A time in which a core is on, for which it takes power, in ns.
  public struct OnTime: Hashable, Sendable {
    public var core: Timing.Core
    public var start: Double
    public var end: Double
  }

  /// When an instruction of a program works first, and until when it does, in ns.
  public struct Moment: Hashable, Sendable {
    public var start: Double
    public var end: Double
  }

  /// When every instruction works, by stream and number; `nil` of those that take no time.
  public private(set) var moments: [[Moment?]] = []
  /// One for each use of an instruction whose data come from, or go to, another track.
  public private(set) var flows: [Flow] = []
  /// In the order in which each core is on.
  public private(set) var onTimes: [OnTime] = []
  private var lastOn: [Timing.Core: Int] = [:]
  /// In the order in which each track works.
  public private(set) var spans: [Span] = []
  private var last: [Track: Int] = [:]

  init() {}

  /// Starts the trace of streams of so many instructions.
  init(instructions: [Int]) {
    moments = instructions.map { Array(repeating: nil, count: $0) }
  }

  /// Takes note that an instruction works.
  mutating func add(
    stream: Int, instruction: Int, from start: Double, for time: Double
  ) {
    let known = moments[stream][instruction] ?? Moment(start: start, end: start)
    moments[stream][instruction] = Moment(
      start: min(known.start, start), end: max(known.end, start + time))
  }

  /// Traces an inference of `program`, with the times of Specs/isa.md.
  ///
  /// Throws `Diagnostics` as `Timing` does.
  public init(of program: ValidProgram, limits: Limits) throws {
    self = try Timing.traced(program, limits: limits).trace
  }

  /// Adds data that pass from one track to another.
  mutating func flow(
    from source: Track, at start: Double, to target: Track, at end: Double
  ) {
    flows.append(Flow(source: source, start: start, target: target, end: end))
  }

  /// Takes note that a core is on; what follows without a pause makes the last time longer.
  mutating func add(on core: Timing.Core, from start: Double, until end: Double) {
    if let index = lastOn[core], start <= onTimes[index].end {
      onTimes[index].end = max(onTimes[index].end, end)
      return
    }
    lastOn[core] = onTimes.count
    onTimes.append(OnTime(core: core, start: start, end: end))
  }

  /// Adds work; what follows the last work of the same name without a pause makes that longer.
  mutating func add(
    _ track: Track, _ name: String, from start: Double, for time: Double, amount: Int = 0
  ) {
    guard time > 0 else { return }
    if let index = last[track], spans[index].name == name,
      start <= spans[index].end * (1 + 1e-12)
    {
      spans[index].end = start + time
      spans[index].busy += time
      spans[index].pieces += 1
      spans[index].amount += amount
      return
    }
    last[track] = spans.count
    spans.append(
      Span(
        track: track, name: name, start: start, end: start + time, busy: time, pieces: 1,
        amount: amount))
  }
}
