import Foundation
import TestSupport
import Testing

/// The trace of an inference, as a tool for traces reads it.
@Suite struct TraceTests {
  private struct File: Decodable {
    struct Event: Decodable {
      struct Arguments: Decodable {
        var name: String?
        var pieces: Int?
        var watts: Double?
        var bytes: Int?
        var conversions: Int?
        var links: Int?
      }

      var ph: String
      var name: String
      var pid: Int
      var tid: Int?
      var id: Int?
      var ts: Double?
      var dur: Double?
      var args: Arguments?
    }

    var traceEvents: [Event]

    /// The names of threads.
    var names: [Int: String] {
      Dictionary(
        traceEvents.filter { $0.name == "thread_name" }.map { ($0.tid ?? 0, $0.args?.name ?? "") },
        uniquingKeysWith: { first, _ in first })
    }

    /// All work: its beginnings with how long it takes.
    var pieces: [Event] {
      var open: [Int: Event] = [:]
      var pieces: [Event] = []
      for event in traceEvents where ["B", "E"].contains(event.ph) {
        if event.ph == "B" {
          #expect(open.updateValue(event, forKey: event.tid ?? 0) == nil, "work overlaps")
        } else if var piece = open.removeValue(forKey: event.tid ?? 0) {
          #expect(piece.name == event.name)
          piece.dur = (event.ts ?? 0) - (piece.ts ?? 0)
          pieces.append(piece)
        }
      }
      #expect(open.isEmpty, "work does not end")
      return pieces
    }

    /// The work of each thread, by its name.
    var work: [String: [Event]] {
      let names = names
      return Dictionary(grouping: pieces, by: { names[$0.tid ?? 0] ?? "" })
    }
  }

  private func trace(
    _ model: String, _ options: [String], data: String, in folder: Folder? = nil
  ) throws -> (file: File, report: Command, compiled: Command) {
    let folder = try folder ?? Folder()
    let (program, trace) = (folder.file("p.aimc"), folder.file("t.json"))
    let compiled = try Command(["compile", model, "-o", program, "--json"] + options)
    #expect(compiled.status == 0, "\(compiled.messages)")
    let run = try Command("simulate", program, "--data", data, "--trace", trace, "--json")
    #expect(run.status == 0, "\(run.messages)")
    let content = try Data(contentsOf: URL(filePath: trace))
    return (try JSONDecoder().decode(File.self, from: content), run, compiled)
  }

  /// Work of a thread does not overlap, takes the time that the report gives for the unit, and the last of
  /// it ends with the inference.
  @Test(arguments: ["conv-groups", "lstm", "network-residual", "matmul-dynamic"])
  func tracesAddUpToTheReport(name: String) throws {
    let model = Repository.model("\(name)/model.onnx")
    let data = Repository.model("\(name)/test_data_set_0")
    let (file, report, _) = try trace(model, ["--chips", "auto"], data: data)
    let times = try #require(report.json["times"] as? [String: Any])
    let latency = try #require(times["latencyNs"] as? Double)
    let work = file.pieces
    let names = file.traceEvents.filter { $0.name == "thread_name" }
    var busiest = 0.0
    for (thread, events) in Dictionary(grouping: work, by: { $0.tid ?? 0 }) {
      #expect(names.count { $0.tid == thread } == 1)
      var end = 0.0
      for event in events {
        let (start, duration) = (try #require(event.ts), try #require(event.dur))
        #expect(start >= end * (1 - 1e-9) - 1e-9 && duration > 0 && !event.name.isEmpty)
        end = start + duration
      }
      #expect(end * 1000 <= latency * (1 + 1e-9))
      busiest = max(busiest, events.reduce(0) { $0 + ($1.dur ?? 0) } * 1000)
    }
    let reported = try #require(times["busiestNs"] as? Double)
    #expect((busiest - reported).magnitude <= 1e-6 * reported)
  }

  /// Flows begin and end within work of their threads, and end no sooner than they begin.
  @Test(arguments: ["conv-groups", "lstm", "gemm-tall-and-wide", "network-residual"])
  func flowsJoinWork(name: String) throws {
    let (file, _, _) = try trace(
      Repository.model("\(name)/model.onnx"), ["--chips", "auto"],
      data: Repository.model("\(name)/test_data_set_0"))
    let work = Dictionary(grouping: file.pieces, by: { $0.tid ?? 0 })
    let flows = file.traceEvents.filter { ["s", "f"].contains($0.ph) }
    #expect(!flows.isEmpty)
    for event in flows {
      let time = try #require(event.ts)
      let isWithin = work[event.tid ?? 0]?.contains { span in
        let (start, end) = (span.ts ?? 0, (span.ts ?? 0) + (span.dur ?? 0))
        return time >= start - 1e-9 * end && time < end
      }
      #expect(isWithin == true, "flow \(event.id ?? -1) at \(time)")
    }
    for (id, ends) in Dictionary(grouping: flows, by: { $0.id ?? -1 }) {
      #expect(ends.map(\.ph) == ["s", "f"], "flow \(id)")
      #expect((ends[1].ts ?? 0) >= (ends[0].ts ?? 0) - 1e-9)
    }
    // What is sent arrives at crossbars, and what they count at LDPUs.
    let names = file.names
    let kinds = Set(
      Dictionary(grouping: flows, by: { $0.id ?? -1 }).values.map { ends in
        ends.map { String((names[$0.tid ?? 0] ?? "").prefix { !$0.isNumber }) }
          .joined(separator: ">")
      })
    #expect(
      kinds.isSuperset(of: [
        "to the chips>crossbar ", "crossbar >ldpu ", "ldpu >from the chips",
      ]), "\(kinds)")
  }

