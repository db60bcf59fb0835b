import Foundation
import TestSupport
import Testing

/// What each option of the mapping does to a network whose mapping without it is known.
@Suite struct MappingOptionTests {
  private let folder: Folder
  private static let perceptron = ModelFolder(made: "network-mlp").model
  private static let mobile = ModelFolder(made: "network-mobile").model

  init() throws { folder = try Folder() }

  /// The report of a compilation as JSON.
  private func report(_ model: String, _ options: String...) throws -> [String: Any] {
    let run = try Command(
      ["compile", model, "-o", "net.aimc", "--json", "-q"] + options, in: folder.path)
    try #require(run.status == 0, "\(options): \(run.messages)")
    return run.json
  }

  /// The values of `key` in the list `list` of a report.
  private func values<T>(_ key: String, of list: String, _ report: [String: Any]) throws -> [T] {
    let rows = try #require(report[list] as? [[String: Any]])
    return rows.compactMap { $0[key] as? T }
  }

  /// The cores of each layer of the program that was compiled last, as `chip:core`.
  private func cores() throws -> [String: [String]] {
    let inspection = try Command("inspect", "net.aimc", "--json", in: folder.path)
    let layers = try #require(inspection.json["layers"] as? [[String: Any]])
    return layers.reduce(into: [:]) { found, layer in
      found[layer["node"] as? String ?? ""] = layer["cores"] as? [String]
    }
  }

  @Test func pinGivesALayerItsCore() throws {
    _ = try report(Self.perceptron)
    #expect(try cores() == ["dense1": ["0:0"], "dense2": ["0:1"], "dense3": ["0:2"]])
    _ = try report(Self.perceptron, "--pin", "dense2=5")
    #expect(try cores() == ["dense1": ["0:0"], "dense2": ["0:5"], "dense3": ["0:2"]])
  }

  @Test func chipsAreFilledOneAfterTheOther() throws {
    let one = try report(Self.perceptron)
    #expect(one["chips"] as? Int == 1 && one["crossbarsAvailable"] as? Int == 64)
    let two = try report(Self.perceptron, "--chips", "2")
    #expect(two["chips"] as? Int == 2 && two["crossbarsAvailable"] as? Int == 128)
  }

  @Test func digitalLeavesALayerToTheHost() throws {
    let usual = try report(Self.perceptron)
    #expect(try values("node", of: "layers", usual) == ["dense1", "dense2", "dense3"])
    #expect(try values("node", of: "digital", usual) == [String]())
    let other = try report(Self.perceptron, "--digital", "dense2")
    #expect(try values("node", of: "layers", other) == ["dense1", "dense3"])
    #expect(try values("node", of: "digital", other) == ["dense2"])
    #expect(other["digitalMACs"] as? Int == 16 * 12)
  }

  @Test func analogKeepsALayerOnCrossbars() throws {
    let usual = try report(Self.mobile, "--optimize", "energy")
    let (layers, digital): ([String], [String]) = (
      try values("node", of: "layers", usual), try values("node", of: "digital", usual)
    )
    #expect(!layers.contains("gate/down") && digital.contains("gate/down"))
    let kept = try report(Self.mobile, "--optimize", "energy", "--analog", "gate/down")
    #expect(try values("node", of: "layers", kept).contains("gate/down"))
    #expect(try !values("node", of: "digital", kept).contains("gate/down"))
  }

  @Test func packingSharesCrossbars() throws {
    func shared(_ rule: String) throws -> Int? {
      let report = try report(Self.perceptron, "--optimize", "area", "--packing", rule)
      return (report["mapping"] as? [String: Any])?["crossbarsShared"] as? Int
    }
    #expect(try shared("never") == 0)
    #expect(try shared("always") == 1)
  }

  /// Places are searched for the time that is given; the seed alone decides where a fixed number of steps ends.
  @Test func placesAreSearched() throws {
    try ScarceChip.write(into: folder)
    let digits = Repository.sample("digits/model.onnx")
    func milliseconds(_ seconds: String) throws -> Double {
      let report = try report(
        digits, "--chip", "./scarce.yaml", "--search-time", seconds)
      let times = try #require(report["times"] as? [[String: Any]])
      let place = times.first { $0["pass"] as? String == "place" }
      return try #require(place?["milliseconds"] as? Double)
    }
    #expect(try milliseconds("1.5") >= 1_500)
    #expect(try milliseconds("0.5") >= 500)
    func places(_ seed: [String]) throws -> String {
      try Command(
        ["compile", digits, "--chip", "./scarce.yaml", "--emit", "place", "-q"] + seed,
        in: folder.path
      ).text
    }
    let usual = try places([])
    #expect(try places(["--seed", "1"]) == usual && places(["--seed", "7"]) != usual)
  }

  @Test func everyPassIsVerified() throws {
    let arguments = ["compile", Self.perceptron, "-o", "net.aimc"]
    let note = /verified the product of each of (\d+) passes/
    let usual = try Command(arguments, in: folder.path, verifiesEach: false)
    #expect(usual.status == 0 && usual.messages.firstMatch(of: note) == nil)
    let verified = try Command(
      arguments + ["--verify-each"], in: folder.path, verifiesEach: false)
    let count = try #require(verified.messages.firstMatch(of: note)).output.1
    #expect(verified.status == 0 && Int(count) ?? 0 > 12)
    let quiet = try Command(
      arguments + ["--verify-each", "--quiet"], in: folder.path, verifiesEach: false)
    #expect(quiet.status == 0 && quiet.messages.isEmpty)
  }
}
