import Basics
import Chip
import Program
import Simulator

/// A trace in Chrome's trace event format, which Perfetto shows: the host and the chips are processes, their units,
/// converters, links and connections threads; times are in µs.
struct TraceFile: Encodable {
  /// A name of a process or a thread (`M`), the beginning and the end of work (`B`, `E`) and of a flow of data (`s`, `f`),
  /// or a counter (`C`).
  struct Event: Encodable {
    /// What a name is for, the place of a thread among others, how many pieces of work follow each other and what they
    /// convert or carry, or what a counter counts.
    struct Arguments: Encodable {
      var name: String?
      var sortIndex: Int?
      var pieces: Int?
      var conversions: Int?
      var bytes: Int?
      var links: Int?
      var watts: Double?

      enum CodingKeys: String, CodingKey {
        case name, pieces, conversions, bytes, links, watts
        case sortIndex = "sort_index"
      }
    }

    var ph: String
    var name: String
    /// The kind, where events of one kind are put together.
    var cat: String?
    var pid: Int
    var tid: Int?
    /// What both ends of a flow have.
    var id: Int?
    var ts: Double?
    /// That a flow ends in the work around it.
    var bp: String?
    var args: Arguments?

    /// The end of the work that this begins.
    func end(at time: Double) -> Event {
      Event(ph: "E", name: name, pid: pid, tid: tid, ts: time)
    }
  }

  let displayTimeUnit = "ns"
  let traceEvents: [Event]

  /// The file of an inference of `program`.
  init(_ program: ValidProgram, _ timing: Timing, _ trace: Trace) {
    let tracks = Set(trace.spans.map(\.track)).sorted {
      $0.place.lexicographicallyPrecedes($1.place)
    }
    let threads = Dictionary(uniqueKeysWithValues: zip(tracks, 1...))
    var events = Set(tracks.map(\.process)).sorted().map { process in
      let name = process == 0 ? "host" : "chip \(process - 1)"
      return Event(
        ph: "M", name: "process_name", pid: process, tid: 0, args: Event.Arguments(name: name))
    }
    for track in tracks {
      for (name, arguments) in [
        ("thread_name", Event.Arguments(name: track.name)),
        ("thread_sort_index", Event.Arguments(sortIndex: threads[track])),
      ] {
        events.append(
          Event(
            ph: "M", name: name, pid: track.process, tid: threads[track] ?? 0, args: arguments))
      }
    }
    traceEvents =
      events + Self.work(of: trace, threads, program.chip) + Self.power(program, timing, trace)
      + Self.memory(program, timing, trace)
  }

  /// The work and the flows of all tracks, in the order of time.
  ///
  /// Work is a pair of events, not one with a duration: readers cut times to whole ns, and what follows without a pause
  /// would overlap if they cut the beginning and the duration each.
  private static func work(
    of trace: Trace, _ threads: [Trace.Track: Int], _ chip: Chip
  ) -> [Event] {
    var marks: [(rank: Int, event: Event)] = []
    var ends: [Trace.Track: Double] = [:]
    for span in trace.spans {
      let start = max(span.start, ends[span.track] ?? 0)
      guard span.end > start, let thread = threads[span.track] else { continue }
      ends[span.track] = span.end
      let event = Event(
        ph: "B", name: span.name, pid: span.track.process, tid: thread, ts: start / 1000,
        args: arguments(of: span, chip))
      marks.append((1, event))
      marks.append((0, event.end(at: span.end / 1000)))
    }
    for (number, flow) in trace.flows.enumerated() {
      guard let source = threads[flow.source], let target = threads[flow.target] else { continue }
      for (rank, ph, track, thread, time) in [
        (2, "s", flow.source, source, flow.start), (3, "f", flow.target, target, flow.end),
      ] {
        let event = Event(
          ph: ph, name: "data", cat: "data", pid: track.process, tid: thread, id: number,
          ts: time / 1000, bp: ph == "f" ? "e" : nil)
        marks.append((rank, event))
      }
    }
    return marks.sorted {
      ($0.event.ts ?? 0, $0.rank, $0.event.tid ?? 0, $0.event.id ?? 0)
        < ($1.event.ts ?? 0, $1.rank, $1.event.tid ?? 0, $1.event.id ?? 0)
    }.map(\.event)
  }

  /// What is told about a piece of work.
  private static func arguments(of span: Trace.Span, _ chip: Chip) -> Event.Arguments {
    var arguments = Event.Arguments(pieces: span.pieces)
    switch span.track {
    case .unit: break
    case .dac, .adc: arguments.conversions = span.amount
    case .link, .sliceLink:
      arguments.bytes = span.amount
      arguments.links = span.track.links(on: chip)
    case .sending, .receiving: arguments.bytes = span.amount
    }
    return arguments
  }

  /// What the host and the chips take, as it changes.
  private static func power(
    _ program: ValidProgram, _ timing: Timing, _ trace: Trace
  ) -> [Event] {
    var changes = Changes<Double>()
    // A unit may have several streams.
    var work: [Unit: (energy: Double, busy: Double)] = [:]
    for unit in timing.units where unit.busy > 0 {
      work[unit.unit, default: (0, 0)].energy += unit.energy
      work[unit.unit, default: (0, 0)].busy += unit.busy
    }
    work[.host]?.energy = timing.energy.hostArithmetic
    var rates: [Trace.Track: Double] = [:]
    for (unit, work) in work { rates[.unit(unit)] = work.energy / work.busy }
    let transfer = timing.hostTransfer.sending + timing.hostTransfer.receiving
    if transfer > 0 {
      rates[.sending] = timing.energy.hostTransfers / transfer
      rates[.receiving] = rates[.sending]
    }
    for span in trace.spans {
      let links = span.track.links(on: program.chip)
      let energy =
        (rates[span.track] ?? 0) * span.busy
        + Double(span.amount * links) * program.chip.links.energyPerByte / 1000
      if energy == 0 { continue }
      changes.add(
        energy / (span.end - span.start), of: span.track.process, from: span.start, until: span.end)
    }
    for on in trace.onTimes {
      changes.add(
        program.chip.crossbar.power / 1000, of: on.core.chip + 1, from: on.start, until: on.end)
    }
    return changes.inOrder.map { change in
      Event(
        ph: "C", name: "power, W", pid: change.process, ts: change.time / 1000,
        args: Event.Arguments(watts: max(change.value, 0)))
    }
  }

