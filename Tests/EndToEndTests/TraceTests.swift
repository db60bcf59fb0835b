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
  }

  private func trace(
    _ model: String, _ options: [String], data: String
  ) throws -> (file: File, report: Command, compiled: Command) {
    let folder = try Folder()
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
    let work = file.traceEvents.filter { $0.ph == "X" }
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
    let work = Dictionary(
      grouping: file.traceEvents.filter { $0.ph == "X" }, by: { $0.tid ?? 0 })
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
    let names = Dictionary(
      file.traceEvents.filter { $0.name == "thread_name" }.map {
        ($0.tid ?? 0, $0.args?.name ?? "")
      }, uniquingKeysWith: { first, _ in first })
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
    let chips = ["crossbars", "digitalUnits", "power"].reduce(0) { $0 + (energies[$1] ?? 0) }
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

  @Test func namesAreThoseOfNodesAndUnits() throws {
    let (file, _, _) = try trace(
      Repository.sample("digits/model.onnx"), [], data: Repository.sample("digits/test.npz"))
    let names = Set(file.traceEvents.filter { $0.ph == "X" }.map(\.name))
    #expect(names.isSuperset(of: ["conv1", "conv2", "pool", "dense", "logits", "crossbar 0.0"]))
    let labels = file.traceEvents.filter { $0.ph == "M" }.compactMap { $0.args?.name }
    #expect(Set(labels).isSuperset(of: ["host", "chip 0", "crossbar 0.0", "to the chips"]))
    #expect(Set(labels).count == labels.count - 1, "the host is a process and a thread")
  }
}
