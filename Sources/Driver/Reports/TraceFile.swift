import Basics
import Chip
import Program
import Simulator

/// A trace in Chrome's trace event format, which Perfetto shows: the host and the chips are processes, units and
/// connections threads; times are in µs.
struct TraceFile: Encodable {
  /// A name of a process or a thread (`M`), work (`X`), the beginning and the end of a flow of data (`s`, `f`), or a
  /// counter (`C`).
  struct Event: Encodable {
    /// What a name is for, how many pieces of work follow each other, or what a counter counts.
    struct Arguments: Encodable {
      var name: String?
      var pieces: Int?
      var watts: Double?
      var bytes: Int?
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
    var dur: Double?
    /// That a flow ends in the work around it.
    var bp: String?
    var args: Arguments?
  }

  let displayTimeUnit = "ns"
  let traceEvents: [Event]

  /// The file of an inference of `program`.
  init(_ program: ValidProgram, _ timing: Timing, _ trace: Trace) {
    let tracks = Set(trace.spans.map(\.track)).sorted()
    let threads = Dictionary(uniqueKeysWithValues: zip(tracks, 1...))
    var events = Set(tracks.map(\.process)).sorted().map { process in
      let name = process == 0 ? "host" : "chip \(process - 1)"
      return Event(
        ph: "M", name: "process_name", pid: process, tid: 0, args: Event.Arguments(name: name))
    }
    for track in tracks {
      events.append(
        Event(
          ph: "M", name: "thread_name", pid: track.process, tid: threads[track] ?? 0,
          args: Event.Arguments(name: track.name)))
    }
    for span in trace.spans {
      events.append(
        Event(
          ph: "X", name: span.name, pid: span.track.process, tid: threads[span.track] ?? 0,
          ts: span.start / 1000, dur: (span.end - span.start) / 1000,
          args: Event.Arguments(pieces: span.pieces)))
    }
    for (number, flow) in trace.flows.enumerated() {
      for (ph, track, time) in [("s", flow.source, flow.start), ("f", flow.target, flow.end)] {
        guard let thread = threads[track] else { continue }
        events.append(
          Event(
            ph: ph, name: "data", cat: "data", pid: track.process, tid: thread, id: number,
            ts: time / 1000, bp: ph == "f" ? "e" : nil))
      }
    }
    traceEvents = events + Self.power(program, timing, trace) + Self.memory(program, timing, trace)
  }

  /// What the host and the chips take, without links, as it changes.
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
      let watts = (rates[span.track] ?? 0) * span.busy / (span.end - span.start)
      changes.add(watts, of: span.track.process, from: span.start, until: span.end)
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
  /// 0 of the host and its connections, else the number of the chip and one.
  fileprivate var process: Int {
    switch self {
    case .unit(let unit): unit.chip.map { $0 + 1 } ?? 0
    case .sending, .receiving: 0
    }
  }

  /// What it is called.
  var name: String {
    switch self {
    case .unit(let unit): "\(unit)"
    case .sending: "to the chips"
    case .receiving: "from the chips"
    }
  }
}