  /// Networks with chains of cores, loops, transfers that cores wait for, several chips, and nothing on
  /// crossbars.
  private static let counted: [(name: String, options: [String])] = [
    ("conv-groups", []), ("matmul-dynamic", []), ("network-residual", []), ("lstm", []),
    ("gemm-tall-and-wide", []), ("lstm-variants", ["--row-copies"]),
    ("network-residual", ["--optimize", "latency"]),
    (
      "network-residual",
      ["--chip", "grid-2x2", "--set", "crossbar.rows=64"]
    ),
    ("conv-groups", ["--copies", "3", "--residual", "--packing", "always"]),
    ("gemm-tall-and-wide", ["--chip", "grid-8x8", "--set", "host.bandwidth=1e6"]),
  ]

  /// The power over time adds up to the energy of the report, and memories are empty at the end.
  @Test(arguments: counted)
  func countersAddUpToTheReport(name: String, options: [String]) throws {
    let (file, report, compiled) = try trace(
      Repository.model("\(name)/model.onnx"), ["--chips", "auto"] + options,
      data: Repository.model("\(name)/test_data_set_0"))
    let times = try #require(report.json["times"] as? [String: Any])
    let energies = try #require(times["energyNj"] as? [String: Double])
    let counters = file.traceEvents.filter { $0.ph == "C" }
    var sums: [Bool: Double] = [:]
    for (process, events) in Dictionary(
      grouping: counters.filter { $0.args?.watts != nil }, by: \.pid)
    {
      for (event, next) in zip(events, events.dropFirst()) {
        let time = 1000 * ((next.ts ?? 0) - (event.ts ?? 0))
        #expect(time >= 0)
        sums[process == 0, default: 0] += (event.args?.watts ?? 0) * time
      }
    }
    let host = (energies["hostArithmetic"] ?? 0) + (energies["hostTransfers"] ?? 0)
    let chips = ["crossbars", "digitalUnits", "power", "links"].reduce(0) {
      $0 + (energies[$1] ?? 0)
    }
    #expect(((sums[true] ?? 0) - host).magnitude <= 1e-9 * host, "\(sums) \(energies)")
    #expect(((sums[false] ?? 0) - chips).magnitude <= 1e-9 * chips, "\(sums) \(energies)")
    // compile says the same.
    let mapping = try #require(compiled.json["mapping"] as? [String: Any])
    let whole = try #require(mapping["energyNj"] as? Double)
    #expect((energies.values.reduce(0, +) - whole).magnitude <= 1e-9 * whole)
    let memories = counters.filter { $0.args?.bytes != nil }
    #expect(memories.allSatisfy { ($0.args?.bytes ?? -1) >= 0 })
    #expect(memories.contains { ($0.args?.bytes ?? 0) > 0 })
    for (_, events) in Dictionary(grouping: memories, by: \.pid) {
      #expect(events.last?.args?.bytes == 0)
    }
  }