  /// The bytes of memories that hold something which is still to be read, in the host and on the chips.
  private static func memory(
    _ program: ValidProgram, _ timing: Timing, _ trace: Trace
  ) -> [Event] {
    var written: [Int: Double] = [:]
    var read: [Int: Double] = [:]
    for (stream, moments) in zip(program.streams, trace.moments) {
      for (instruction, moment) in zip(stream.code, moments) {
        guard let moment else { continue }
        let accesses = instruction.accesses
        for source in accesses.sources {
          let memory = program.descriptors[source].buffer.index
          read[memory] = max(read[memory] ?? 0, moment.end)
        }
        if let target = accesses.destination {
          let memory = program.descriptors[target].buffer.index
          written[memory] = min(written[memory] ?? .infinity, moment.start)
        }
      }
    }
    for port in program.inputs { written[port.buffer.index] = 0 }
    for port in program.outputs { read[port.buffer.index] = timing.latency }
    var changes = Changes<Int>()
    for (index, buffer) in program.buffers.enumerated() where buffer.constant == nil {
      guard let start = written[index], let end = read[index], end > start else { continue }
      changes.add(
        buffer.capacity * buffer.element.byteCount, of: buffer.space.process, from: start,
        until: end)
    }
    return changes.inOrder.map { change in
      Event(
        ph: "C", name: "memory in use, bytes", pid: change.process, ts: change.time / 1000,
        args: Event.Arguments(bytes: change.value))
    }
  }
}

/// How sums change with time, one for each process.
private struct Changes<Value: Numeric> {
  private var steps: [(process: Int, time: Double, step: Value)] = []

  mutating func add(_ value: Value, of process: Int, from start: Double, until end: Double) {
    steps.append((process, start, value))
    steps.append((process, end, 0 - value))
  }

  /// The sums after each time at which one changes.
  var inOrder: [(process: Int, time: Double, value: Value)] {
    var sums: [(process: Int, time: Double, value: Value)] = []
    var sum: Value = 0
    // Sorting keeps no order of equals, which are added anyway.
    for step in steps.sorted(by: { ($0.process, $0.time) < ($1.process, $1.time) }) {
      let isSame = sums.last?.process == step.process
      sum = isSame ? sum + step.step : step.step
      if isSame && sums.last?.time == step.time { sums.removeLast() }
      sums.append((step.process, step.time, sum))
    }
    return sums
  }
}

extension Buffer.Space {
  /// 0 of the host, else the number of the chip and one.
  fileprivate var process: Int {
    switch self {
    case .host: 0
    case .columns(let chip, _), .link(let chip, _, _), .gdpu(let chip, _): chip + 1
    }
  }
}

extension Trace.Track {
  /// The chip that it is on; `nil` of the host and its connections.
  var chip: Int? {
    switch self {
    case .unit(let unit): unit.chip
    case .dac(let chip, _), .adc(let chip, _), .link(let chip, _, _), .sliceLink(let chip, _, _):
      chip
    case .sending, .receiving: nil
    }
  }

  /// Whether its times are not those of a unit beside it.
  var hasTimesOfItsOwn: Bool {
    switch self {
    case .unit, .sending, .receiving: true
    case .dac, .adc, .link, .sliceLink: false
    }
  }

  /// 0 of the host and its connections, else the number of the chip and one.
  fileprivate var process: Int { chip.map { $0 + 1 } ?? 0 }

  /// How many links what it carries passes; 0 if it carries nothing on a chip.
  fileprivate func links(on chip: Chip) -> Int {
    switch self {
    case .link(_, let source, let target): chip.hops(from: source, to: target)
    case .sliceLink: 1
    case .unit, .dac, .adc, .sending, .receiving: 0
    }
  }

  /// Where it stands among others: a core's units and converters in the way of the data, then slices, then links.
  fileprivate var place: [Int] {
    switch self {
    case .unit(.host): [0, 0]
    case .sending: [0, 1]
    case .receiving: [0, 2]
    case .dac(_, let core): [process, 0, core.index, 0]
    case .unit(.crossbar(_, let core)): [process, 0, core.index, 1]
    case .adc(_, let core): [process, 0, core.index, 2]
    case .unit(.ldpu(_, let core)): [process, 0, core.index, 3]
    case .unit(.gdpu(_, let slice)): [process, 1, slice]
    case .link(_, let source, let target): [process, 2, source.index, 0, target.index]
    case .sliceLink(_, let source, let slice): [process, 2, source.index, 1, slice]
    }
  }

  /// What it is called.
  var name: String {
    switch self {
    case .unit(let unit): "\(unit)"
    case .dac(let chip, let core): "dac \(chip).\(core.index)"
    case .adc(let chip, let core): "adc \(chip).\(core.index)"
    case .link(let chip, let source, let target): "link \(chip).\(source.index) to \(target.index)"
    case .sliceLink(let chip, let source, let slice):
      "link \(chip).\(source.index) to gdpu \(slice)"
    case .sending: "to the chips"
    case .receiving: "from the chips"
    }
  }
}
