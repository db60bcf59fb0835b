import Basics
import Program
import Simulator

/// A trace in Chrome's trace event format, which Perfetto shows: the host and the chips are processes, units and
/// connections threads; times are in µs.
struct TraceFile: Encodable {
  /// A name of a process or a thread (`M`), or work (`X`).
  struct Event: Encodable {
    /// What a name is for, or how many pieces of work follow each other.
    struct Arguments: Encodable {
      var name: String?
      var pieces: Int?
    }

    var ph: String
    var name: String
    var pid: Int
    var tid: Int
    var ts: Double?
    var dur: Double?
    var args: Arguments
  }

  let displayTimeUnit = "ns"
  let traceEvents: [Event]

  /// The file of `trace`.
  init(_ trace: Trace) {
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
    traceEvents = events
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