  /// Converters work as their crossbar does, links as the LDPU that sends; what they convert and carry is what the
  /// simulation counts.
  @Test(arguments: counted)
  func convertersAndLinksAddUpToTheReport(name: String, options: [String]) throws {
    let (file, report, _) = try trace(
      Repository.model("\(name)/model.onnx"), ["--chips", "auto"] + options,
      data: Repository.model("\(name)/test_data_set_0"))
    let work = file.work
    func times(_ events: [File.Event]) -> [Double] {
      events.flatMap { [$0.ts ?? -1, $0.dur ?? -1] }
    }
    var sums: [String: Int] = [:]
    for (thread, events) in work {
      let core = thread.drop { !$0.isNumber }
      let amount = events.reduce(0) { $0 + ($1.args?.conversions ?? $1.args?.bytes ?? 0) }
      switch thread.prefix(while: { $0 != " " }) {
      case "crossbar":
        #expect(times(work["dac \(core)"] ?? []) == times(events))
        #expect(times(work["adc \(core)"] ?? []) == times(events))
      case "dac", "adc":
        #expect(events.allSatisfy { ($0.args?.conversions ?? 0) >= ($0.args?.pieces ?? 1) })
        sums[String(thread.prefix(3)), default: 0] += amount
      case "link":
        let sender = work["ldpu \(core.prefix { $0 != " " })"] ?? []
        let isSent = events.allSatisfy { event in
          sender.contains { within(event, $0) && $0.name == event.name }
        }
        #expect(isSent && events.allSatisfy { ($0.args?.bytes ?? 0) > 0 })
        sums["links", default: 0] += amount
        sums["hops", default: 0] += events.reduce(0) {
          $0 + ($1.args?.bytes ?? 0) * ($1.args?.links ?? 0)
        }
      case "to", "from":
        // The simulation does not count what slices of the GDPU exchange with the host.
        sums[String(thread.prefix(2)), default: 0] += events.filter { !$0.name.hasPrefix("gdpu") }
          .reduce(0) { $0 + ($1.args?.bytes ?? 0) }
      default: #expect(amount == 0)
      }
    }
    let counts = try #require(report.json["counts"] as? [String: Int])
    let inferences = try #require(report.json["inferences"] as? Int)
    func each(_ name: String) -> Int { (counts[name] ?? -1) / inferences }
    #expect(sums["dac"] ?? 0 == each("crossbarInputs"))
    // A column has a count of each polarity.
    #expect(2 * (sums["adc"] ?? 0) == each("columnCounts"))
    #expect(sums["links"] ?? 0 == each("bytesOnLinks"))
    #expect(sums["to"] ?? 0 == each("bytesToChip"))
    #expect(sums["fr"] ?? 0 == each("bytesFromChip"))
    let reported = try #require(report.json["times"] as? [String: Any])
    #expect(sums["hops"] ?? 0 == reported["byteHops"] as? Int)
  }

  private func within(_ inner: File.Event, _ outer: File.Event) -> Bool {
    let (start, end) = (outer.ts ?? 0, (outer.ts ?? 0) + (outer.dur ?? 0))
    let slack = 1e-9 * end
    return (inner.ts ?? -1) >= start - slack && (inner.ts ?? 0) + (inner.dur ?? 0) <= end + slack
  }

  /// Chains of cores and a slice of the GDPU have links, on a mesh of several hops.
  @Test func linksAreThere() throws {
    let model = Repository.model("gemm-tall-and-wide/model.onnx")
    let data = Repository.model("gemm-tall-and-wide/test_data_set_0")
    let (far, _, _) = try trace(model, ["--chip", "grid-8x8"], data: data)
    let links = far.work.filter { $0.key.hasPrefix("link ") }
    #expect(!links.isEmpty)
    #expect(links.values.joined().allSatisfy { ($0.args?.links ?? 0) >= 1 })
    let (gates, _, _) = try trace(
      Repository.model("lstm/model.onnx"), [], data: Repository.model("lstm/test_data_set_0"))
    #expect(gates.work.keys.contains { $0.contains(#/^link 0\.\d+ to gdpu \d+$/#) })
  }

  /// An independent reader finds no fault, and finds those that are there.
  @Test func anIndependentReaderAgrees() throws {
    let folder = try Folder()
    for (name, options) in Self.counted.prefix(5) {
      _ = try trace(
        Repository.model("\(name)/model.onnx"), ["--chips", "auto"] + options,
        data: Repository.model("\(name)/test_data_set_0"), in: folder)
      let run = try Command(tool: "check-trace", folder.file("t.json"))
      #expect(
        run.status == 0 && run.text.contains(" 0 faults"), "\(name): \(run.text)\(run.messages)")
    }
    let text = try String(contentsOfFile: folder.file("t.json"), encoding: .utf8)
    for (pattern, replacement, message) in [
      (#/"ph":"E"/#, "\"ph\":\"B\"", "does not end"),
      (#/"ph":"s"/#, "\"ph\":\"f\",\"bp\":\"e\"", "not s f"),
      (#/"name":"thread_name"/#, "\"name\":\"thread_names\"", "metadata"),
      (#/"watts":[0-9.e+-]+/#, "\"watts\":\"much\"", "counter"),
    ] {
      let broken = text.replacing(pattern, with: replacement, maxReplacements: 1)
      #expect(broken != text)
      let run = try Command(
        tool: "check-trace", try folder.write(text: broken, "broken.json"))
      #expect(
        run.status == 1 && run.text.contains(message), "\(message): \(run.text)\(run.messages)")
    }
  }

  @Test func namesAreThoseOfNodesAndUnits() throws {
    let (file, _, _) = try trace(
      Repository.sample("digits/model.onnx"), [], data: Repository.sample("digits/test.npz"))
    let names = Set(file.pieces.map(\.name))
    #expect(names.isSuperset(of: ["conv1", "conv2", "pool", "dense", "logits", "crossbar 0.0"]))
    let labels = file.traceEvents.filter { $0.ph == "M" }.compactMap { $0.args?.name }
    #expect(
      Set(labels).isSuperset(of: [
        "host", "chip 0", "dac 0.0", "crossbar 0.0", "adc 0.0", "ldpu 0.0", "to the chips",
      ]))
    #expect(Set(labels).count == labels.count - 1, "the host is a process and a thread")
  }
}
