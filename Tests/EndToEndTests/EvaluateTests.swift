import Foundation
import Testing

/// `evaluate` and `merge` as a user meets them.
@Suite struct EvaluateTests {
  private let folder: Folder
  private let model = samplePath("digits/model.onnx")
  private let data = samplePath("digits/test.npz")
  private let accuracy = ["--center", "--routine", "refit"]

  init() throws { folder = try Folder() }

  @Test func partsMakeTheWhole() throws {
    let options =
      ["evaluate", model, "--data", data, "--times", "0,1d", "--seeds", "3", "--json"] + accuracy
    let whole = try Command(
      options + ["--csv", folder.file("a.csv"), "--svg", folder.file("a.svg")])
    #expect(whole.status == 0, "\(whole.messages)")
    for part in 1...2 {
      let run = try Command(
        options + ["--shard", "\(part)/2", "--part", folder.file("\(part).json")])
      #expect(run.status == 0, "\(run.messages)")
    }
    let merged = try Command(
      "merge", folder.file("2.json"), folder.file("1.json"), "--json", "--csv",
      folder.file("b.csv"), "--svg", folder.file("b.svg"))
    #expect(merged.status == 0, "\(merged.messages)")
    #expect(merged.output == whole.output)
    for suffix in ["csv", "svg"] {
      let files = ["a", "b"].map {
        FileManager.default.contents(atPath: folder.file("\($0).\(suffix)"))
      }
      #expect(files[0] != nil && files[0] == files[1])
    }
    let twice = try Command("merge", folder.file("1.json"), folder.file("1.json"))
    #expect(twice.status == 1 && twice.messages.contains("in two of the parts"))
    let none = try Command("merge", model)
    #expect(none.status == 1)

    let results = try #require(whole.json["results"] as? [[String: Any]])
    #expect(results.map { $0["timeSeconds"] as? Double } == [0, 86400])
    let fp32 = try #require(whole.json["fp32"] as? Double)
    for result in results {
      #expect(result["device"] as? String == "hermes-tdp" && result["seeds"] as? Int == 3)
      let (accuracy, low, high) = (
        try #require(result["accuracy"] as? Double), try #require(result["low"] as? Double),
        try #require(result["high"] as? Double)
      )
      #expect(low <= accuracy && accuracy <= high && high <= 1 && low >= 0)
      #expect(accuracy > fp32 - 0.1)
      let agreement = try #require(result["agreement"] as? Double)
      #expect(agreement > 0.85 && agreement <= 1)
    }
    #expect((whole.json["assumptions"] as? String)?.contains("hermes-tdp") == true)
  }

  /// Neither labels nor images of the evaluation reach the program or the calibration.
  @Test func evaluationDataReachNoChoice() throws {
    let compiled = folder.file("net.aimc")
    let options =
      ["compile", model, "--calibrate", samplePath("digits"), "-o", compiled]
      + accuracy
    #expect(try Command(options).status == 0)
    let program = try #require(FileManager.default.contents(atPath: compiled))
    var patches: [Data] = []
    for (number, other) in [data, samplePath("digits/test_data_set_0")].enumerated() {
      let patch = folder.file("\(number).aimcal")
      let run = try Command(
        "simulate", compiled, "--data", other, "--device", "hermes-tdp", "--time", "1d",
        "--write-calibration", patch)
      #expect(run.status == 0, "\(run.messages)")
      patches.append(try #require(FileManager.default.contents(atPath: patch)))
    }
    #expect(patches[0] == patches[1])
    #expect(FileManager.default.contents(atPath: compiled) == program)
    let taken = try Command(
      "simulate", compiled, "--data", data, "--device", "hermes-tdp", "--time", "1d",
      "--calibration", folder.file("0.aimcal"), "--json")
    let made = try Command(
      "simulate", compiled, "--data", data, "--device", "hermes-tdp", "--time", "1d", "--json")
    #expect(taken.json["accuracy"] as? Double == made.json["accuracy"] as? Double)
  }
}
