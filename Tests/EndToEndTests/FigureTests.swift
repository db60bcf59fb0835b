import Foundation
import TestSupport
import Testing

/// No figure of a report contradicts another: what holds of every network holds of drawn ones.
@Suite struct FigureTests {
  private static let chips = ["hermes", "grid-8x8", "flat-64"]
  private static let objectives = ["throughput", "latency", "energy", "area"]

  /// The host only adds, the busiest unit works no longer than an inference takes, inferences follow each other
  /// no faster than it works, and the mapping reports what the program does.
  @Test(arguments: 0..<24) func figuresAgree(seed: Int) throws {
    let folder = try Folder()
    let network = try DrawnNetwork(seed: UInt64(seed))
    let (model, data) = try network.write(into: folder)
    let options = [
      "--chip", Self.chips[seed % 3], "--chips", "auto", "--optimize",
      Self.objectives[seed / 3 % 4], "--packing", ["auto", "never", "always"][seed / 2 % 3],
    ]
    let plan = try Command(["compile", model, "--plan", "--json"] + options)
    #expect(plan.status == 0, "\(plan.messages)")
    try expectOrder(of: try #require(plan.json["mapping"] as? [String: Any]))
    let program = folder.file("net.aimc")
    let compiled = try Command(["compile", model, "--json", "-o", program] + options)
    #expect(compiled.status == 0, "\(compiled.messages)")
    let mapping = try #require(compiled.json["mapping"] as? [String: Any])
    try expectOrder(of: mapping)

    let run = try Command("simulate", program, "--data", data, "--device", "ideal", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let times = try #require(run.json["times"] as? [String: Any])
    func time(_ name: String) throws -> Double { try #require(times[name] as? Double) }
    let isAbout = { (a: Double, b: Double) in a <= b * (1 + 1e-6) }
    let (steady, latency) = (try time("steadyIntervalNs"), try time("chipLatencyNs"))
    #expect(isAbout(try #require(mapping["chipIntervalNs"] as? Double), steady))
    #expect(isAbout(steady, latency))
    for name in ["latencyNs", "chipLatencyNs"] {
      #expect(mapping[name] as? Double == times[name] as? Double)
    }
    #expect(mapping["byteHops"] as? Int == times["byteHops"] as? Int)
    let counts = try #require(run.json["counts"] as? [String: Any])
    let inferences = try #require(run.json["inferences"] as? Int)
    let digital = try #require(compiled.json["digitalMACs"] as? Int)
    #expect(digital * inferences == counts["digitalMACs"] as? Int)
    #expect(plan.json["digitalMACs"] as? Int == digital)
    #expect(plan.json["analogMACs"] as? Int == compiled.json["analogMACs"] as? Int)
  }

  /// What the mapping is asked to make small is no larger than with what it may be asked else.
  @Test(arguments: 100..<112) func objectivesKeepTheirWord(seed: Int) throws {
    let folder = try Folder()
    let (model, _) = try DrawnNetwork(seed: UInt64(seed)).write(into: folder)
    for way in [["--plan"], ["-o", folder.file("net.aimc")]] {
      var figures: [String: [String: Any]] = [:]
      var analog: [String: Int] = [:]
      for objective in Self.objectives {
        let run = try Command(
          ["compile", model, "--json", "--optimize", objective, "--chip", Self.chips[seed % 3]]
            + way)
        #expect(run.status == 0, "\(run.messages)")
        figures[objective] = try #require(run.json["mapping"] as? [String: Any])
        analog[objective] = run.json["analogMACs"] as? Int
        #expect(figures[objective]?["objective"] as? String == objective)
      }
      for (objective, names) in [
        ("throughput", ["chipIntervalNs"]), ("latency", ["latencyNs", "chipLatencyNs"]),
        ("energy", ["energyNj", "chipEnergyNj"]), ("area", ["crossbars"]),
      ] {
        func values(_ objective: String) throws -> [Double] {
          try names.map {
            try #require((figures[objective]?[$0] as? NSNumber)?.doubleValue)
          }
        }
        for other in Self.objectives where other != objective {
          // An interval is the smallest for the same products on crossbars.
          if objective == "throughput" && analog[other] != analog[objective] { continue }
          let (own, others) = (try values(objective), try values(other))
          #expect(
            !others.lexicographicallyPrecedes(own),
            "\(way) \(objective), \(other): \(own) \(others)")
        }
      }
    }
  }

  private func expectOrder(of mapping: [String: Any]) throws {
    func figure(_ name: String) throws -> Double {
      try #require((mapping[name] as? NSNumber)?.doubleValue)
    }
    for (chip, whole) in [
      ("chipLatencyNs", "latencyNs"), ("chipIntervalNs", "intervalNs"),
      ("chipEnergyNj", "energyNj"), ("intervalNs", "latencyNs"),
      ("chipIntervalNs", "chipLatencyNs"), ("byteHopsBound", "byteHops"),
      ("worstLinkBound", "worstLink"), ("worstLink", "byteHops"),
      ("unlinkedPartialSumsBound", "unlinkedPartialSums"),
    ] {
      #expect(try figure(chip) <= figure(whole) * (1 + 1e-6), "\(chip), \(whole): \(mapping)")
    }
  }
}
