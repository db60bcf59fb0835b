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
      }

      var ph: String
      var name: String
      var pid: Int
      var tid: Int
      var ts: Double?
      var dur: Double?
      var args: Arguments
    }

    var traceEvents: [Event]
  }

  private func trace(
    _ model: String, _ options: [String], data: String
  ) throws -> (file: File, report: Command) {
    let folder = try Folder()
    let (program, trace) = (folder.file("p.aimc"), folder.file("t.json"))
    let compiled = try Command(["compile", model, "-o", program, "-q"] + options)
    #expect(compiled.status == 0, "\(compiled.messages)")
    let run = try Command("simulate", program, "--data", data, "--trace", trace, "--json")
    #expect(run.status == 0, "\(run.messages)")
    let content = try Data(contentsOf: URL(filePath: trace))
    return (try JSONDecoder().decode(File.self, from: content), run)
  }

  /// Work of a thread does not overlap, takes the time that the report gives for the unit, and the last of
  /// it ends with the inference.
  @Test(arguments: ["conv-groups", "lstm", "network-residual", "matmul-dynamic"])
  func tracesAddUpToTheReport(name: String) throws {
    let model = Repository.model("\(name)/model.onnx")
    let data = Repository.model("\(name)/test_data_set_0")
    let (file, report) = try trace(model, ["--chips", "auto"], data: data)
    let times = try #require(report.json["times"] as? [String: Any])
    let latency = try #require(times["latencyNs"] as? Double)
    let work = file.traceEvents.filter { $0.ph == "X" }
    let names = file.traceEvents.filter { $0.name == "thread_name" }
    var busiest = 0.0
    for (thread, events) in Dictionary(grouping: work, by: \.tid) {
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

  @Test func namesAreThoseOfNodesAndUnits() throws {
    let (file, _) = try trace(
      Repository.sample("digits/model.onnx"), [], data: Repository.sample("digits/test.npz"))
    let names = Set(file.traceEvents.filter { $0.ph == "X" }.map(\.name))
    #expect(names.isSuperset(of: ["conv1", "conv2", "pool", "dense", "logits", "crossbar 0.0"]))
    let labels = file.traceEvents.filter { $0.ph == "M" }.compactMap(\.args.name)
    #expect(Set(labels).isSuperset(of: ["host", "chip 0", "crossbar 0.0", "to the chips"]))
    #expect(Set(labels).count == labels.count - 1, "the host is a process and a thread")
  }
}
