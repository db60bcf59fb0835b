import Foundation
import TestSupport
import Testing

/// The sample that was trained for the chip, beside its twin that was not.
@Suite struct TrainedSampleTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  @Test func keepsTheRangesOfItsTraining() throws {
    let layers = ["conv1", "conv2", "logits"]
    for (sample, ranges) in [("mnist-plain", []), ("mnist-hardware", layers)] {
      let model = Repository.sample("\(sample)/model.onnx")
      let report = try Command(
        "compile", model, "-o", folder.file("net.aimc"), "--verify-each", "--json", "-q")
      #expect(report.status == 0, "\(report.messages)")
      #expect(report.json["trainedRanges"] as? [String] == ranges)
    }
    // Other data change the ranges of the twin, and not those of training.
    func scales(_ sample: String, _ data: String) throws -> [Substring] {
      let run = try Command(
        "compile", Repository.sample("\(sample)/model.onnx"), "--emit", "quantize", "-q",
        "--calibrate",
        Repository.sample("\(sample)/\(data)"))
      #expect(run.status == 0, "\(run.messages)")
      return run.text.split(separator: "\n").filter { $0.contains("input_scale") }
    }
    #expect(
      try scales("mnist-plain", "calibration.npz") != scales("mnist-plain", "test_data_set_0"))
    #expect(
      try scales("mnist-hardware", "calibration.npz")
        == scales("mnist-hardware", "test_data_set_0"))
  }

  /// A year after programming the trained network is as good as in FP32, and its twin is not.
  @Test func holdsAYear() throws {
    func loss(_ sample: String) throws -> Double {
      let run = try Command(
        "evaluate", Repository.sample("\(sample)/model.onnx"), "--data",
        Repository.sample("\(sample)/test.npz"),
        "--times", "1y", "--seeds", "4", "--routine", "global", "--json", "-q")
      #expect(run.status == 0, "\(run.messages)")
      let results = try #require(run.json["results"] as? [[String: Any]])
      return try #require(results.first?["loss"] as? Double)
    }
    let (trained, plain) = (try loss("mnist-hardware"), try loss("mnist-plain"))
    #expect(trained < 0.01 && plain > trained, "\(trained) \(plain)")
  }

  @Test func aRangeOfANodeThatIsNotThereIsRefused() throws {
    var bytes = try #require(
      FileManager.default.contents(atPath: Repository.sample("mnist-hardware/model.onnx")))
    let key = Data("aimcc.input_range.conv2".utf8)
    let place = try #require(bytes.range(of: key))
    bytes.replaceSubrange(place, with: Data("aimcc.input_range.conv9".utf8))
    let path = folder.file("model.onnx")
    try bytes.write(to: URL(filePath: path))
    let run = try Command("compile", path, "-o", folder.file("net.aimc"))
    #expect(run.status == 1)
    #expect(run.messages.contains("\"aimcc.input_range.conv9\" = \""))
    #expect(run.messages.contains("supported: products of the model: conv1, conv2, logits"))
  }
}
